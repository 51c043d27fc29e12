//! Every loss and K at the validation-selected checkpoint.

use crate::findings::Findings;
use crate::frontier::{Frontier, Spot};
use crate::grid::{Entry, Grid};
use crate::numbers::{self, plus_minus};

/// One row per series and K, beside the end of training.
pub(super) fn table(findings: &Findings, frontier: &Frontier) -> Grid {
    let metric = findings.main_name();
    let header = findings.sweep.axes.header([
        "loss",
        "K",
        "selected steps",
        &format!("test {metric} there"),
        "at the end",
    ]);
    let row = |key: (usize, usize)| -> Vec<Entry> {
        let paths = frontier.paths[&key].values();
        let steps: Vec<String> = paths
            .filter_map(|path| Some(path[Spot::SELECTED.of(path)?.between[0]].step.to_string()))
            .collect();
        let mean = |spot| Entry::from(plus_minus(frontier.mean(key, spot), numbers::metric));
        let mut row = findings.sweep.named_row(key.0);
        row.extend([key.1.to_string(), steps.join(", ")].map(Entry::from));
        row.extend([mean(Spot::SELECTED), mean(Spot::END)]);
        row
    };
    let caption = format!(
        "{}: test {metric} at the evaluation of each run with the best validation {metric} (step 0 is \
         the reference), beside the end of training; mean ± half-width of the 95 % t interval over \
         seeds.",
        findings.sweep.index.dataset.name
    );
    let rows = frontier.paths.keys().map(|key| row(*key)).collect();
    Grid { name: "selected", caption, header, words: 1, rows }
}
