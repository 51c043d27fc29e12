//! Every loss and K at the same KL to the reference.

use crate::findings::Findings;
use crate::frontier::{Frontier, Spot};
use crate::grid::{Entry, Grid};
use crate::numbers::{self, NOTHING, plus_minus, quantity};
use crate::reading::{FROM_START_NOTE, start_mark};

/// Levels of the table, as shares of the largest KL that every run reaches.
const SHARES: [f64; 3] = [0.25, 0.5, 1.0];

/// One row per series and K; no rows where some run never leaves its reference.
pub(super) fn table(findings: &Findings, frontier: &Frontier) -> Grid {
    let metric = findings.main_name();
    let shared = frontier.shared_reach();
    let levels: Vec<f64> = shared.iter().flat_map(|far| SHARES.map(|share| share * far)).collect();
    let mut header = findings.sweep.axes.header(["loss", "K", "largest KL"]);
    header.extend(levels.iter().map(|kl| format!("{metric} at KL = {}", quantity(*kl))));
    let row = |key: (usize, usize)| -> Vec<Entry> {
        let mut row = findings.sweep.named_row(key.0);
        row.push(key.1.to_string().into());
        row.push(frontier.reach(key).map_or(NOTHING.to_owned(), quantity).into());
        row.extend(levels.iter().map(|level| {
            let spot = Spot::divergence(*level);
            let mark = start_mark(frontier.is_from_start(key, spot));
            let mean = plus_minus(frontier.mean(key, spot), numbers::metric);
            Entry::from(format!("{mean}{mark}"))
        }));
        row
    };
    let keys = frontier.paths.keys().filter(|_| shared.is_some());
    let rows = keys.map(|key| row(*key)).collect();
    let mut caption = format!(
        "{}: test {metric} where every policy is at the same KL to its reference, interpolated along \
         training linearly in √KL; mean ± half-width of the 95 % t interval over seeds.",
        findings.sweep.index.dataset.name
    );
    let from_start = |key: &(usize, usize)| {
        levels.iter().any(|level| frontier.is_from_start(*key, Spot::divergence(*level)))
    };
    if frontier.paths.keys().any(from_start) {
        caption.push_str(&format!(" {FROM_START_NOTE}"));
    }
    Grid { name: "matched", caption, header, words: findings.sweep.axes.words(), rows }
}
