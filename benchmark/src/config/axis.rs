//! How the values of an axis are called in tables and plots.

use serde_json::{Map, Value};

/// A short name for a value: `0.5`, `popularity(0.75)`, `every=1, patience=3`.
///
/// A name with settings, `{name: {settings}}`, is `name(settings)`, where the only setting goes
/// without its key if it is a number.
pub(crate) fn axis_label(value: &Value) -> String {
    match value {
        Value::Null => "none".into(),
        Value::String(text) => text.clone(),
        Value::Object(map) => match map.iter().next() {
            Some((name, Value::Object(settings))) if map.len() == 1 => {
                with_settings(name, settings)
            }
            _ => listed(map),
        },
        Value::Array(values) => {
            format!("[{}]", values.iter().map(axis_label).collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}

fn with_settings(name: &str, settings: &Map<String, Value>) -> String {
    match settings.values().next() {
        None => name.to_owned(),
        Some(Value::Number(only)) if settings.len() == 1 => format!("{name}({only})"),
        _ => format!("{name}({})", listed(settings)),
    }
}

fn listed(map: &Map<String, Value>) -> String {
    let entries = map.iter().map(|(key, value)| format!("{key}={}", axis_label(value)));
    entries.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::axis_label;

    #[test]
    fn labels_are_short() {
        for (yaml, label) in [
            ("0.5", "0.5"),
            ("cosine", "cosine"),
            ("~", "none"),
            ("[1, 10]", "[1, 10]"),
            ("{popularity: {exponent: 0.75}}", "popularity(0.75)"),
            ("{in_batch: {}}", "in_batch"),
            ("{patience: 3, every: 1}", "every=1, patience=3"),
            ("{patience: 3}", "patience=3"),
            ("{name: {over: dmpo}}", "name(over=dmpo)"),
            ("{name: {a: 1, b: x}}", "name(a=1, b=x)"),
        ] {
            let value = serde_saphyr::from_str(yaml).unwrap();
            assert_eq!(axis_label(&value), label);
        }
    }
}
