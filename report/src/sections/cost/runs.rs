//! What runs cost, one by one and by loss and K.

use std::collections::BTreeSet;

use prefsweep_store::Seconds;

use crate::findings::Findings;
use crate::grid::Grid;
use crate::numbers::{NOTHING, count, duration, plain};
use crate::statistics::estimate;

/// Every distinct run's cost, in plain numbers.
pub(super) fn numbers(findings: &Findings) -> Grid {
    let header = findings.sweep.axes.header([
        "loss",
        "negatives",
        "started_unix",
        "wall_seconds",
        "steps",
        "negatives_scored",
        "peak_memory_mib",
        "training_seconds",
        "sampling_seconds",
        "evaluation_seconds",
        "storing_seconds",
    ]);
    let rows = findings
        .sweep
        .costs
        .iter()
        .map(|cost| {
            let record = &cost.provenance;
            let part = |part: fn(Seconds) -> f64| plain(record.seconds.map(part)).into();
            let mut row = findings.sweep.row(cost.series);
            row.extend([
                cost.negatives.to_string().into(),
                record.started_unix.to_string().into(),
                plain(Some(record.wall_seconds)).into(),
                record.steps.to_string().into(),
                record.negatives_scored.to_string().into(),
                plain(record.peak_memory_mib).into(),
                part(|seconds| seconds.training),
                part(|seconds| seconds.sampling),
                part(|seconds| seconds.evaluation),
                part(|seconds| seconds.storing),
            ]);
            row
        })
        .collect();
    Grid { name: "cost", caption: String::new(), header, words: findings.sweep.axes.words(), rows }
}

/// One row per series and K; runs shared by several losses count once.
pub(super) fn table(findings: &Findings) -> Grid {
    let header = findings.sweep.axes.header([
        "loss",
        "K",
        "runs",
        "time per run",
        "steps",
        "negatives scored",
        "peak MiB",
    ]);
    let mut rows = Vec::new();
    let keys: BTreeSet<(usize, usize)> =
        findings.sweep.costs.iter().map(|cost| (cost.series, cost.negatives)).collect();
    for (series, negatives) in keys {
        let cells: Vec<_> = findings
            .sweep
            .costs
            .iter()
            .filter(|cost| (cost.series, cost.negatives) == (series, negatives))
            .map(|cost| &cost.provenance)
            .collect();
        let mean = |values: Vec<f64>| estimate(values).map(|found| found.mean);
        let seconds = mean(cells.iter().map(|cell| cell.wall_seconds).collect());
        let steps = mean(cells.iter().map(|cell| cell.steps as f64).collect());
        let scored = mean(cells.iter().map(|cell| cell.negatives_scored as f64).collect());
        let peak = cells.iter().filter_map(|cell| cell.peak_memory_mib).max_by(f64::total_cmp);
        let whole = |value: Option<f64>| value.map_or(NOTHING.to_owned(), |v| count(v as u64));
        let mut row = findings.sweep.named_row(series);
        row.extend([
            negatives.to_string().into(),
            cells.len().to_string().into(),
            seconds.map_or(NOTHING.to_owned(), duration).into(),
            whole(steps).into(),
            whole(scored).into(),
            peak.map_or(NOTHING.to_owned(), |peak| format!("{peak:.0}")).into(),
        ]);
        rows.push(row);
    }
    Grid {
        name: "cost",
        caption: format!(
            "{}: cost of training, mean per run (peak memory: largest). A run shared by several \
             losses is listed once.",
            findings.sweep.index.dataset.name
        ),
        header,
        words: findings.sweep.axes.words(),
        rows,
    }
}
