//! The headline table: popularity, the reference, and every loss at every K.

use std::collections::BTreeSet;

use crate::findings::{Findings, Group, Measure};
use crate::grid::{Entry, Grid};
use crate::numbers::{self, NOTHING, plain, plus_minus, quantity};
use crate::statistics::Estimate;

/// One row before it becomes text.
struct Row {
    name: String,
    negatives: Option<usize>,
    /// Seeds with results, of seeds planned.
    seeds: Option<(usize, usize)>,
    metrics: Vec<Option<Estimate>>,
    loss: Option<Estimate>,
    loss_normalised: Option<Estimate>,
}

/// Test metrics on one protocol; the full ranking also shows the training loss.
pub(crate) fn readable(findings: &Findings, protocol: &str) -> Grid {
    let measures = informative(findings, protocol);
    let rows = rows(findings, &measures);
    let best = best_per_column(&rows, measures.len());
    let with_loss = protocol == "full";
    let mut header = vec!["loss".to_owned(), "K".to_owned(), "seeds".to_owned()];
    header.extend(measures.iter().map(Measure::name));
    if with_loss {
        header.extend(["training loss".to_owned(), "normalised loss".to_owned()]);
    }
    let rows = rows.iter().map(|row| readable_row(row, &best, with_loss)).collect();
    let (name, what) = if with_loss {
        ("headline", "full ranking over all items")
    } else {
        ("headline-candidates", "ranking among the stored candidates")
    };
    let caption = format!(
        "{}: test metrics, {what}; mean ± half-width of the 95 % t interval over seeds.",
        findings.sweep.index.dataset.name
    );
    Grid { name, caption, header, words: 1, rows }
}

fn readable_row(row: &Row, best: &[Option<f64>], with_loss: bool) -> Vec<Entry> {
    let mut entries: Vec<Entry> = vec![
        row.name.clone().into(),
        row.negatives.map_or(NOTHING.to_owned(), |k| k.to_string()).into(),
        match row.seeds {
            None => NOTHING.to_owned(),
            Some((present, planned)) if present == planned => present.to_string(),
            Some((present, planned)) => format!("{present} of {planned}"),
        }
        .into(),
    ];
    for (estimate, best) in row.metrics.iter().zip(best) {
        let bold = estimate.is_some_and(|estimate| Some(estimate.mean) == *best);
        entries.push(Entry { text: plus_minus(*estimate, numbers::metric), bold });
    }
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
    let mut header = vec!["loss".to_owned(), "negatives".to_owned()];
    header.extend(["seeds".to_owned(), "planned_seeds".to_owned()]);
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
            let mut entries: Vec<Entry> = vec![
                row.name.into(),
                count(row.negatives).into(),
                count(row.seeds.map(|(present, _)| present)).into(),
                count(row.seeds.map(|(_, planned)| planned)).into(),
            ];
            for estimate in row.metrics.into_iter().chain([row.loss, row.loss_normalised]) {
                entries.push(plain(estimate.map(|estimate| estimate.mean)).into());
                entries.push(plain(estimate.and_then(|estimate| estimate.half_width)).into());
            }
            entries
        })
        .collect();
    Grid { name: "headline", caption: String::new(), header, words: 1, rows }
}

/// HR and NDCG at every cut-off that tells something on the test split.
///
/// NDCG@1 equals HR@1, and HR at a cut-off as long as the candidate list is 1 for everyone.
fn informative(findings: &Findings, protocol: &str) -> Vec<Measure> {
    let cutoffs: BTreeSet<usize> = findings.sweep.index.cutoffs.iter().copied().collect();
    let measures = ["hr", "ndcg"].into_iter().flat_map(|metric| {
        cutoffs.iter().map(move |cutoff| Measure::new("test", protocol, metric, *cutoff))
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
    let references = findings.references.iter().map(|(_, group)| group);
    let recorded = groups.chain(references).filter_map(|group| group.by_seed(measure));
    recorded
        .flat_map(|by_seed| by_seed.values().copied())
        .chain(findings.popularity.get(measure).copied())
}

fn rows(findings: &Findings, measures: &[Measure]) -> Vec<Row> {
    let mut rows = vec![Row {
        name: "popularity".to_owned(),
        negatives: None,
        seeds: None,
        metrics: measures
            .iter()
            .map(|measure| {
                let value = findings.popularity.get(measure).copied();
                value.and_then(|value| crate::statistics::estimate([value]))
            })
            .collect(),
        loss: None,
        loss_normalised: None,
    }];
    let entries = &findings.sweep.index.references;
    let labels: BTreeSet<String> = entries.iter().map(|entry| entry.label()).collect();
    for label in labels {
        let planned = entries.iter().filter(|entry| entry.label() == label).count();
        let group = findings.references.iter().find(|(known, _)| *known == label);
        rows.push(row(label, None, planned, group.map(|(_, group)| group), measures));
    }
    for (series, known) in findings.sweep.series.iter().enumerate() {
        for negatives in findings.sweep.planned_negatives(series) {
            let planned = findings.sweep.planned(series, negatives);
            let group = findings.groups.get(&(series, negatives));
            rows.push(row(known.label.clone(), Some(negatives), planned, group, measures));
        }
    }
    rows
}

fn row(
    name: String,
    negatives: Option<usize>,
    planned: usize,
    group: Option<&Group>,
    measures: &[Measure],
) -> Row {
    Row {
        name,
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

fn best_per_column(rows: &[Row], columns: usize) -> Vec<Option<f64>> {
    (0..columns)
        .map(|column| {
            rows.iter()
                .filter_map(|row| row.metrics[column].map(|estimate| estimate.mean))
                .max_by(f64::total_cmp)
        })
        .collect()
}
