//! Reading the ranks of an entry.

use std::fs;
use std::path::Path;

use polars::prelude::*;
use prefsweep_parquet::Table;

use crate::error::{StoreError, at};
use crate::files::RANKS_COLUMNS;

/// The rank of one user's held-out item at one evaluation.
#[derive(Clone, Debug, PartialEq)]
pub struct RankRow {
    /// Step of the evaluation.
    pub step: u32,
    /// Which held-out item.
    pub split: String,
    /// Against which competitors.
    pub protocol: String,
    /// The user.
    pub user: u32,
    /// Expected rank, from 1.
    pub rank: f32,
    /// Items that the held-out one is ranked against.
    pub competitors: u32,
    /// How many of them have exactly its score.
    pub ties: u32,
}

/// The rows of a table of ranks, in its order; None where it is no such table, or of a version without ties.
///
/// # Errors
/// When the file cannot be read.
pub fn read_rank_rows(path: &Path) -> Result<Option<Vec<RankRow>>, StoreError> {
    let bytes = fs::read(path).map_err(at(path))?;
    let frame = Table::new(bytes).and_then(|file| file.read(None));
    Ok(frame.and_then(|frame| rows(&frame)).ok())
}

fn rows(frame: &DataFrame) -> PolarsResult<Vec<RankRow>> {
    let [step, split, protocol, user, rank, competitors, ties] = RANKS_COLUMNS;
    let whole = |name: &str| frame.column(name)?.u32();
    let (step, user) = (whole(step)?, whole(user)?);
    let (competitors, ties) = (whole(competitors)?, whole(ties)?);
    let (split, protocol) = (frame.column(split)?.str()?, frame.column(protocol)?.str()?);
    let rank = frame.column(rank)?.f32()?;
    let row = |at: usize| {
        Some(RankRow {
            step: step.get(at)?,
            split: split.get(at)?.to_owned(),
            protocol: protocol.get(at)?.to_owned(),
            user: user.get(at)?,
            rank: rank.get(at)?,
            competitors: competitors.get(at)?,
            ties: ties.get(at)?,
        })
    };
    let rows: Option<Vec<RankRow>> = (0..frame.height()).map(row).collect();
    rows.ok_or_else(|| polars_err!(ComputeError: "a value is missing"))
}
