//! The main results table: the baselines, the reference, and every loss at every K.

use std::collections::{BTreeMap, BTreeSet};

use prefsweep_store::Direction;
use serde_json::Value;

use crate::axes::Axes;
use crate::distinct::distinct;
use crate::findings::{Baseline, Findings, Group};
use crate::grid::{Entry, Grid};
use crate::measure::Measure;
use crate::names::loss_name;
use crate::numbers::{self, NOTHING, plain_estimate, plus_minus, quantity};
use crate::statistics::Estimate;

/// One row before it becomes text.
struct Row {
    /// In files.
    key: String,
    /// As people read it.
    name: String,
    /// Its value on each axis.
    axes: BTreeMap<String, Value>,
    negatives: Option<usize>,
    /// Seeds with results, of seeds planned.
    seeds: Option<(usize, usize)>,
    metrics: Vec<Option<Estimate>>,
    loss: Option<Estimate>,
    loss_normalised: Option<Estimate>,
}

/// Test metrics under one protocol; full-sort evaluation also shows the training loss.
pub(crate) fn readable(findings: &Findings, protocol: &str) -> Grid {
    let measures = informative(findings, protocol);
    let rows = rows(findings, &measures);
    let with_loss = protocol == findings.protocol;
    let axes = &findings.sweep.axes;
    let mut header = axes.header(["loss", "K", "seeds"]);
    header.extend(measures.iter().map(|measure| findings.name(measure)));
    if with_loss {
        header.extend(["training loss".to_owned(), "normalised loss".to_owned()]);
    }
    let rows = rows.iter().map(|row| readable_row(row, axes, with_loss)).collect();
    let (name, what) = if protocol == "full" {
        ("headline", "full-sort evaluation")
    } else {
        ("headline-candidates", "sampled evaluation")
    };
    let caption = format!(
        "{}: test metrics, {what}; mean ± half-width of the 95 % t interval over seeds.",
        findings.sweep.index.dataset.name
    );
    Grid { name, caption, header, words: axes.words(), rows }
}

fn readable_row(row: &Row, axes: &Axes, with_loss: bool) -> Vec<Entry> {
    let mut entries = axes.row(&row.name, &row.axes, NOTHING);
    entries.extend([
        row.negatives.map_or(NOTHING.to_owned(), |k| k.to_string()).into(),
        match row.seeds {
            None => NOTHING.to_owned(),
            Some((present, planned)) if present == planned => present.to_string(),
            Some((present, planned)) => format!("{present} of {planned}"),
        }
        .into(),
    ]);
    let metrics = row.metrics.iter();
    entries.extend(metrics.map(|estimate| Entry::from(plus_minus(*estimate, numbers::metric))));
    if with_loss {
        entries.push(plus_minus(row.loss, quantity).into());
        entries.push(plus_minus(row.loss_normalised, quantity).into());
    }
    entries
}

/// Both protocols side by side, in plain numbers.
pub(crate) fn plain_numbers(findings: &Findings) -> Grid {
    let mut measures = informative(findings, "full");
    measures.extend(informative(findings, "candidates"));
    let axes = &findings.sweep.axes;
    let mut header = axes.header(["loss", "negatives", "seeds", "planned_seeds"]);
    let names = measures
        .iter()
        .map(|measure| format!("{}_{}@{}", measure.protocol, measure.metric, measure.cutoff));
    for name in names.chain(["training_loss".to_owned(), "training_loss_normalised".to_owned()]) {
        header.push(format!("{name}_mean"));
        header.push(format!("{name}_half_width"));
    }
    let rows = rows(findings, &measures)
        .into_iter()
        .map(|row| {
            let count = |value: Option<usize>| value.map(|v| v.to_string()).unwrap_or_default();
            let mut entries = axes.row(row.key, &row.axes, "");
            entries.extend([
                count(row.negatives).into(),
                count(row.seeds.map(|(present, _)| present)).into(),
                count(row.seeds.map(|(_, planned)| planned)).into(),
            ]);
            for estimate in row.metrics.into_iter().chain([row.loss, row.loss_normalised]) {
                entries.extend(plain_estimate(estimate).map(Entry::from));
            }
            entries
        })
        .collect();
    Grid { name: "headline", caption: String::new(), header, words: axes.words(), rows }
}

/// HR, NDCG and whatever else is good at a cut-off, at every one that tells something on the test
/// split.
///
/// NDCG@1 equals HR@1, and HR at a cut-off as long as the candidate list is 1 for everyone.
fn informative(findings: &Findings, protocol: &str) -> Vec<Measure> {
    let cutoffs: BTreeSet<usize> = findings.sweep.index.cutoffs.iter().copied().collect();
    let metrics = findings.sweep.index.metrics.iter();
    let at_cutoffs =
        metrics.filter(|facts| facts.per_cutoff && facts.direction == Direction::HigherIsBetter);
    let measures = at_cutoffs.flat_map(|facts| {
        cutoffs.iter().map(|cutoff| Measure::new("test", protocol, &facts.name, *cutoff))
    });
    measures
        .filter(|measure| measure.metric != "ndcg" || measure.cutoff > 1)
        .filter(|measure| {
            let mut values = values(findings, measure).peekable();
            values.peek().is_some() && (protocol == "full" || values.any(|value| value < 1.0))
        })
        .collect()
}

fn values<'a>(findings: &'a Findings, measure: &'a Measure) -> impl Iterator<Item = f64> + 'a {
    let groups = findings.groups.values();
    let references = findings.references.iter().map(|reference| &reference.group);
    let recorded = groups.chain(references).filter_map(|group| group.by_seed(measure));
    recorded
        .flat_map(|by_seed| by_seed.values().copied())
        .chain(findings.baselines.iter().filter_map(|known| known.metrics.get(measure).copied()))
}

fn rows(findings: &Findings, measures: &[Measure]) -> Vec<Row> {
    let baselines = findings.baselines.iter();
    let mut rows: Vec<Row> = baselines.map(|baseline| baseline_row(baseline, measures)).collect();
    let entries = || findings.sweep.index.references.iter();
    for axes in distinct(entries().map(|entry| &entry.axes)) {
        let planned = entries().filter(|entry| entry.axes == *axes).count();
        let found = findings.references.iter().find(|known| known.axes == *axes);
        let found = found.map(|reference| &reference.group);
        rows.push(row(
            ["reference".to_owned(), "reference".to_owned()],
            axes,
            None,
            planned,
            found,
            measures,
        ));
    }
    for (series, known) in findings.sweep.series.iter().enumerate() {
        for negatives in findings.sweep.planned_negatives(series) {
            let planned = findings.sweep.planned(series, negatives);
            let group = findings.groups.get(&(series, negatives));
            let names = [known.key.loss.to_string(), loss_name(&known.key.loss)];
            let axes = &known.key.axes;
            rows.push(row(names, axes, Some(negatives), planned, group, measures));
        }
    }
    rows
}

fn baseline_row(baseline: &Baseline, measures: &[Measure]) -> Row {
    Row {
        key: baseline.name.clone(),
        name: baseline.title.clone(),
        axes: BTreeMap::new(),
        negatives: None,
        seeds: None,
        metrics: measures.iter().map(|measure| baseline.metric(measure)).collect(),
        loss: None,
        loss_normalised: None,
    }
}

fn row(
    [key, name]: [String; 2],
    axes: &BTreeMap<String, Value>,
    negatives: Option<usize>,
    planned: usize,
    group: Option<&Group>,
    measures: &[Measure],
) -> Row {
    Row {
        key,
        name,
        axes: axes.clone(),
        negatives,
        seeds: Some((group.map_or(0, Group::seeds), planned)),
        metrics: measures
            .iter()
            .map(|measure| group.and_then(|group| group.metric(measure)))
            .collect(),
        loss: group.and_then(|group| group.training("loss")),
        loss_normalised: group.and_then(|group| group.training("loss_normalised")),
    }
}
