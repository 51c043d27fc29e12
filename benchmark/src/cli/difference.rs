//! `prefsweep diff`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context, Result};
use prefsweep::experiment::read;
use serde_json::Value;

use super::args::DiffArgs;
use super::columns::table;
use super::outcome::Outcome;
use super::show::print;

/// Shows which settings of two experiments differ, defaults included, however they are written.
pub(crate) fn diff(args: &DiffArgs) -> Result<Outcome> {
    let settings = |file: &Path| -> Result<BTreeMap<String, String>> {
        let mut experiment = read(file, &args.overrides)?;
        experiment.dataset = experiment.dataset.resolved();
        let value = serde_json::to_value(&experiment).context("failed to write the settings")?;
        let mut flat = BTreeMap::new();
        flatten("", &value, &mut flat);
        Ok(flat)
    };
    let (a, b) = (settings(&args.a)?, settings(&args.b)?);
    let keys: BTreeSet<&String> = a.keys().chain(b.keys()).collect();
    let mut rows =
        vec![["setting".to_owned(), args.a.display().to_string(), args.b.display().to_string()]];
    for key in keys {
        let (a, b) = (a.get(key), b.get(key));
        if a != b {
            let shown = |value: Option<&String>| value.map_or("-", String::as_str).to_owned();
            rows.push([key.clone(), shown(a), shown(b)]);
        }
    }
    print(&match rows.len() {
        1 => "no setting differs\n".to_owned(),
        _ => table(&rows),
    })?;
    Ok(Outcome::Done)
}

/// Every value under its dotted key; lists stay whole.
pub(crate) fn flatten(key: &str, value: &Value, flat: &mut BTreeMap<String, String>) {
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            for (name, value) in fields {
                let key = if key.is_empty() { name.clone() } else { format!("{key}.{name}") };
                flatten(&key, value, flat);
            }
        }
        Value::Null => {}
        Value::String(text) => drop(flat.insert(key.into(), text.clone())),
        value => drop(flat.insert(key.into(), value.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_have_dotted_keys() {
        let mut flat = BTreeMap::new();
        flatten("", &json!({"a": {"b": 1, "c": [1, {"d": 2}]}, "e": null, "f": "g"}), &mut flat);
        let expected = [("a.b", "1"), ("a.c", "[1,{\"d\":2}]"), ("f", "g")];
        assert_eq!(flat, expected.map(|(key, value)| (key.to_owned(), value.to_owned())).into());
    }
}
