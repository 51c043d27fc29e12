//! What tables are exported of.

use std::path::{Path, PathBuf};

use prefsweep_store::{BaselineEntry, BaselineStatus, CellStatus, Index, METRICS_FILE, RunKey};

/// One run, or a baseline.
pub(super) struct Run {
    pub(super) id: Option<String>,
    /// None for a baseline.
    pub(super) key: Option<RunKey>,
    /// The name in files of a baseline, otherwise the loss alone.
    name: String,
    pub(super) dir: PathBuf,
}

impl Run {
    /// The loss alone.
    pub(super) fn loss(&self) -> String {
        self.name.clone()
    }

    /// The loss with the values on the axes.
    pub(super) fn label(&self) -> String {
        self.key.as_ref().map_or_else(|| self.name.clone(), RunKey::label)
    }

    /// None for a reference and for a baseline.
    pub(super) fn negatives(&self) -> Option<usize> {
        self.key.as_ref().and_then(RunKey::negatives)
    }
}

/// Baselines, references, then cells; those that have results.
pub(super) fn runs(index: &Index, results_dir: &Path) -> Vec<Run> {
    let mut runs = Vec::new();
    for BaselineEntry { id, name, dir, status, .. } in index.all_baselines() {
        let dir = results_dir.join(dir);
        if status == BaselineStatus::Complete && dir.join(METRICS_FILE).is_file() {
            runs.push(Run { id, key: None, name, dir });
        }
    }
    let run = |id: &str, key: RunKey, dir: &Path| Run {
        id: Some(id.to_owned()),
        name: key.loss(),
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
