//! Every loss and K at the validation-selected checkpoint.

use std::collections::BTreeSet;

use crate::findings::Findings;
use crate::frontier::{Frontier, Spot};
use crate::grid::{Entry, Grid};
use crate::numbers::{self, plus_minus};
use crate::verdict::CONTROL;

/// One row per series and K, beside the end of training; by validation loss where it was recorded.
pub(super) fn table(findings: &Findings, frontier: &Frontier) -> Grid {
    let metric = findings.main_name();
    let recorded = frontier.paths.keys().any(|key| !steps(frontier, *key, BY_LOSS).is_empty());
    let selections: &[Spot] = if recorded { &[Spot::SELECTED, BY_LOSS] } else { &[Spot::SELECTED] };
    let mut header = findings.sweep.axes.header(["loss", "K"]);
    for (steps, _) in ["selected steps", "steps selected by loss"].into_iter().zip(selections) {
        header.extend([steps.to_owned(), format!("test {metric} there")]);
    }
    header.push("at the end".to_owned());
    let row = |key: (usize, usize)| -> Vec<Entry> {
        let mean = |spot| Entry::from(plus_minus(frontier.mean(key, spot), numbers::metric));
        let mut row = findings.sweep.named_row(key.0);
        row.push(key.1.to_string().into());
        for selection in selections {
            row.extend([steps(frontier, key, *selection).into(), mean(*selection)]);
        }
        row.push(mean(Spot::END));
        row
    };
    let (unchanged, runs) = at_start(findings, frontier);
    let by_loss = match recorded {
        true => ", and with the lowest validation loss, as preference trainers select it",
        false => "",
    };
    let caption = format!(
        "{}: test {metric} at the evaluation of each run with the best validation {metric}{by_loss} \
         (step 0 is the reference), beside the end of training; mean ± half-width of the 95 % t \
         interval over seeds. In {unchanged} of {runs} runs the best validation {metric} is that of step 0: between two such \
         runs there is no difference to find.",
        findings.sweep.index.dataset.name
    );
    let rows = frontier.paths.keys().map(|key| row(*key)).collect();
    Grid { name: "selected", caption, header, words: findings.sweep.axes.words(), rows }
}

/// How many runs validation selects at step 0, of how many; a control is one run whatever K.
fn at_start(findings: &Findings, frontier: &Frontier) -> (usize, usize) {
    let mut controls = BTreeSet::new();
    let mut found = (0, 0);
    for ((series, _), seeds) in &frontier.paths {
        if findings.sweep.series[*series].key.loss.name == CONTROL && !controls.insert(*series) {
            continue;
        }
        let selected =
            seeds.values().filter_map(|path| Some(path[Spot::SELECTED.of(path)?.between[0]].step));
        for step in selected {
            found.0 += usize::from(step == 0);
            found.1 += 1;
        }
    }
    found
}

const BY_LOSS: Spot = Spot::SELECTED_BY_LOSS;

/// The step of every seed, where one is selected.
fn steps(frontier: &Frontier, key: (usize, usize), selection: Spot) -> String {
    let paths = frontier.paths[&key].values();
    let steps =
        paths.filter_map(|path| Some(path[selection.of(path)?.between[0]].step.to_string()));
    steps.collect::<Vec<_>>().join(", ")
}
