//! What a run is, in typed form: what the index, exports, tables, plots and verdicts carry.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The setting of a modifier that names its base loss.
const BASE: &str = "over";

/// A loss: its name, the base loss of a modifier, and the settings that differ from their defaults.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LossKey {
    /// The name in YAML, for example `dmpo` or `dynamic_po`.
    pub name: String,
    /// The base loss, for a modifier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<Box<LossKey>>,
    /// Settings that differ from their defaults, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub settings: BTreeMap<String, Value>,
}

/// A loss together with the values on the other axes of the sweep: one line of a plot.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeriesKey {
    /// The loss.
    pub loss: LossKey,
    /// The swept settings by dotted key, with their resolved values; often empty.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub axes: BTreeMap<String, Value>,
}

/// One cell of a sweep.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CellKey {
    /// The loss.
    pub loss: LossKey,
    /// Negatives per positive, K.
    pub negatives: usize,
    /// Seed of the run.
    pub seed: u64,
    /// The swept settings by dotted key, with their resolved values; often empty.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub axes: BTreeMap<String, Value>,
}

impl LossKey {
    /// A loss with default settings.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self { name: name.to_owned(), base: None, settings: BTreeMap::new() }
    }

    /// A modifier with default settings over `base`.
    #[must_use]
    pub fn over(name: &str, base: Self) -> Self {
        Self { base: Some(Box::new(base)), ..Self::new(name) }
    }

    /// The key of a loss's settings, which serialise as `{name: {settings}}`.
    ///
    /// A setting is at its default where the same settings are read without it.
    ///
    /// # Panics
    /// When the settings have another form.
    #[must_use]
    pub fn of<C: Serialize + DeserializeOwned + PartialEq>(config: &C) -> Self {
        let value = serde_json::to_value(config).expect("settings are plain data");
        let Value::Object(named) = value else { panic!("settings of a loss have a name") };
        let (name, settings) = named.into_iter().next().expect("settings of a loss have a name");
        let Value::Object(settings) = settings else { panic!("settings of a loss are a map") };
        let is_default = |key: &str| {
            let mut rest = settings.clone();
            rest.remove(key);
            let read = serde_json::from_value::<C>(named_value(&name, rest));
            read.is_ok_and(|read| read == *config)
        };
        let mut key = Self::new(&name);
        for (setting, value) in &settings {
            if setting == BASE {
                let base = serde_json::from_value::<C>(value.clone()).expect("a base is a loss");
                key.base = Some(Box::new(Self::of(&base)));
            } else if !is_default(setting) {
                key.settings.insert(setting.clone(), value.clone());
            }
        }
        key
    }

    /// The base loss and, below it, that one's base.
    pub fn bases(&self) -> impl Iterator<Item = &Self> {
        std::iter::successors(self.base.as_deref(), |key| key.base.as_deref())
    }

    /// The loss at the bottom: itself, unless it is a modifier.
    #[must_use]
    pub fn innermost(&self) -> &Self {
        self.bases().last().unwrap_or(self)
    }

    /// The same losses with all settings at their defaults: variants of one loss share a family.
    #[must_use]
    pub fn family(&self) -> Self {
        Self {
            name: self.name.clone(),
            base: self.base.as_ref().map(|base| Box::new(base.family())),
            settings: BTreeMap::new(),
        }
    }
}

fn named_value(name: &str, settings: Map<String, Value>) -> Value {
    Value::Object(Map::from_iter([(name.to_owned(), Value::Object(settings))]))
}

impl CellKey {
    /// The series that the cell belongs to.
    #[must_use]
    pub fn series(&self) -> SeriesKey {
        SeriesKey { loss: self.loss.clone(), axes: self.axes.clone() }
    }
}

impl From<LossKey> for SeriesKey {
    fn from(loss: LossKey) -> Self {
        Self { loss, axes: BTreeMap::new() }
    }
}

/// The order of values on an axis: numbers by size, before everything else.
#[must_use]
pub fn compare_values(a: &Value, b: &Value) -> Ordering {
    match (a.as_f64(), b.as_f64()) {
        (Some(a), Some(b)) => a.total_cmp(&b),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => a.to_string().cmp(&b.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A loss as `{name: {settings}}`, with defaults, as the registry writes it.
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Config {
        Plain(Plain),
        Modifier(Modifier),
    }

    #[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
    #[serde(default)]
    struct Plain {
        pool: usize,
        temperature: Option<f64>,
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Modifier {
        over: Box<Config>,
        #[serde(default)]
        c: f64,
    }

    #[test]
    fn settings_at_their_defaults_are_left_out() {
        let plain = |pool, temperature| Config::Plain(Plain { pool, temperature });
        assert_eq!(LossKey::of(&plain(0, None)), LossKey::new("plain"));
        let key = LossKey::of(&plain(20, Some(0.5)));
        assert_eq!(key.settings["pool"], Value::from(20));
        assert_eq!(key.settings["temperature"], Value::from(0.5));

        let over = |c, base| Config::Modifier(Modifier { over: Box::new(base), c });
        let key = LossKey::of(&over(4.0, over(0.0, plain(3, None))));
        assert_eq!(key.settings, BTreeMap::from([("c".to_owned(), Value::from(4.0))]));
        assert_eq!(
            key.bases().map(|base| base.name.as_str()).collect::<Vec<_>>(),
            ["modifier", "plain"]
        );
        assert_eq!(key.innermost().settings["pool"], Value::from(3));
        let family = LossKey::over("modifier", LossKey::over("modifier", LossKey::new("plain")));
        assert_eq!(key.family(), family);
    }

    #[test]
    fn numbers_come_in_order_of_size() {
        let mut values = [Value::Null, Value::from(10), Value::from(9.5), Value::from("x")];
        values.sort_by(compare_values);
        assert_eq!(values, [Value::from(9.5), Value::from(10), Value::from("x"), Value::Null]);
    }
}
