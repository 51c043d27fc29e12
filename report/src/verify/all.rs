//! Checking everything that belongs to an experiment.

use std::collections::BTreeSet;
use std::iter;
use std::path::Path;

use prefsweep_store::{BaselineEntry, BaselineStatus, CellStatus, INDEX_FILE, METRICS_FILE};

use super::content::content;
use super::entry::{Entry, Expected};
use super::finding::{Check, Checked, Finding};
use super::verification::Verification;
use crate::error::ReportError;
use crate::index::read_index;

/// Checks every file that belongs to the experiment whose index lies in `results_dir`.
///
/// # Errors
///
/// When the index cannot be read or contradicts itself. What is wrong with any other file is part
/// of the result.
pub fn verify(results_dir: &Path) -> Result<Verification, ReportError> {
    let index = read_index(&results_dir.join(INDEX_FILE))?;
    let mut all = Verification { experiment: index.experiment.clone(), ..Verification::default() };
    let all_baselines = index.all_baselines();
    let (mut seen, mut unfinished) = (BTreeSet::new(), BTreeSet::new());
    let references = index.references.iter().map(Expected::Reference);
    let planned = |entry: &&BaselineEntry| !matches!(entry.status, BaselineStatus::Skipped { .. });
    let (stored, others): (Vec<_>, Vec<_>) =
        all_baselines.iter().filter(planned).partition(|entry| entry.id.is_some());
    let baselines = stored.into_iter().map(Expected::Baseline);
    let cells = index.cells.iter().map(Expected::Cell);
    for expected in references.chain(baselines).chain(cells) {
        if !expected.is_complete() {
            unfinished.insert(expected.id());
            continue;
        }
        let entry = Entry::new(results_dir.join(expected.dir()), &index);
        // Cells that are the same by definition share a folder.
        if seen.insert(expected.dir()) {
            all.checked.extend(entry.verify(&expected));
        }
        all.checked.extend(entry.verify_said(&expected));
    }
    let first = index.cells.iter().find(|cell| cell.status == CellStatus::Complete);
    // The data of imported runs were never here.
    let first = first.filter(|_| index.imported.is_none());
    if let Some(store) = first.and_then(|cell| cell.dir.parent()?.parent()) {
        let datasets = results_dir.join(store).join("datasets");
        for fingerprint in iter::once(&index.dataset.fingerprint).chain(&index.dataset.with_more) {
            let name = fingerprint.get(..16).unwrap_or(fingerprint);
            all.checked.extend(content(&datasets.join(name)));
        }
    }
    for baseline in others {
        let file = results_dir.join(&baseline.dir).join(METRICS_FILE);
        let finding = if file.is_file() { Finding::NotHashed } else { Finding::Missing };
        all.checked.push(Checked { check: Check::Content, file, finding });
    }
    all.unfinished = unfinished.len();
    Ok(all)
}
