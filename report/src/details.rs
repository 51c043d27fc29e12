//! The other tables: best against largest K, cost, every final measure, the curves.

use std::collections::{BTreeMap, BTreeSet};

use prefsweep_store::Seconds;

use crate::comparison::Comparison;
use crate::findings::{Findings, Group};
use crate::grid::{Entry, Grid};
use crate::measure::Measure;
use crate::numbers::{self, NOTHING, count, difference, duration, plain, plus_minus, quantity};
use crate::statistics::{Change, Estimate, estimate};

/// Best K against largest K, one row per series.
pub(crate) fn comparison(findings: &Findings, comparisons: &[Comparison]) -> Grid {
    let metric = findings.main_name();
    let header = findings.sweep.axes.header([
        "loss",
        "best K (validation)",
        "largest K",
        &format!("test {metric} at best K"),
        &format!("test {metric} at largest K"),
        "paired difference [95 %]",
        "ranking",
        "normalised loss, difference [95 %]",
        "training loss",
        "largest K − reference [95 %]",
    ]);
    let word = |change: Option<Change>| change.map_or(NOTHING, Change::word).to_owned();
    let rows = comparisons
        .iter()
        .map(|found| {
            let mut row = findings.sweep.row(found.series);
            row.extend([
                found.best.to_string().into(),
                found.largest.to_string().into(),
                plus_minus(found.metric_at_best, numbers::metric).into(),
                plus_minus(found.metric_at_largest, numbers::metric).into(),
                difference(found.metric_difference, numbers::metric).into(),
                word(found.metric_change()).into(),
                difference(found.loss_difference, quantity).into(),
                word(found.loss_change()).into(),
                difference(found.reference_at_largest, numbers::metric).into(),
            ]);
            row
        })
        .collect();
    let caption = format!(
        "{}: the number of negatives that validation picks against the largest one. Differences \
         are largest minus best K, paired by seed.",
        findings.sweep.index.dataset.name
    );
    Grid { name: "comparison", caption, header, words: 1, rows }
}

/// [`comparison`] in plain numbers.
pub(crate) fn comparison_numbers(findings: &Findings, comparisons: &[Comparison]) -> Grid {
    let metric = format!("test_ndcg@{}", findings.cutoff);
    let mut header = findings.sweep.axes.header(["loss", "best_k", "largest_k", "seeds"]);
    for name in [
        format!("{metric}_at_best"),
        format!("{metric}_at_largest"),
        format!("{metric}_difference"),
        "loss_normalised_at_best".to_owned(),
        "loss_normalised_at_largest".to_owned(),
        "loss_normalised_difference".to_owned(),
        format!("{metric}_best_minus_reference"),
        format!("{metric}_largest_minus_reference"),
    ] {
        header.extend(["mean", "half_width"].map(|part| format!("{name}_{part}")));
    }
    let rows = comparisons
        .iter()
        .map(|found| {
            let seeds = found.metric_difference.or(found.metric_at_best).map_or(0, |e| e.n);
            let mut entries = findings.sweep.row(found.series);
            entries.extend([
                found.best.to_string().into(),
                found.largest.to_string().into(),
                seeds.to_string().into(),
            ]);
            for estimate in [
                found.metric_at_best,
                found.metric_at_largest,
                found.metric_difference,
                found.loss_at_best,
                found.loss_at_largest,
                found.loss_difference,
                found.reference_at_best,
                found.reference_at_largest,
            ] {
                entries.extend(mean_and_half_width(estimate));
            }
            entries
        })
        .collect();
    Grid { name: "comparison", caption: String::new(), header, words: 1, rows }
}

fn mean_and_half_width(estimate: Option<Estimate>) -> [Entry; 2] {
    [
        plain(estimate.map(|found| found.mean)).into(),
        plain(estimate.and_then(|found| found.half_width)).into(),
    ]
}

/// Every trajectory column at the first and the last evaluation, in long form with plain numbers.
pub(crate) fn training_numbers(findings: &Findings) -> Grid {
    let header = findings.sweep.axes.header([
        "loss",
        "negatives",
        "evaluation",
        "quantity",
        "mean",
        "half_width",
        "seeds",
    ]);
    let mut rows = Vec::new();
    for ((series, negatives), group) in &findings.groups {
        for (evaluation, columns) in [("first", &group.first), ("last", &group.last)] {
            for (column, by_seed) in columns {
                let found = estimate(by_seed.values().copied());
                let mut entries = findings.sweep.row(*series);
                entries.extend([
                    negatives.to_string().into(),
                    evaluation.into(),
                    column.as_str().into(),
                ]);
                entries.extend(mean_and_half_width(found));
                entries.push(found.map_or(0, |found| found.n).to_string().into());
                rows.push(entries);
            }
        }
    }
    Grid { name: "training", caption: String::new(), header, words: 1, rows }
}

/// Every distinct cell's cost, with plain numbers.
pub(crate) fn cost_numbers(findings: &Findings) -> Grid {
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
    Grid { name: "cost", caption: String::new(), header, words: 1, rows }
}

/// What the cells cost, one row per series and K; cells shared by several losses count once.
pub(crate) fn cost(findings: &Findings) -> Grid {
    let header = findings.sweep.axes.header([
        "loss",
        "K",
        "cells",
        "seconds per cell",
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
        let mut row = findings.sweep.row(series);
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
            "{}: cost of training, mean per cell (peak memory: largest). A cell shared by several \
             losses is listed once.",
            findings.sweep.index.dataset.name
        ),
        header,
        words: 1,
        rows,
    }
}

/// Every measure at the last evaluation, in long form with plain numbers.
pub(crate) fn final_measures(findings: &Findings) -> Grid {
    let axes = &findings.sweep.axes;
    let header = axes.header([
        "loss",
        "negatives",
        "split",
        "protocol",
        "metric",
        "cutoff",
        "mean",
        "sd",
        "half_width",
        "seeds",
    ]);
    let mut rows = Vec::new();
    let popularity = axes.row("popularity", &BTreeMap::new(), "");
    for (measure, value) in &findings.popularity {
        rows.push(measure_row(&popularity, None, measure, estimate([*value])));
    }
    for known in &findings.references {
        let name = axes.row("reference", &known.axes, "");
        rows.extend(group_rows(&name, None, &known.group));
    }
    for ((series, negatives), group) in &findings.groups {
        rows.extend(group_rows(&findings.sweep.row(*series), Some(*negatives), group));
    }
    Grid { name: "metrics", caption: String::new(), header, words: 1, rows }
}

fn group_rows(name: &[Entry], negatives: Option<usize>, group: &Group) -> Vec<Vec<Entry>> {
    group
        .metrics
        .keys()
        .map(|measure| measure_row(name, negatives, measure, group.metric(measure)))
        .collect()
}

fn measure_row(
    name: &[Entry],
    negatives: Option<usize>,
    measure: &Measure,
    found: Option<Estimate>,
) -> Vec<Entry> {
    let mut row = name.to_vec();
    row.extend([
        negatives.map(|k| k.to_string()).unwrap_or_default().into(),
        measure.split.as_str().into(),
        measure.protocol.as_str().into(),
        measure.metric.as_str().into(),
        measure.cutoff.to_string().into(),
        plain(found.map(|found| found.mean)).into(),
        plain(found.and_then(|found| found.sd)).into(),
        plain(found.and_then(|found| found.half_width)).into(),
        found.map_or(0, |found| found.n).to_string().into(),
    ]);
    row
}

/// The main measure and the normalised loss along training, with plain numbers.
pub(crate) fn curves(findings: &Findings) -> Grid {
    let metric = format!("test_ndcg@{}", findings.cutoff);
    let header = findings.sweep.axes.header([
        "loss",
        "negatives",
        "step",
        "seeds",
        &format!("{metric}_mean"),
        &format!("{metric}_half_width"),
        "loss_normalised_mean",
        "loss_normalised_half_width",
    ]);
    let mut rows = Vec::new();
    for ((series, negatives), curve) in &findings.curves {
        for point in curve {
            let mut row = findings.sweep.row(*series);
            row.extend([
                negatives.to_string().into(),
                point.step.to_string().into(),
                point.metric.n.to_string().into(),
                plain(Some(point.metric.mean)).into(),
                plain(point.metric.half_width).into(),
                plain(Some(point.loss_normalised.mean)).into(),
                plain(point.loss_normalised.half_width).into(),
            ]);
            rows.push(row);
        }
    }
    Grid { name: "curves", caption: String::new(), header, words: 1, rows }
}
