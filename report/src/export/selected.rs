//! The ranks at validation-selected checkpoints, so that what is reported there can be computed again.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use polars::prelude::*;
use prefsweep_store::RANKS_FILE;

use crate::error::ReportError;
use crate::files::write_parquet;
use crate::findings::Findings;
use crate::frontier::{Frontier, Spot};
use crate::ranks::{TiedRank, read_ranks};
use crate::sweep::Sweep;

/// Name of the file.
const SELECTED_FILE: &str = "selected.parquet";

/// Writes `selected.parquet`: `id`, `by` (`ndcg` or `loss` of validation), `step`, `user`, `rank` and `ties` (test
/// split, full-sort evaluation), for every run of which the selected evaluation is not the last; that is in
/// `ranks.parquet`.
pub(super) fn write(results_dir: &Path, out_dir: &Path) -> Result<PathBuf, ReportError> {
    let findings = Findings::new(Sweep::load(results_dir)?)?;
    let frontier = Frontier::new(&findings)?;
    let mut rows = Vec::new();
    let mut seen = BTreeSet::new();
    for (series, cell) in findings.sweep.cells() {
        let by_seed = frontier.paths.get(&(series, cell.key.negatives));
        let Some(path) = by_seed.and_then(|seeds| seeds.get(&cell.key.seed)) else { continue };
        if !seen.insert(&cell.id) {
            continue;
        }
        let last = path.last().map(|point| point.step);
        let selected = [("ndcg", Spot::SELECTED), ("loss", Spot::SELECTED_BY_LOSS)];
        let steps =
            selected.map(|(by, spot)| (by, spot.of(path).map(|at| path[at.between[0]].step)));
        if steps.iter().all(|(_, step)| step.is_none() || *step == last) {
            continue;
        }
        let ranks = read_ranks(&results_dir.join(&cell.dir).join(RANKS_FILE))?;
        for (by, step) in steps {
            let Some(step) = step.filter(|step| Some(*step) != last) else { continue };
            for one in ranks.get(&(step, "test", findings.protocol)).into_iter().flatten() {
                rows.push(Row { id: &cell.id, by, step, user: one.user, rank: one.rank });
            }
        }
    }
    let path = out_dir.join(SELECTED_FILE);
    // All ranks of a user beside each other, as in `ranks.parquet`.
    rows.sort_by_key(|row| row.user);
    write_parquet(&path, frame(&rows))?;
    Ok(path)
}

/// A rank at a selected checkpoint of a run.
struct Row<'a> {
    id: &'a str,
    by: &'static str,
    step: u32,
    user: u32,
    rank: TiedRank,
}

fn frame(rows: &[Row<'_>]) -> PolarsResult<DataFrame> {
    let rows = || rows.iter();
    df![
        "id" => rows().map(|row| row.id).collect::<Vec<_>>(),
        "by" => rows().map(|row| row.by).collect::<Vec<_>>(),
        "step" => rows().map(|row| row.step).collect::<Vec<_>>(),
        "user" => rows().map(|row| row.user).collect::<Vec<_>>(),
        "rank" => rows().map(|row| row.rank.rank).collect::<Vec<_>>(),
        "ties" => rows().map(|row| row.rank.ties).collect::<Vec<_>>(),
    ]
}
