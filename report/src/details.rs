//! The other tables: best against largest K, cost, every final measure, the curves.

use std::collections::BTreeSet;

use crate::comparison::Comparison;
use crate::findings::{Findings, Group};
use crate::grid::{Entry, Grid};
use crate::numbers::{self, NOTHING, count, difference, duration, plain, plus_minus, quantity};
use crate::results::Seconds;
use crate::statistics::{Change, Estimate, estimate};

/// Best K against largest K, one row per series.
pub(crate) fn comparison(findings: &Findings, comparisons: &[Comparison]) -> Grid {
    let metric = findings.main().name();
    let header = [
        "loss".to_owned(),
        "best K (validation)".to_owned(),
        "largest K".to_owned(),
        format!("test {metric} at best K"),
        format!("test {metric} at largest K"),
        "paired difference [95 %]".to_owned(),
        "ranking".to_owned(),
        "normalised loss, difference [95 %]".to_owned(),
        "training loss".to_owned(),
        "largest K − reference [95 %]".to_owned(),
    ];
    let word = |change: Option<Change>| change.map_or(NOTHING, Change::word).to_owned();
    let rows = comparisons
        .iter()
        .map(|found| {
            vec![
                found.label.clone().into(),
                found.best.to_string().into(),
                found.largest.to_string().into(),
                plus_minus(found.metric_at_best, numbers::metric).into(),
                plus_minus(found.metric_at_largest, numbers::metric).into(),
                difference(found.metric_difference, numbers::metric).into(),
                word(found.metric_change()).into(),
                difference(found.loss_difference, quantity).into(),
                word(found.loss_change()).into(),
                difference(found.reference_at_largest, numbers::metric).into(),
            ]
        })
        .collect();
    let caption = format!(
        "{}: the number of negatives that validation picks against the largest one. Differences \
         are largest minus best K, paired by seed.",
        findings.sweep.index.dataset.name
    );
    Grid { name: "comparison", caption, header: header.to_vec(), words: 1, rows }
}

/// [`comparison`] in plain numbers.
pub(crate) fn comparison_numbers(findings: &Findings, comparisons: &[Comparison]) -> Grid {
    let metric = format!("test_ndcg@{}", findings.cutoff);
    let mut header = ["loss", "best_k", "largest_k", "seeds"].map(str::to_owned).to_vec();
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
            let mut entries: Vec<Entry> = vec![
                found.label.clone().into(),
                found.best.to_string().into(),
                found.largest.to_string().into(),
                seeds.to_string().into(),
            ];
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
    let header = ["loss", "negatives", "evaluation", "quantity", "mean", "half_width", "seeds"];
    let mut rows = Vec::new();
    for ((series, negatives), group) in &findings.groups {
        for (evaluation, columns) in [("first", &group.first), ("last", &group.last)] {
            for (column, by_seed) in columns {
                let found = estimate(by_seed.values().copied());
                let mut entries: Vec<Entry> = vec![
                    findings.sweep.series[*series].label.clone().into(),
                    negatives.to_string().into(),
                    evaluation.into(),
                    column.as_str().into(),
                ];
                entries.extend(mean_and_half_width(found));
                entries.push(found.map_or(0, |found| found.n).to_string().into());
                rows.push(entries);
            }
        }
    }
    Grid {
        name: "training",
        caption: String::new(),
        header: header.map(str::to_owned).to_vec(),
        words: 1,
        rows,
    }
}

/// Every distinct cell's cost, with plain numbers.
pub(crate) fn cost_numbers(findings: &Findings) -> Grid {
    let header = [
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
    ];
    let rows = findings
        .sweep
        .costs
        .iter()
        .map(|cost| {
            let record = &cost.provenance;
            let part = |part: fn(Seconds) -> f64| plain(record.seconds.map(part)).into();
            vec![
                findings.sweep.series[cost.series].label.clone().into(),
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
            ]
        })
        .collect();
    Grid {
        name: "cost",
        caption: String::new(),
        header: header.map(str::to_owned).to_vec(),
        words: 1,
        rows,
    }
}

/// What the cells cost, one row per series and K; cells shared by several losses count once.
pub(crate) fn cost(findings: &Findings) -> Grid {
    let header =
        ["loss", "K", "cells", "seconds per cell", "steps", "negatives scored", "peak MiB"];
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
        rows.push(vec![
            findings.sweep.series[series].label.clone().into(),
            negatives.to_string().into(),
            cells.len().to_string().into(),
            seconds.map_or(NOTHING.to_owned(), duration).into(),
            whole(steps).into(),
            whole(scored).into(),
            peak.map_or(NOTHING.to_owned(), |peak| format!("{peak:.0}")).into(),
        ]);
    }
    Grid {
        name: "cost",
        caption: format!(
            "{}: cost of training, mean per cell (peak memory: largest). A cell shared by several \
             losses is listed once.",
            findings.sweep.index.dataset.name
        ),
        header: header.map(str::to_owned).to_vec(),
        words: 1,
        rows,
    }
}

/// Every measure at the last evaluation, in long form with plain numbers.
pub(crate) fn final_measures(findings: &Findings) -> Grid {
    let header = [
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
    ];
    let mut rows = Vec::new();
    for (measure, value) in &findings.popularity {
        let found = estimate([*value]);
        rows.push(measure_row("popularity", None, measure, found));
    }
    for (label, group) in &findings.references {
        rows.extend(group_rows(label, None, group));
    }
    for ((series, negatives), group) in &findings.groups {
        rows.extend(group_rows(&findings.sweep.series[*series].label, Some(*negatives), group));
    }
    Grid {
        name: "metrics",
        caption: String::new(),
        header: header.map(str::to_owned).to_vec(),
        words: 1,
        rows,
    }
}

fn group_rows(label: &str, negatives: Option<usize>, group: &Group) -> Vec<Vec<Entry>> {
    group
        .metrics
        .keys()
        .map(|measure| measure_row(label, negatives, measure, group.metric(measure)))
        .collect()
}

fn measure_row(
    label: &str,
    negatives: Option<usize>,
    measure: &crate::findings::Measure,
    found: Option<Estimate>,
) -> Vec<Entry> {
    vec![
        label.into(),
        negatives.map(|k| k.to_string()).unwrap_or_default().into(),
        measure.split.as_str().into(),
        measure.protocol.as_str().into(),
        measure.metric.as_str().into(),
        measure.cutoff.to_string().into(),
        plain(found.map(|found| found.mean)).into(),
        plain(found.and_then(|found| found.sd)).into(),
        plain(found.and_then(|found| found.half_width)).into(),
        found.map_or(0, |found| found.n).to_string().into(),
    ]
}

/// The main measure and the normalised loss along training, with plain numbers.
pub(crate) fn curves(findings: &Findings) -> Grid {
    let metric = format!("test_ndcg@{}", findings.cutoff);
    let header = [
        "loss".to_owned(),
        "negatives".to_owned(),
        "step".to_owned(),
        "seeds".to_owned(),
        format!("{metric}_mean"),
        format!("{metric}_half_width"),
        "loss_normalised_mean".to_owned(),
        "loss_normalised_half_width".to_owned(),
    ];
    let mut rows = Vec::new();
    for ((series, negatives), curve) in &findings.curves {
        for point in curve {
            rows.push(vec![
                findings.sweep.series[*series].label.clone().into(),
                negatives.to_string().into(),
                point.step.to_string().into(),
                point.metric.n.to_string().into(),
                plain(Some(point.metric.mean)).into(),
                plain(point.metric.half_width).into(),
                plain(Some(point.loss_normalised.mean)).into(),
                plain(point.loss_normalised.half_width).into(),
            ]);
        }
    }
    Grid { name: "curves", caption: String::new(), header: header.to_vec(), words: 1, rows }
}
