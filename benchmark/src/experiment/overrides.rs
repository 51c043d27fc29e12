//! Single settings of an experiment by their dotted keys: overrides, and values on axes.

use serde_json::{Map, Value};

use super::error::{ConfigError, closest};
use super::experiment::Experiment;
use super::messages::{Said, said, said_of_json};
use crate::negatives::SamplerConfig;

/// No setting lies deeper; a key with thousands of dots would make as many blocks, one in the other.
const MOST_PARTS: usize = 16;

/// Sections whose settings are written out only where they are not the default.
const COMPACT: [&str; 2] = ["dataset", "model.features"];

/// Whether the part of `key` at this depth lies inside `section`.
fn is_below(section: &str, key: &str, depth: usize) -> bool {
    let inside = key.strip_prefix(section).is_some_and(|rest| rest.starts_with('.'));
    inside && depth > section.matches('.').count()
}

/// Sets the dotted `key` of an experiment given as JSON.
///
/// # Errors
/// When a part of the key does not exist.
pub(super) fn set(experiment: &mut Value, key: &str, new: Value) -> Result<(), ConfigError> {
    let refuse = |message: String| ConfigError {
        key: Some(key.into()),
        ..ConfigError::of("--set", message)
    };
    // The names of axes have dots of their own.
    if let Some(axis) = key.strip_prefix("sweep.axes.") {
        let axes = experiment.get_mut("sweep").and_then(|sweep| sweep.get_mut("axes"));
        let Some(Value::Object(axes)) = axes else {
            let message = "`sweep.axes` holds no settings, so that there is no axis to set";
            return Err(refuse(message.into()));
        };
        axes.insert(axis.to_owned(), new);
        return Ok(());
    }
    if key.split('.').count() > MOST_PARTS {
        return Err(refuse(format!("no such key: it has more than {MOST_PARTS} parts")));
    }
    let mut node = experiment;
    for (depth, part) in key.split('.').enumerate() {
        // Optional blocks (`null` by default) may be created by setting a key inside them.
        if node.is_null() && depth > 0 {
            *node = Value::Object(Map::new());
        }
        let Value::Object(map) = node else {
            return Err(refuse(format!("no such key: `{part}` is not a setting here")));
        };
        // A choice that was left at its default is made by setting a key inside another.
        let (names, default) = choice(key.split('.').take(depth));
        if names.contains(&part) && map.contains_key(default) && part != default {
            map.clear();
            map.insert(part.into(), Value::Object(Map::new()));
        }
        let known: Vec<String> = if map.contains_key(default) {
            names.iter().map(|name| (*name).to_owned()).collect()
        } else {
            map.keys().cloned().collect()
        };
        // Some settings are not written out at their defaults; whether such a key exists is found
        // when the result is read again.
        let optional =
            map.is_empty() || COMPACT.iter().any(|section| is_below(section, key, depth));
        if !optional && !known.iter().any(|name| name == part) {
            let allowed = known.join(", ");
            return Err(ConfigError {
                suggestion: closest(part, known.iter().map(String::as_str))
                    .or_else(|| within_a_section(map, key)),
                ..refuse(format!("no such key: found `{part}`, allowed {allowed}"))
            });
        }
        node = map.entry(part).or_insert(Value::Null);
    }
    *node = new;
    Ok(())
}

/// The key with its section, where one has it: `preference.beta` for `beta`.
fn within_a_section(sections: &Map<String, Value>, key: &str) -> Option<String> {
    let has = |(_, settings): &(&String, &Value)| settings.get(key).is_some();
    sections.iter().find(has).map(|(section, _)| format!("{section}.{key}"))
}

/// The names to choose from where a setting is `name: {settings}`, and the default; none elsewhere.
fn choice<'a>(path: impl Iterator<Item = &'a str>) -> (&'static [&'static str], &'static str) {
    match path.collect::<Vec<_>>()[..] {
        ["preference", "sampler"] => (SamplerConfig::NAMES, SamplerConfig::default().name()),
        _ => (&[], ""),
    }
}

/// An experiment from its JSON form; messages name the dotted key.
///
/// # Errors
/// The first value of a wrong type.
pub(super) fn from_value(value: Value) -> Result<Experiment, ConfigError> {
    serde_path_to_error::deserialize(value).map_err(|error| {
        let Said { message, suggestion } = said_of_json(&error.inner().to_string());
        let key = Some(error.path().to_string());
        ConfigError { source: "--set".into(), place: None, key, message, suggestion }
    })
}

/// Applies a `KEY=VALUE` override.
///
/// # Errors
/// When it has another form, the value is not YAML, or the key does not exist.
pub(super) fn apply(experiment: &mut Value, text: &str) -> Result<(), ConfigError> {
    let parts = text.split_once('=').filter(|(key, _)| !key.trim().is_empty());
    let Some((key, value)) = parts else {
        let message = format!("found `{text}`, allowed KEY=VALUE, as in preference.beta=0.5");
        return Err(ConfigError::of("--set", message));
    };
    let value: Value = serde_saphyr::from_str(value).map_err(|error| ConfigError {
        source: "--set".into(),
        place: None,
        key: Some(key.into()),
        message: said(&error, value).message,
        suggestion: None,
    })?;
    set(experiment, key.trim(), value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::read_str;

    /// The names of an object's settings in the schema, behind any reference.
    fn settings<'a>(schema: &'a Value, at: &'a Value) -> Vec<&'a str> {
        if let Some(name) = at["$ref"].as_str() {
            return settings(schema, &schema["$defs"][name.rsplit('/').next().unwrap()]);
        }
        let own = at["properties"].as_object().into_iter().flat_map(|found| found.keys());
        let parts = ["anyOf", "oneOf"].into_iter().filter_map(|key| at[key].as_array()).flatten();
        own.map(String::as_str).chain(parts.flat_map(|part| settings(schema, part))).collect()
    }

    #[test]
    fn every_setting_of_the_schema_can_be_overridden() {
        let schema = schemars::schema_for!(Experiment).to_value();
        let yaml = "title: Test\ndataset: {name: synthetic}\n\
                    sweep: {losses: [dpo], negatives: [1], seeds: [1]}\n";
        let experiment = read_str(yaml, "test", &[]).unwrap();
        let mut experiment = serde_json::to_value(experiment).unwrap();
        experiment["model"]["features"] = serde_json::json!({"genres": true});
        let of = |name: &str| &schema["$defs"][name];
        // Policies are a choice; this is the default.
        let policy = [("model", of("SasrecConfig")), ("model.features", of("FeaturesConfig"))];
        let sections = schema["properties"].as_object().unwrap().iter();
        let sections = sections.map(|(name, at)| (name.as_str(), at));
        let mut found = 0;
        for (section, at) in sections.filter(|(name, _)| *name != "model").chain(policy) {
            for name in settings(&schema, at) {
                let key = format!("{section}.{name}");
                set(&mut experiment.clone(), &key, Value::Null).unwrap_or_else(|e| panic!("{e}"));
                found += 1;
            }
        }
        assert!(found > 50, "{found}");
    }
}
