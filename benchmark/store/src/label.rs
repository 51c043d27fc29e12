//! How keys are called in tables, plots and messages.
//!
//! Labels are made here and nowhere else, and never read back: what needs a part of a key takes the
//! key.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::{Map, Value};

use crate::key::{CellKey, LossKey, SeriesKey};

impl fmt::Display for LossKey {
    /// `dmpo`, `ro_dpo(pool=20)`, `dynamic_po(dmpo, selection=all)`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let base = self.base.iter().map(ToString::to_string);
        let settings = self.settings.iter().map(|(name, value)| setting(name, value));
        let inside: Vec<String> = base.chain(settings).collect();
        formatter.write_str(&self.name)?;
        if inside.is_empty() { Ok(()) } else { write!(formatter, "({})", inside.join(", ")) }
    }
}

impl fmt::Display for SeriesKey {
    /// The loss and the values on the axes: `dmpo, beta=0.5`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&with_axes(&self.loss.to_string(), &self.axes))
    }
}

impl fmt::Display for CellKey {
    /// `dmpo, beta=0.5, K = 20, seed 1`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}, K = {}, seed {}", self.series(), self.negatives, self.seed)
    }
}

/// A name with the values on the axes, for example `reference, model.dim=32`.
#[must_use]
pub fn with_axes(name: &str, axes: &BTreeMap<String, Value>) -> String {
    std::iter::once(name.to_owned()).chain(axis_values(axes)).collect::<Vec<_>>().join(", ")
}

/// The value on each axis: `beta=0.5`.
pub fn axis_values(axes: &BTreeMap<String, Value>) -> impl Iterator<Item = String> {
    axes.iter().map(|(axis, value)| setting(axis_name(axis), value))
}

/// The name of an axis in tables: `preference.beta` is `beta`.
#[must_use]
pub fn axis_name(axis: &str) -> &str {
    axis.strip_prefix("preference.").unwrap_or(axis)
}

/// The name of a value: `0.5`, `none`, `popularity(0.75)`, `every=1, patience=3`.
///
/// A name with settings, `{name: {settings}}`, is `name(settings)`, where the only setting goes
/// without its key if it is a number.
#[must_use]
pub fn value_name(value: &Value) -> String {
    match value {
        Value::Null => "none".into(),
        Value::String(text) => text.clone(),
        Value::Number(number) => match number.as_f64() {
            Some(number) => number.to_string(),
            None => number.to_string(),
        },
        Value::Object(map) => match map.iter().next() {
            Some((name, Value::Object(settings))) if map.len() == 1 => named(name, settings),
            _ => listed(map),
        },
        Value::Array(values) => {
            format!("[{}]", values.iter().map(value_name).collect::<Vec<_>>().join(", "))
        }
        Value::Bool(flag) => flag.to_string(),
    }
}

/// `beta=0.5`; several settings stay together, as in `early_stopping(every=1, patience=2)`.
fn setting(name: &str, value: &Value) -> String {
    match value {
        Value::Object(map) if !is_named(map) => format!("{name}({})", listed(map)),
        _ => format!("{name}={}", value_name(value)),
    }
}

fn is_named(map: &Map<String, Value>) -> bool {
    map.len() == 1 && map.values().all(Value::is_object)
}

fn named(name: &str, settings: &Map<String, Value>) -> String {
    match settings.values().next() {
        None => name.to_owned(),
        Some(only @ Value::Number(_)) if settings.len() == 1 => {
            format!("{name}({})", value_name(only))
        }
        _ => format!("{name}({})", listed(settings)),
    }
}

fn listed(map: &Map<String, Value>) -> String {
    map.iter().map(|(key, value)| setting(key, value)).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_short() {
        for (value, name) in [
            (json!(0.5), "0.5"),
            (json!(1.0), "1"),
            (json!(3), "3"),
            (json!("cosine"), "cosine"),
            (json!(null), "none"),
            (json!([1, 10]), "[1, 10]"),
            (json!({"popularity": {"exponent": 0.75}}), "popularity(0.75)"),
            (json!({"in_batch": {}}), "in_batch"),
            (json!({"every": 1, "patience": 3}), "every=1, patience=3"),
            (json!({"name": {"a": 1, "b": "x"}}), "name(a=1, b=x)"),
        ] {
            assert_eq!(value_name(&value), name);
        }
    }

    #[test]
    fn labels_name_what_differs() {
        let dynamic = LossKey::over("dynamic_po", LossKey::new("dmpo"));
        assert_eq!(dynamic.to_string(), "dynamic_po(dmpo)");
        let mut variant = dynamic.clone();
        variant.settings.insert("selection".into(), json!("all"));
        variant.settings.insert("c".into(), json!(4.0));
        assert_eq!(variant.to_string(), "dynamic_po(dmpo, c=4, selection=all)");
        let axes = BTreeMap::from([
            ("preference.beta".to_owned(), json!(0.5)),
            ("reference.early_stopping".to_owned(), json!({"every": 1, "patience": 2})),
        ]);
        let values: Vec<String> = axis_values(&axes).collect();
        assert_eq!(values, ["beta=0.5", "reference.early_stopping(every=1, patience=2)"]);
        let cell = CellKey { loss: LossKey::new("dmpo"), negatives: 20, seed: 1, axes };
        assert_eq!(
            cell.to_string(),
            "dmpo, beta=0.5, reference.early_stopping(every=1, patience=2), K = 20, seed 1"
        );
    }
}
