//! Every number behind the results in long form, for programs.

use std::collections::BTreeMap;

use crate::findings::{Findings, Group};
use crate::grid::{Entry, Grid};
use crate::measure::Measure;
use crate::numbers::{plain, plain_estimate};
use crate::statistics::{Estimate, estimate};

/// Every trajectory column at the first and the last evaluation, in long form with plain numbers.
pub(super) fn training(findings: &Findings) -> Grid {
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
                entries.extend(plain_estimate(found).map(Entry::from));
                entries.push(found.map_or(0, |found| found.n).to_string().into());
                rows.push(entries);
            }
        }
    }
    Grid { name: "training", caption: String::new(), header, words: 1, rows }
}

/// Every measure at the last evaluation, in long form with plain numbers.
pub(super) fn measures(findings: &Findings) -> Grid {
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
    for baseline in &findings.baselines {
        let name = axes.row(baseline.name.as_str(), &BTreeMap::new(), "");
        for (measure, value) in &baseline.metrics {
            rows.push(measure_row(&name, None, measure, estimate([*value])));
        }
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
pub(super) fn curves(findings: &Findings) -> Grid {
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
