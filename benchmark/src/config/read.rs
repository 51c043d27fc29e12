//! From a YAML file and `--set` overrides to a checked experiment, or to one clear message.

use std::fmt;
use std::path::{Path, PathBuf};

use prefsweep_datasets::InvalidSetting;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::Experiment;
use super::check::check;
use super::locate::locate;

/// Why an experiment cannot be used: where, what was found, what is allowed.
#[derive(Debug)]
pub struct ConfigError {
    /// The YAML file, or `--set` for an override.
    pub source: String,
    /// Line and column, from 1.
    pub place: Option<(u64, u64)>,
    /// Dotted key.
    pub key: Option<String>,
    /// What is wrong: found and allowed.
    pub message: String,
    /// What was probably meant.
    pub suggestion: Option<String>,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.source)?;
        if let Some((line, column)) = self.place {
            write!(formatter, ":{line}:{column}")?;
        }
        if let Some(key) = &self.key {
            write!(formatter, ": key `{key}`")?;
        }
        write!(formatter, ": {}", self.message)?;
        if let Some(suggestion) = &self.suggestion {
            write!(formatter, "; did you mean `{suggestion}`?")?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigError {}

/// Reads and checks the experiment in `path`, with `key=value` overrides applied to it.
///
/// # Errors
/// The first thing that is wrong, with file, line, key, what was found and what is allowed.
pub fn read(path: &Path, overrides: &[String]) -> Result<Experiment, ConfigError> {
    let yaml = std::fs::read_to_string(path).map_err(|error| ConfigError {
        source: path.display().to_string(),
        place: None,
        key: None,
        message: format!("cannot be read: {error}"),
        suggestion: neighbour(path),
    })?;
    read_str(&yaml, &path.display().to_string(), overrides)
}

/// [`read`] for a text; `source` is the file's name in messages.
///
/// # Errors
/// As [`read`].
pub fn read_str(yaml: &str, source: &str, overrides: &[String]) -> Result<Experiment, ConfigError> {
    let experiment: Experiment = parse(yaml, source)?;
    let mut value = serde_json::to_value(&experiment).expect("an experiment is plain data");
    for text in overrides {
        apply(&mut value, text)?;
    }
    let experiment = if overrides.is_empty() {
        experiment
    } else {
        from_value(value).map_err(|mut error| {
            error.source = format!("--set {}", overrides.join(" --set "));
            error
        })?
    };
    check(&experiment).map_err(|setting| from_setting(setting, yaml, source, overrides))?;
    Ok(experiment)
}

/// Sets the dotted `key` of an experiment given as JSON.
///
/// # Errors
/// When a part of the key does not exist.
pub(crate) fn set(experiment: &mut Value, key: &str, new: Value) -> Result<(), ConfigError> {
    let mut node = experiment;
    for (depth, part) in key.split('.').enumerate() {
        // Optional blocks (`null` by default) may be created by setting a key inside them.
        if node.is_null() && depth > 0 {
            *node = Value::Object(serde_json::Map::new());
        }
        let unknown = || ConfigError {
            source: "--set".into(),
            place: None,
            key: Some(key.into()),
            message: format!("no such key: `{part}` is not a setting here"),
            suggestion: None,
        };
        let Value::Object(map) = node else { return Err(unknown()) };
        let mut known: Vec<String> = map.keys().cloned().collect();
        // Not written out at its default.
        if depth == 1 && key.starts_with("preference.") && !map.contains_key("sampler") {
            known.push("sampler".into());
        }
        // A dataset's optional settings are not written out at their defaults; whether such a key
        // exists is found when the result is read again.
        let optional = map.is_empty() || (depth > 0 && key.starts_with("dataset."));
        if !optional && !known.iter().any(|name| name == part) {
            return Err(ConfigError {
                message: format!("no such key: found `{part}`, allowed {}", known.join(", ")),
                suggestion: closest(part, known.iter().map(String::as_str)),
                ..unknown()
            });
        }
        node = map.entry(part).or_insert(Value::Null);
    }
    *node = new;
    Ok(())
}

/// An experiment from its JSON form; messages name the dotted key.
///
/// # Errors
/// The first value of a wrong type.
pub(crate) fn from_value(value: Value) -> Result<Experiment, ConfigError> {
    serde_path_to_error::deserialize(value).map_err(|error| ConfigError {
        source: "--set".into(),
        place: None,
        key: Some(error.path().to_string()),
        message: error
            .inner()
            .to_string()
            .replace("expected usize", "allowed a whole number, 0 or above"),
        suggestion: None,
    })
}

/// Names file and line in an error that was found after the file had been read.
#[must_use]
pub fn placed(error: ConfigError, path: &Path) -> ConfigError {
    let yaml = std::fs::read_to_string(path).unwrap_or_default();
    let place = error.place.or_else(|| locate(&yaml, error.key.as_deref()?));
    ConfigError { source: path.display().to_string(), place, ..error }
}

/// Checks an experiment made from another by [`set`].
///
/// # Errors
/// The first setting out of range.
pub(crate) fn check_derived(experiment: &Experiment, source: &str) -> Result<(), ConfigError> {
    check(experiment).map_err(|setting| from_setting(setting, "", source, &[]))
}

fn apply(experiment: &mut Value, text: &str) -> Result<(), ConfigError> {
    let Some((key, value)) = text.split_once('=') else {
        return Err(ConfigError {
            source: "--set".into(),
            place: None,
            key: None,
            message: format!("found `{text}`, allowed KEY=VALUE, as in preference.beta=0.5"),
            suggestion: None,
        });
    };
    let value: Value = serde_saphyr::from_str(value).map_err(|error| ConfigError {
        source: "--set".into(),
        place: None,
        key: Some(key.into()),
        message: format!("the value is not YAML: {}", plain(&error)),
        suggestion: None,
    })?;
    set(experiment, key.trim(), value)
}

fn parse<T: DeserializeOwned>(yaml: &str, source: &str) -> Result<T, ConfigError> {
    let mut key = None;
    let parsed = serde_saphyr::with_deserializer_from_str(yaml, |deserializer| {
        serde_path_to_error::deserialize(deserializer).map_err(|error| {
            let path = error.path().to_string();
            key = (path != ".").then_some(path);
            error.into_inner()
        })
    });
    parsed.map_err(|error| from_yaml(&error, key, yaml, source))
}

fn from_yaml(
    error: &serde_saphyr::Error,
    key: Option<String>,
    yaml: &str,
    source: &str,
) -> ConfigError {
    use serde_saphyr::Error;
    let error = error.without_snippet();
    let place = error.location().map(|location| (location.line(), location.column()));
    let found = || place.and_then(|place| text_at(yaml, place)).unwrap_or_default();
    let mut suggestion = None;
    let message = match error {
        Error::SerdeUnknownField { field, expected, .. } => {
            suggestion = closest(field, expected.iter().copied());
            format!("unknown key: found `{field}`, allowed {}", expected.join(", "))
        }
        Error::SerdeUnknownVariant { variant, expected, .. } => {
            suggestion = closest(variant, expected.iter().copied());
            format!("unknown value: found `{variant}`, allowed {}", expected.join(", "))
        }
        Error::SerdeMissingField { field, .. } => format!("the key `{field}` is missing here"),
        Error::InvalidScalar { ty, .. } => {
            format!("found `{}`, allowed {}", found(), type_name(ty))
        }
        Error::SerdeInvalidType { unexpected, expected, .. }
        | Error::SerdeInvalidValue { unexpected, expected, .. } => {
            format!("found {unexpected}, allowed {expected}")
        }
        other => plain(other),
    };
    ConfigError { source: source.into(), place, key, message, suggestion }
}

fn from_setting(
    setting: InvalidSetting,
    yaml: &str,
    source: &str,
    overrides: &[String],
) -> ConfigError {
    let overridden = overrides
        .iter()
        .find(|text| text.split('=').next().is_some_and(|key| setting.key.starts_with(key.trim())));
    ConfigError {
        source: overridden.map_or_else(|| source.into(), |text| format!("--set {text}")),
        place: if overridden.is_some() { None } else { locate(yaml, &setting.key) },
        message: format!("found {}, allowed {}", setting.found, setting.allowed),
        key: Some(setting.key),
        suggestion: None,
    }
}

/// A parser's message without its own place, which is shown in front.
fn plain(error: &serde_saphyr::Error) -> String {
    let text = error.without_snippet().to_string();
    let text = text.lines().next().unwrap_or_default();
    match text.rfind(" at line ") {
        Some(end) => text[..end].into(),
        None => text.into(),
    }
}

fn type_name(name: &str) -> String {
    match name {
        "usize" | "u64" | "u32" => "a whole number, 0 or above".into(),
        "f64" | "f32" | "floating point" => "a number".into(),
        "bool" | "boolean" => "true or false".into(),
        other => other.into(),
    }
}

/// The scalar at a place, for messages.
fn text_at(yaml: &str, (line, column): (u64, u64)) -> Option<String> {
    let line = yaml.lines().nth(usize::try_from(line).ok()?.checked_sub(1)?)?;
    let text: String = line.chars().skip(usize::try_from(column).ok()?.saturating_sub(1)).collect();
    let text = text.split(" #").next()?.trim().trim_end_matches(',');
    Some(text.to_owned())
}

/// The closest known name, if one is close.
pub(crate) fn closest<'a>(found: &str, known: impl Iterator<Item = &'a str>) -> Option<String> {
    known
        .map(|name| (strsim::damerau_levenshtein(found, name), name))
        .filter(|(distance, name)| *distance <= 1 + name.len() / 4)
        .min()
        .map(|(_, name)| name.to_owned())
}

/// A file beside the missing one whose name is close to it.
fn neighbour(path: &Path) -> Option<String> {
    let name = path.file_name()?.to_str()?;
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    let folder = parent.map_or_else(|| PathBuf::from("."), Path::to_path_buf);
    let names: Vec<String> = std::fs::read_dir(&folder)
        .ok()?
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .collect();
    let best = closest(name, names.iter().map(String::as_str))?;
    (best != name).then(|| path.with_file_name(best).display().to_string())
}
