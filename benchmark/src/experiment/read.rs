//! From a YAML file and `--set` overrides to a checked experiment, or to one clear message.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use prefsweep_store::is_within;
use serde::de::DeserializeOwned;

use super::axes::variants;
use super::check::check;
use super::error::{ConfigError, closest};
use super::experiment::Experiment;
use super::locate::locate;
use super::messages::{Said, said, spot};
use super::overrides::{apply, from_value};

/// Reads and checks the experiment in `path`, with `key=value` overrides applied to it.
///
/// # Errors
/// The first thing that is wrong, with file, line, key, what was found and what is allowed.
pub fn read(path: &Path, overrides: &[String]) -> Result<Experiment, ConfigError> {
    read_str(&text(path)?, &path.display().to_string(), overrides)
}

/// Any settings of a YAML file of their own.
///
/// # Errors
/// The first thing that is wrong, as of an experiment.
pub(crate) fn read_settings<T: DeserializeOwned>(path: &Path) -> Result<T, ConfigError> {
    parse(&text(path)?, &path.display().to_string())
}

fn text(path: &Path) -> Result<String, ConfigError> {
    std::fs::read_to_string(path).map_err(|error| ConfigError {
        source: path.display().to_string(),
        place: None,
        key: None,
        message: match error.kind() {
            ErrorKind::InvalidData => "is not UTF-8 text".into(),
            _ => format!("cannot be read: {error}"),
        },
        suggestion: neighbour(path),
    })
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
    refuse_axes(&experiment, overrides)?;
    let named = |error| with_place(error, yaml, source, overrides);
    check(&experiment).map_err(|setting| named(setting.into()))?;
    let _ = variants(&experiment).map_err(named)?;
    Ok(experiment)
}

/// The value of an axis is set by the axis: an override of it would do nothing.
fn refuse_axes(experiment: &Experiment, overrides: &[String]) -> Result<(), ConfigError> {
    for text in overrides {
        let Some((key, value)) = text.split_once('=') else { continue };
        let key = key.trim();
        let touches = |axis: &&String| is_within(axis, key) || is_within(key, axis);
        if let Some(axis) = experiment.sweep.axes.keys().find(touches) {
            return Err(ConfigError {
                source: format!("--set {text}"),
                place: None,
                key: Some(key.into()),
                message: format!(
                    "has no effect: {axis} is an axis of the sweep; allowed `--set 'sweep.axes.{axis}=[{}]'`",
                    value.trim()
                ),
                suggestion: None,
            });
        }
    }
    Ok(())
}

/// Names the override, or else file and line, in an error that was found after the file had been read.
#[must_use]
pub fn placed(error: ConfigError, path: &Path, overrides: &[String]) -> ConfigError {
    let yaml = std::fs::read_to_string(path).unwrap_or_default();
    with_place(error, &yaml, &path.display().to_string(), overrides)
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
    let Said { message, suggestion } = said(error, yaml);
    // A key that could not be read has no name.
    let key = key.filter(|key| !key.contains('?'));
    let place = spot(error).filter(|_| !yaml.trim().is_empty());
    ConfigError { source: source.into(), place, key, message, suggestion }
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
