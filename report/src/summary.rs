//! The plain summary at the top of the report, written from the numbers and from nothing else.

use crate::comparison::Comparison;
use crate::findings::Findings;
use crate::grid::markdown_escape;
use crate::numbers::{self, difference, plus_minus, quantity};
use crate::statistics::{Change, Estimate};

/// One paragraph over all series, then one sentence group per series.
pub(crate) fn summary(findings: &Findings, comparisons: &[Comparison]) -> String {
    if comparisons.is_empty() {
        return "No cell has results on the validation and test splits yet, so nothing can be \
                said about the question.\n"
            .to_owned();
    }
    let mut text = overview(findings, comparisons);
    text.push_str("\n\n");
    for found in comparisons {
        text.push_str(&format!("- {}\n", of_series(findings, found)));
    }
    text
}

fn overview(findings: &Findings, comparisons: &[Comparison]) -> String {
    let metric = findings.main_name();
    let named = |wanted: &dyn Fn(&Comparison) -> bool| {
        let labels: Vec<String> = comparisons
            .iter()
            .filter(|found| wanted(found))
            .map(|found| format!("**{}**", markdown_escape(&found.label)))
            .collect();
        list(&labels)
    };
    let mut sentences = vec![format!(
        "For each loss the best number of negatives K is the one with the highest *validation* \
         {metric} at the end of training; the numbers here are measured on the *test* split."
    )];
    let changes = [
        (Change::Falls, "falls"),
        (Change::Rises, "rises"),
        (Change::Unclear, "shows no clear change"),
    ];
    let readings: Vec<String> = changes
        .into_iter()
        .filter_map(|(change, verb)| {
            let labels = named(&|found| found.metric_change() == Some(change))?;
            Some(format!("{verb} for {labels}"))
        })
        .collect();
    if !readings.is_empty() {
        sentences.push(format!(
            "From the best to the largest K, test {metric} {}.",
            readings.join("; it ")
        ));
    }
    if let Some(labels) = named(&|found| found.metric_change() == Some(Change::Untested)) {
        sentences.push(format!(
            "For {labels} fewer than two seeds allow the comparison, so no change is claimed."
        ));
    }
    if let Some(labels) = named(&|found| found.best == found.largest) {
        sentences.push(format!(
            "For {labels} validation picks the largest K that has results, so there is no larger \
             one to compare with."
        ));
    }
    if let Some(labels) = named(&Comparison::collapses) {
        sentences.push(format!(
            "Both signs of collapse, ranking that falls while normalised training loss falls, \
             appear together for {labels}."
        ));
    } else if comparisons.iter().any(|found| found.metric_change() == Some(Change::Falls)) {
        sentences.push(
            "For no loss does ranking fall while normalised training loss clearly falls."
                .to_owned(),
        );
    }
    sentences.join(" ")
}

fn of_series(findings: &Findings, found: &Comparison) -> String {
    let metric = findings.main_name();
    let label = markdown_escape(&found.label);
    let seeds = found.metric_at_best.map_or(0, |estimate| estimate.n);
    let mut sentences = vec![format!(
        "**{label}**: best K = {} with test {metric} {} ({}).",
        found.best,
        plus_minus(found.metric_at_best, numbers::metric),
        plural(seeds, "seed"),
    )];
    if found.best != found.largest {
        sentences.push(format!(
            "At the largest K = {} it is {}; paired difference {}: {}.",
            found.largest,
            plus_minus(found.metric_at_largest, numbers::metric),
            difference(found.metric_difference, numbers::metric),
            found.metric_change().map_or("no seed in common", Change::word),
        ));
        sentences.push(format!(
            "Normalised training loss is {} at K = {} and {} at K = {}; paired difference {}: {}.",
            plus_minus(found.loss_at_best, quantity),
            found.best,
            plus_minus(found.loss_at_largest, quantity),
            found.largest,
            difference(found.loss_difference, quantity),
            found.loss_change().map_or("not comparable", Change::word),
        ));
    } else {
        sentences.push(format!(
            "That is also the largest K with results; normalised training loss is {}.",
            plus_minus(found.loss_at_best, quantity),
        ));
    }
    sentences.push(against_reference(found));
    if let Some(unreached) = found.unreached {
        sentences.push(format!("K = {unreached} was planned and has no results."));
    }
    sentences.join(" ")
}

fn against_reference(found: &Comparison) -> String {
    let at = |negatives: usize, estimate: Estimate| {
        let verdict = match estimate.change() {
            Change::Rises => "above the reference",
            Change::Falls => "below the reference",
            Change::Unclear => "not clearly different from the reference",
            Change::Untested => "not tested against the reference",
        };
        format!("K = {negatives} is {verdict} ({})", difference(Some(estimate), numbers::metric))
    };
    let best = found.reference_at_best.map(|estimate| at(found.best, estimate));
    let largest = found
        .reference_at_largest
        .filter(|_| found.best != found.largest)
        .map(|estimate| at(found.largest, estimate));
    match (best, largest) {
        (Some(best), Some(largest)) => format!("{best}, {largest}."),
        (Some(one), None) | (None, Some(one)) => format!("{one}."),
        (None, None) => "The reference has no results to compare with.".to_owned(),
    }
}

/// `a`, `a and b`, `a, b and c`; none for an empty list.
pub(crate) fn list(words: &[String]) -> Option<String> {
    match words {
        [] => None,
        [only] => Some(only.clone()),
        [first @ .., last] => Some(format!("{} and {last}", first.join(", "))),
    }
}

/// `1 seed`, `3 seeds`.
pub(crate) fn plural(count: usize, word: &str) -> String {
    if count == 1 { format!("1 {word}") } else { format!("{count} {word}s") }
}
