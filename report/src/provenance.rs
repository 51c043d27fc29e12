//! Provenance of a whole report: everything its cells say, put together.

use std::collections::BTreeSet;

use prefsweep_store::{CellStatus, DatasetFacts, ImportedFile, Provenance};
use serde::Serialize;

use crate::findings::Findings;

/// What `provenance.json` beside the report holds.
#[derive(Debug, Serialize)]
pub(crate) struct ReportProvenance {
    pub(crate) experiment: String,
    pub(crate) report_version: &'static str,
    pub(crate) dataset: DatasetFacts,
    /// The files of runs that were trained elsewhere.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) imported: Vec<ImportedFile>,
    pub(crate) prefsweep_versions: BTreeSet<String>,
    pub(crate) git_revisions: BTreeSet<String>,
    pub(crate) devices: BTreeSet<String>,
    pub(crate) threads: BTreeSet<usize>,
    pub(crate) operating_systems: BTreeSet<String>,
    pub(crate) processors: BTreeSet<String>,
    pub(crate) first_start_unix: Option<u64>,
    pub(crate) last_start_unix: Option<u64>,
    /// Sums over distinct cells.
    pub(crate) wall_seconds: f64,
    pub(crate) steps: u64,
    pub(crate) negatives_scored: u64,
    pub(crate) peak_memory_mib: Option<f64>,
    /// Distinct cells by status.
    pub(crate) complete: usize,
    pub(crate) missing: usize,
    pub(crate) failed: usize,
    pub(crate) seeds: BTreeSet<u64>,
    /// Identifiers of the complete cells.
    pub(crate) cells: BTreeSet<String>,
}

/// Collects the provenance of every distinct cell, and of the references that they start from: on which machines, and of
/// which revision. What is counted is the cells'.
pub(crate) fn collect(findings: &Findings) -> ReportProvenance {
    let sweep = &findings.sweep;
    let records = || sweep.costs.iter().map(|cost| &cost.provenance);
    let all = || records().chain(&sweep.reference_costs);
    // Nothing is known of the machines of runs that were trained elsewhere.
    let known = || all().filter(|record| record.imported.is_none());
    let words = |pick: fn(&Provenance) -> String| known().map(pick).collect();
    let with_status = |wanted: fn(&CellStatus) -> bool| -> BTreeSet<String> {
        let cells = sweep.index.cells.iter().filter(|cell| wanted(&cell.status));
        cells.map(|cell| cell.id.clone()).collect()
    };
    let cells = with_status(|status| *status == CellStatus::Complete);
    ReportProvenance {
        experiment: sweep.index.experiment.clone(),
        report_version: env!("CARGO_PKG_VERSION"),
        dataset: sweep.index.dataset.clone(),
        imported: sweep.index.imported.iter().flat_map(|from| from.files.clone()).collect(),
        prefsweep_versions: all().map(|record| record.prefsweep_version.clone()).collect(),
        git_revisions: known().filter_map(|record| record.git_revision.clone()).collect(),
        devices: words(|record| match &record.adapter {
            Some(adapter) => format!("{} on {adapter}", record.device),
            None => record.device.clone(),
        }),
        threads: known().map(|record| record.threads).collect(),
        operating_systems: words(|record| record.os.clone()),
        processors: words(|record| record.cpu.clone()),
        first_start_unix: known().map(|record| record.started_unix).min(),
        last_start_unix: known().map(|record| record.started_unix).max(),
        wall_seconds: records().map(|record| record.wall_seconds).sum(),
        steps: records().map(|record| record.steps).sum(),
        negatives_scored: records().map(|record| record.negatives_scored).sum(),
        peak_memory_mib: records()
            .filter_map(|record| record.peak_memory_mib)
            .max_by(f64::total_cmp),
        complete: cells.len(),
        missing: with_status(|status| *status == CellStatus::Missing).len(),
        failed: with_status(|status| matches!(status, CellStatus::Failed { .. })).len(),
        seeds: sweep.seeds(),
        cells,
    }
}
