//! Exported ranks: rows in any order, each with all that says of which run it is.

use std::collections::HashMap;
use std::path::Path;

use polars::prelude::*;
use prefsweep_store::PROTOCOLS;

use super::cells::RankedCell;
use crate::error::{ROW, ReportError};
use crate::ranks::{TiedRank, not_null, ranks_with_ties, word};

/// What every row of a run says of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct RunRow<'a> {
    pub(super) id: &'a str,
    pub(super) loss: &'a str,
    /// None for a reference.
    pub(super) negatives: Option<usize>,
    pub(super) seed: u64,
    /// The column that says the rest, which depends on the format.
    pub(super) name: &'a str,
}

/// All runs of a file on so many items; `name` is the column that says what they are, as `run` reads it.
pub(super) fn read_runs(
    path: &Path,
    name: &str,
    items: usize,
    run: impl Fn(&RunRow<'_>) -> serde_json::Result<RankedCell>,
) -> Result<Vec<RankedCell>, ReportError> {
    ranks_with_ties(path)
        .and_then(|frame| runs(&frame, name, items, run))
        .map_err(|error| ReportError::parquet(path, &error))
}

fn runs(
    frame: &DataFrame,
    name: &str,
    items: usize,
    run: impl Fn(&RunRow<'_>) -> serde_json::Result<RankedCell>,
) -> PolarsResult<Vec<RankedCell>> {
    let words = |name: &str| frame.column(name)?.str();
    let (id, loss, names) = (words("id")?, words("loss")?, words(name)?);
    let (protocol, seed) = (words("protocol")?, frame.column("seed")?.u64()?);
    let (k, user) = (frame.column("K")?.u32()?, frame.column("user")?.u32()?);
    let (rank, ties) = (frame.column("rank")?.f32()?, frame.column("ties")?.u32()?);
    let mut cells: Vec<RankedCell> = Vec::new();
    let mut places: HashMap<RunRow<'_>, usize> = HashMap::new();
    for row in 0..frame.height() {
        let this = RunRow {
            id: not_null("id", row, id.get(row))?,
            loss: not_null("loss", row, loss.get(row))?,
            negatives: k.get(row).map(|k| k as usize),
            seed: not_null("seed", row, seed.get(row))?,
            name: not_null(name, row, names.get(row))?,
        };
        let place = match places.get(&this) {
            Some(place) => *place,
            None => {
                cells.push(run(&this).map_err(|_| {
                    polars_err!(ComputeError: "{ROW}{}: `{}` in column `{name}` names no run", row + 1, this.name)
                })?);
                places.insert(this, cells.len() - 1);
                cells.len() - 1
            }
        };
        let protocol = word("protocol", row, protocol.get(row), &PROTOCOLS)?;
        let user = not_null("user", row, user.get(row))?;
        let rank = TiedRank::read(row, rank.get(row), ties.get(row))?;
        if !(1.0..=items.max(1) as f32).contains(&rank.rank) {
            polars_bail!(
                ComputeError: "{ROW}{}: found the rank {}, allowed 1 to {items}, the number of items",
                row + 1,
                rank.rank
            );
        }
        cells[place].ranks.entry(protocol).or_default().push((user, rank));
    }
    for cell in &mut cells {
        for (protocol, ranks) in &mut cell.ranks {
            ranks.sort_by_key(|(user, _)| *user);
            if let Some(pair) = ranks.windows(2).find(|pair| pair[0].0 == pair[1].0) {
                let (user, id) = (pair[0].0, &cell.id);
                polars_bail!(Duplicate: "user {user} has two {protocol} ranks in run {id}, allowed one");
            }
        }
    }
    Ok(cells)
}
