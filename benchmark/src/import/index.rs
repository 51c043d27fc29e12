//! From files to entries of the store and an index of them.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use prefsweep_store::{
    CellStatus, INDEX_FILE, INDEX_FORMAT, Imported, ImportedFile, Index, Store, at, followed,
};

use super::absent::absent;
use super::entries::Entries;
use super::error::ImportFailure;
use super::facts::{dataset, metrics};
use super::listed::listed;
use super::mapping_checks::{blamed, check_used, read_mapping};
use super::prepared::prepare;
use super::read::read;
use crate::experiment::ConfigError;

/// What is imported, and where to.
#[derive(Clone, Debug)]
pub struct Import<'a> {
    /// A table, or the folder with the files that the mapping lists.
    pub source: &'a Path,
    /// The mapping.
    pub mapping: Option<&'a Path>,
    /// The results' folder; the store is `store` beside it.
    pub out: &'a Path,
    /// What somebody else would type to get these results.
    pub command: &'a str,
}

/// What was imported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    /// Runs, references included.
    pub runs: usize,
    /// What the files do not say, a sentence each.
    pub missing: Vec<String>,
    /// Names of columns that were not used.
    pub unused: Vec<String>,
}

/// Reads runs that were trained elsewhere and writes them as entries of the store, with an index in the results' folder.
///
/// # Errors
/// When a file is not what it should be, the results' folder holds results of another kind, or something cannot be
/// written.
pub fn import(request: &Import<'_>) -> Result<Done, ImportFailure> {
    let Import { source, out, .. } = *request;
    let folder = followed(out).file_name().unwrap_or_default().to_string_lossy().into_owned();
    if folder.eq_ignore_ascii_case("store") {
        let message = "found `store`, where the runs themselves are kept; give another folder";
        return Err(ConfigError::of(format!("--out {}", out.display()), message).into());
    }
    let held = held(out)?;
    let mapping = read_mapping(request.mapping)?;
    let mut found = read(source, &mapping).map_err(|error| blamed(error, request.mapping))?;
    if let Some(held) = held {
        refuse_others(out, &held, &found.files)?;
    }
    check_used(&mapping, request.mapping, &found.runs)?;
    let prepared = prepare(source, &mapping, &mut found)?;
    let beside = out.parent().filter(|parent| !parent.as_os_str().is_empty());
    let store = Store::open(&beside.unwrap_or(Path::new(".")).join("store"))?;
    fs::create_dir_all(out).map_err(at(out))?;
    let name = mapping.name.clone().unwrap_or(folder);
    let dataset = dataset(&mapping, &found, &prepared);
    let cutoffs = mapping.cutoffs();
    let entries = Entries {
        store: &store,
        found: &prepared,
        files: &found.files,
        cutoffs: &cutoffs,
        fingerprint: &dataset.fingerprint,
        candidates_fingerprint: &dataset.candidates_fingerprint,
    };
    let (references, cells) = listed(&entries, out)?;
    let has_references = references.iter().any(|entry| entry.status == CellStatus::Complete);
    let missing = absent(&prepared, has_references);
    let title = || format!("Imported runs on {}", dataset.name);
    let question =
        || "Does ranking get worse as negatives are added while the training loss falls?".into();
    let index = Index {
        format: INDEX_FORMAT,
        experiment: name,
        title: mapping.title.clone().unwrap_or_else(title),
        question: mapping.question.clone().unwrap_or_else(question),
        predictions: mapping.predictions.clone(),
        command: Some(request.command.to_owned()),
        source: None,
        imported: Some(Imported { files: found.files.clone(), missing: missing.clone() }),
        metrics: metrics(&entries),
        dataset,
        model: None,
        cutoffs: cutoffs.clone(),
        report: mapping.judged(),
        tuning_seeds: mapping.tuning_seeds.clone(),
        cells,
        references,
        baselines: Vec::new(),
        popularity: None,
    };
    store.replace(&out.join(INDEX_FILE), &index)?;
    // The index of a frame has no name.
    let unused = found.unused.into_iter().filter(|name| !name.is_empty());
    let unused: BTreeSet<String> = unused.collect();
    Ok(Done { runs: prepared.runs.len(), missing, unused: unused.into_iter().collect() })
}

/// What the folder holds already of an import. Results of runs that were trained here are never overwritten.
fn held(out: &Path) -> Result<Option<Imported>, ConfigError> {
    let Ok(text) = fs::read(out.join(INDEX_FILE)) else { return Ok(None) };
    let index: serde_json::Value = serde_json::from_slice(&text).unwrap_or_default();
    match index["imported"].clone() {
        serde_json::Value::Null => {
            let message = "holds the results of an experiment; give the imported ones a folder of their own with --out";
            Err(ConfigError::of(out.display().to_string(), message))
        }
        held => Ok(serde_json::from_value(held).ok()),
    }
}

/// Nor is what was imported from other files; the same ones may have been mended.
fn refuse_others(out: &Path, held: &Imported, files: &[ImportedFile]) -> Result<(), ConfigError> {
    let names = |files: &[ImportedFile]| -> BTreeSet<String> {
        files.iter().map(|file| file.file.clone()).collect()
    };
    if names(&held.files) == names(files) {
        return Ok(());
    }
    let first = held.files.first().map_or("", |file| &file.file);
    let more = if held.files.len() > 1 { " and more" } else { "" };
    let message = format!(
        "holds what was imported from {first}{more}; give these runs a folder of their own with --out"
    );
    Err(ConfigError::of(out.display().to_string(), message))
}
