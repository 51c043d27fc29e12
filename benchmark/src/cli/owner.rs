//! Whose results a folder holds: two experiments never share one in silence.

use std::path::Path;

use anyhow::{Context, Result};
use prefsweep::experiment::{ConfigError, Experiment, read};
use prefsweep_store::{INDEX_FILE, INDEX_FORMAT, IndexSource, followed, relative};
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::notices::say;

/// An experiment's file and settings, as seen from a results folder.
pub(crate) fn source(
    file: &Path,
    overrides: &[String],
    experiment: &Experiment,
    folder: &Path,
) -> Result<IndexSource> {
    let settings = serde_json::to_vec(experiment).context("failed to write the settings")?;
    Ok(IndexSource {
        file: relative(file, folder),
        overrides: overrides.to_vec(),
        settings: blake3::hash(&settings).to_hex().to_string(),
    })
}

/// What a folder says of its experiment.
#[derive(Deserialize)]
struct Known {
    #[serde(default)]
    format: u32,
    #[serde(default)]
    source: Option<IndexSource>,
    /// What runs that were trained elsewhere say of their files.
    #[serde(default)]
    imported: Option<IgnoredAny>,
}

fn known(folder: &Path) -> Option<Known> {
    let index = std::fs::read(folder.join(INDEX_FILE)).ok()?;
    serde_json::from_slice(&index).ok()
}

/// Refuses a folder that holds the results of another experiment; gives back what to say where this one has changed
/// since.
pub(crate) fn check(folder: &Path, own: &IndexSource) -> Result<Option<String>, ConfigError> {
    let Some(Known { format, source, imported }) = known(folder) else { return Ok(None) };
    if format > INDEX_FORMAT {
        return Err(newer(folder, format));
    }
    if imported.is_some() {
        let message = "holds imported runs; give this experiment a folder of its own with --name or --results";
        return Err(ConfigError::of(folder.display().to_string(), message));
    }
    let Some(known) = source else { return Ok(None) };
    if known.settings == own.settings {
        return Ok(None);
    }
    if (&known.file, &known.overrides) == (&own.file, &own.overrides) {
        return Ok(Some(format!(
            "the experiment has changed since the results in {} were made: what is no longer in it is kept in \
             the store, and no longer in this report",
            folder.display()
        )));
    }
    Err(other(folder, &known))
}

/// Refuses to read a folder for an experiment's file that it does not belong to, and says where this one has changed
/// since.
pub(crate) fn check_reading(folder: &Path, file: &Path) -> Result<()> {
    let Some(known) = known(folder).and_then(|known| known.source) else { return Ok(()) };
    let own = read(file, &known.overrides)
        .ok()
        .and_then(|experiment| source(file, &known.overrides, &experiment, folder).ok());
    // A copy of the experiment is the experiment.
    let same = own.is_some_and(|own| own.settings == known.settings);
    if known.file != relative(file, folder) && !same {
        return Err(other(folder, &known).into());
    }
    if !same {
        say(&format!(
            "{} has changed, or the program has, since the results in {} were made, which are shown as they are; \
             `prefsweep run` brings them up to date",
            file.display(),
            folder.display()
        ));
    }
    Ok(())
}

/// What this version does not know must not be overwritten by it.
fn newer(folder: &Path, format: u32) -> ConfigError {
    let message = format!(
        "was written by a newer version of prefsweep: found format {format}, allowed up to {INDEX_FORMAT}; \
         use that version, or a folder of your own with --name"
    );
    ConfigError::of(folder.join(INDEX_FILE).display().to_string(), message)
}

fn other(folder: &Path, known: &IndexSource) -> ConfigError {
    let overrides: String = known.overrides.iter().map(|text| format!(" --set {text}")).collect();
    let file = followed(&folder.join(&known.file));
    let message = format!(
        "holds the results of another experiment, {}{overrides}; give this one a folder of its own with \
         --name or --results",
        file.display()
    );
    ConfigError::of(folder.display().to_string(), message)
}
