//! The supervised control, which has no negatives: without a K it is one run whatever K, and is shown at every K.

use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;

use prefsweep_store::{CellKey, RunKey};

use super::error::ImportError;
use super::losses::CONTROL;
use super::runs::Run;

/// The K of the runs that have one.
pub(super) fn all_k(runs: &[Run]) -> BTreeSet<usize> {
    let k = runs.iter().filter_map(|run| run.key.negatives());
    k.filter(|negatives| *negatives > 0).collect()
}

/// Whether a cell is of every K.
pub(super) fn is_everywhere(key: &CellKey) -> bool {
    key.loss.name == CONTROL && key.negatives == 0
}

/// The K that a cell is shown at.
pub(super) fn shown_at(key: &CellKey, all_k: &BTreeSet<usize>) -> Vec<usize> {
    match is_everywhere(key) {
        true if all_k.is_empty() => vec![1],
        true => all_k.iter().copied().collect(),
        false => vec![key.negatives],
    }
}

fn said(key: &RunKey) -> String {
    match key {
        RunKey::Cell(cell) if is_everywhere(cell) => {
            format!("{} without K, seed {}", cell.series(), cell.seed)
        }
        key => key.to_string(),
    }
}

/// Refuses a control of one K beside that of every K, which would be there twice.
///
/// # Errors
/// Naming both.
pub(super) fn check(runs: &[Run], files: &[PathBuf]) -> Result<(), ImportError> {
    let all_k = all_k(runs);
    let mut seen: HashMap<CellKey, &Run> = HashMap::new();
    for run in runs {
        let RunKey::Cell(key) = &run.key else { continue };
        for negatives in shown_at(key, &all_k) {
            let shown = CellKey { negatives, ..key.clone() };
            let Some(before) = seen.insert(shown, run) else { continue };
            let Some((row, first)) = run.first_row().zip(before.first_row()) else { continue };
            let message = format!(
                "found {}, and before it {} ({}), allowed one of the two: without K it is the same run at every K",
                said(&run.key),
                said(&before.key),
                first.said(files)
            );
            return Err(ImportError::at(&files[row.file as usize], row.place, message));
        }
    }
    Ok(())
}
