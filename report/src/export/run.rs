//! What tables are exported of.

use std::path::{Path, PathBuf};

use prefsweep_store::{CellStatus, Index, METRICS_FILE};

use crate::run_key::RunKey;

/// One run, or the popularity baseline.
pub(super) struct Run {
    pub(super) id: Option<String>,
    /// None for the popularity baseline.
    pub(super) key: Option<RunKey>,
    pub(super) dir: PathBuf,
}

impl Run {
    /// The loss alone.
    pub(super) fn loss(&self) -> String {
        self.key.as_ref().map_or_else(|| "popularity".to_owned(), RunKey::loss)
    }

    /// The loss with the values on the axes.
    pub(super) fn label(&self) -> String {
        self.key.as_ref().map_or_else(|| "popularity".to_owned(), RunKey::label)
    }

    /// None for a reference and for the popularity baseline.
    pub(super) fn negatives(&self) -> Option<usize> {
        self.key.as_ref().and_then(RunKey::negatives)
    }
}

/// Popularity, references, then cells; those that have results.
pub(super) fn runs(index: &Index, results_dir: &Path) -> Vec<Run> {
    let mut runs = Vec::new();
    let popularity = results_dir.join(&index.popularity.dir);
    if popularity.join(METRICS_FILE).is_file() {
        runs.push(Run { id: None, key: None, dir: popularity });
    }
    let run = |id: &str, key: RunKey, dir: &Path| Run {
        id: Some(id.to_owned()),
        key: Some(key),
        dir: results_dir.join(dir),
    };
    for entry in index.references.iter().filter(|entry| entry.status == CellStatus::Complete) {
        runs.push(run(&entry.id, entry.into(), &entry.dir));
    }
    for entry in index.cells.iter().filter(|entry| entry.status == CellStatus::Complete) {
        runs.push(run(&entry.id, entry.into(), &entry.dir));
    }
    runs
}
