//! The tables beside the frontier: at equal divergence, and at the checkpoint that validation picks.

use crate::findings::Findings;
use crate::frontier::{Frontier, Spot};
use crate::grid::{Entry, Grid};
use crate::numbers::{self, NOTHING, difference, plain, plus_minus, quantity};

/// Levels of the table, as shares of the largest divergence that every cell reaches.
const SHARES: [f64; 3] = [0.25, 0.5, 1.0];

/// Every loss and K where all are equally far from the reference.
pub(crate) fn matched(findings: &Findings, frontier: &Frontier) -> Grid {
    let metric = findings.main_name();
    let shared = frontier.shared_reach();
    let levels: Vec<f64> =
        shared.map(|far| SHARES.map(|share| share * far).to_vec()).unwrap_or_default();
    let mut header = findings.sweep.axes.header(["loss", "K", "largest KL"]);
    header.extend(levels.iter().map(|kl| format!("{metric} at KL = {}", quantity(*kl))));
    header.extend(["− reference [95 %]".to_owned(), "− smallest K [95 %]".to_owned()]);
    let mut rows = Vec::new();
    if let Some(shared) = shared {
        let spot = Spot::divergence(shared);
        for key @ (series, negatives) in frontier.paths.keys().copied() {
            let smallest = frontier.paths.range((series, 0)..).next().map(|(key, _)| *key);
            let mut row = findings.sweep.row(series);
            row.extend([
                negatives.to_string().into(),
                frontier.reach(key).map_or(NOTHING.to_owned(), quantity).into(),
            ]);
            row.extend(levels.iter().map(|level| {
                Entry::from(plus_minus(
                    frontier.mean(key, Spot::divergence(*level)),
                    numbers::metric,
                ))
            }));
            let reference = crate::statistics::paired_difference(
                &frontier.by_seed(key, spot),
                &frontier.start(key),
            );
            row.push(difference(reference, numbers::metric).into());
            let few = smallest.filter(|smallest| *smallest != key);
            let few = few.and_then(|few| frontier.difference((key, spot), (few, spot)));
            row.push(difference(few, numbers::metric).into());
            rows.push(row);
        }
    }
    // Few evaluations early in training make these numbers coarse, which the reader should know.
    let early = shared.map(|shared| frontier.before_first(shared)).filter(|(early, _)| *early > 0);
    let early = early.map(|(early, all)| {
        format!(
            " In {early} of {all} cells even that divergence comes before the first evaluation \
             after the start, so their values lie on the straight line from the reference to it."
        )
    });
    let caption = format!(
        "{}: test {metric} where every policy is equally far from its reference, read along \
         training linearly in √KL; differences at the largest of these divergences, paired by \
         seed.{}",
        findings.sweep.index.dataset.name,
        early.unwrap_or_default()
    );
    Grid { name: "matched", caption, header, words: 1, rows }
}

/// Every loss and K at the evaluation with the best validation measure, beside the end.
pub(crate) fn picked(findings: &Findings, frontier: &Frontier) -> Grid {
    let metric = findings.main_name();
    let header = findings.sweep.axes.header([
        "loss",
        "K",
        "steps picked",
        &format!("test {metric} there"),
        "at the end",
        "picked − end [95 %]",
        "picked − reference [95 %]",
    ]);
    let row = |key: (usize, usize)| -> Vec<Entry> {
        let paths = frontier.paths[&key].values();
        let steps: Vec<String> = paths
            .filter_map(|path| Some(path[Spot::SELECTED.of(path)?.between[0]].step.to_string()))
            .collect();
        let reference = crate::statistics::paired_difference(
            &frontier.by_seed(key, Spot::SELECTED),
            &frontier.start(key),
        );
        let mut row = findings.sweep.row(key.0);
        row.extend([
            key.1.to_string().into(),
            steps.join(", ").into(),
            plus_minus(frontier.mean(key, Spot::SELECTED), numbers::metric).into(),
            plus_minus(frontier.mean(key, Spot::END), numbers::metric).into(),
            difference(
                frontier.difference((key, Spot::SELECTED), (key, Spot::END)),
                numbers::metric,
            )
            .into(),
            difference(reference, numbers::metric).into(),
        ]);
        row
    };
    let caption = format!(
        "{}: test {metric} at the evaluation of each cell with the best validation {metric} (step 0 \
         is the reference), beside the end of training; differences paired by seed.",
        findings.sweep.index.dataset.name
    );
    let rows = frontier.paths.keys().map(|key| row(*key)).collect();
    Grid { name: "picked", caption, header, words: 1, rows }
}

/// Every path in plain numbers.
pub(crate) fn paths(findings: &Findings, frontier: &Frontier) -> Grid {
    let measure = format!("ndcg@{}", findings.cutoff);
    let mut header = findings.sweep.axes.header(["loss", "negatives", "seed", "step", "kl"]);
    header.extend([format!("test_{measure}"), format!("validation_{measure}")]);
    let mut rows = Vec::new();
    for ((series, negatives), seeds) in &frontier.paths {
        for (seed, path) in seeds {
            for point in path {
                let mut row = findings.sweep.row(*series);
                row.extend([
                    negatives.to_string().into(),
                    seed.to_string().into(),
                    point.step.to_string().into(),
                    plain(Some(point.kl)).into(),
                    plain(Some(point.test)).into(),
                    plain(Some(point.validation)).into(),
                ]);
                rows.push(row);
            }
        }
    }
    Grid { name: "frontier", caption: String::new(), header, words: 1, rows }
}
