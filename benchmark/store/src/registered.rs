//! What the schema of a registry says of one of its names.

use serde_json::Value;

/// A setting of a loss or a sampler.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// Its key.
    pub name: String,
    /// The default as in YAML; None where it must be given.
    pub default: Option<String>,
    /// What it means.
    pub meaning: String,
}

/// The settings of `name` as `written` with all of their values, with their meaning from the schema of its registry;
/// those that are `required` have no default.
#[must_use]
pub fn settings_of(schema: &Value, name: &str, written: &Value, required: &[&str]) -> Vec<Setting> {
    let properties = &of(schema, name)["properties"];
    let settings = written[name].as_object().into_iter().flatten();
    let setting = |(key, value): (&String, &Value)| Setting {
        name: key.clone(),
        default: (!required.contains(&&key[..])).then(|| match value {
            Value::Null => "none".to_owned(),
            Value::String(text) => text.clone(),
            value => value.to_string(),
        }),
        meaning: description(&properties[key]),
    };
    settings.map(setting).collect()
}

/// What the schema of a registry says that `name` is.
#[must_use]
pub fn meaning_of(schema: &Value, name: &str) -> String {
    description(of(schema, name))
}

fn description(schema: &Value) -> String {
    let text = schema["description"].as_str().unwrap_or_default();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The schema of the settings of `name`.
fn of<'a>(schema: &'a Value, name: &str) -> &'a Value {
    let forms = schema["oneOf"].as_array().into_iter().flatten();
    let mut settings = forms.map(|form| &form["properties"][name]).find(|found| !found.is_null());
    while let Some(reference) = settings.and_then(|settings| settings["$ref"].as_str()) {
        settings = schema.pointer(reference.trim_start_matches('#'));
    }
    settings.unwrap_or(&Value::Null)
}
