//! From a YAML file and `--set` overrides to a checked experiment, or to one clear message.

use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;

use super::axes::variants;
use super::check::check;
use super::error::{ConfigError, closest};
use super::experiment::Experiment;
use super::locate::locate;
use super::overrides::{apply, from_value, plain};

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
    let named = |error| with_place(error, yaml, source, overrides);
    check(&experiment).map_err(|setting| named(setting.into()))?;
    let _ = variants(&experiment).map_err(named)?;
    Ok(experiment)
}

/// Names file and line in an error that was found after the file had been read.
#[must_use]
pub fn placed(error: ConfigError, path: &Path) -> ConfigError {
    let yaml = std::fs::read_to_string(path).unwrap_or_default();
    let place = error.place.or_else(|| locate(&yaml, error.key.as_deref()?));
    ConfigError { source: path.display().to_string(), place, ..error }
}

/// Names the override that an error is about, or else file and line.
fn with_place(error: ConfigError, yaml: &str, source: &str, overrides: &[String]) -> ConfigError {
    let key = error.key.clone().unwrap_or_default();
    let overridden = overrides
        .iter()
        .find(|text| text.split('=').next().is_some_and(|set| key.starts_with(set.trim())));
    match overridden {
        Some(text) => ConfigError { source: format!("--set {text}"), place: None, ..error },
        None => ConfigError { source: source.into(), place: locate(yaml, &key), ..error },
    }
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
