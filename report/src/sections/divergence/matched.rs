//! Every loss and K at the same KL to the reference.

use crate::findings::Findings;
use crate::frontier::{Frontier, Spot};
use crate::grid::{Entry, Grid};
use crate::numbers::{self, NOTHING, plus_minus, quantity};

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
            let mean = frontier.mean(key, Spot::divergence(*level));
            Entry::from(plus_minus(mean, numbers::metric))
        }));
        row
    };
    let keys = frontier.paths.keys().filter(|_| shared.is_some());
    let rows = keys.map(|key| row(*key)).collect();
    let caption = format!(
        "{}: test {metric} where every policy is at the same KL to its reference, interpolated along \
         training linearly in √KL; mean ± half-width of the 95 % t interval over seeds.{}",
        findings.sweep.index.dataset.name,
        shared.and_then(|shared| early(frontier, shared)).unwrap_or_default()
    );
    Grid { name: "matched", caption, header, words: 1, rows }
}

/// Few evaluations early in training make these numbers coarse, which the reader should know.
fn early(frontier: &Frontier, shared: f64) -> Option<String> {
    let (early, all) = frontier.before_first(shared);
    (early > 0).then(|| {
        format!(
            " In {early} of {all} runs even the largest of these KL comes before the first evaluation \
             after the start, so their values lie on the straight line from the reference to it."
        )
    })
}
