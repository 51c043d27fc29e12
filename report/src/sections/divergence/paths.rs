//! Every path through KL and ranking.

use crate::findings::Findings;
use crate::frontier::Frontier;
use crate::grid::Grid;
use crate::numbers::plain;

/// One row per evaluation, in plain numbers.
pub(super) fn table(findings: &Findings, frontier: &Frontier) -> Grid {
    let measure = format!("ndcg@{}", findings.cutoff);
    let mut header = findings.sweep.axes.header(["loss", "negatives", "seed", "step", "kl"]);
    header.extend([format!("test_{measure}"), format!("validation_{measure}")]);
    header.push("validation_loss".to_owned());
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
                    plain(point.validation_loss).into(),
                ]);
                rows.push(row);
            }
        }
    }
    Grid { name: "frontier", caption: String::new(), header, words: 1, rows }
}
