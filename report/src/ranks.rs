//! Per-user ranks of one cell or reference, read from its Parquet file.

use std::collections::BTreeMap;
use std::path::Path;

use polars::prelude::*;
use prefsweep_parquet::Table;
use prefsweep_store::{PROTOCOLS, SPLITS};

use crate::error::{ROW, ReportError};
use crate::rows::rows_with;
use crate::statistics::UserMetric;

/// An evaluation of one split under one protocol: step, split, protocol.
pub(crate) type Evaluation = (u32, &'static str, &'static str);
/// Rank of every user, in order of users.
pub(crate) type UserRanks = Vec<(u32, TiedRank)>;

/// A rank and how many items share it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct TiedRank {
    /// Expected rank from 1; half ranks where an odd number of scores tie.
    pub(crate) rank: f32,
    /// Items with exactly the score of the held-out one; none in files of before they were counted.
    pub(crate) ties: Option<u32>,
}

impl TiedRank {
    /// Of a row of a table.
    pub(crate) fn read(row: usize, rank: Option<f32>, ties: Option<u32>) -> PolarsResult<Self> {
        let rank = not_null("rank", row, rank)?;
        // The first of the places that they share is at least the first of all.
        if ties.is_some_and(|ties| f64::from(ties) > 2.0 * (f64::from(rank) - 1.0)) {
            let ties = ties.unwrap_or_default();
            polars_bail!(
                ComputeError: "{ROW}{}: {ties} ties at the expected rank {rank}, allowed up to 2 (rank - 1)",
                row + 1
            );
        }
        Ok(Self { rank, ties })
    }

    /// What it is worth; where ties were not counted, as at the expected rank, as the metrics of such files are.
    pub(crate) fn worth(self, metric: UserMetric) -> f64 {
        metric.of(self.rank, self.ties.unwrap_or(0))
    }
}

/// The rank of one user's held-out item.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct UserRank {
    pub(crate) user: u32,
    pub(crate) rank: TiedRank,
    /// How many items the held-out one is ranked against.
    pub(crate) competitors: u32,
}

/// All ranks of a file, in order of users.
pub(crate) fn read_ranks(path: &Path) -> Result<BTreeMap<Evaluation, Vec<UserRank>>, ReportError> {
    read(path).map_err(|error| ReportError::parquet(path, &error))
}

/// The last evaluation of `split`, by protocol; of files of every version, which may lack the number of
/// competitors.
pub(crate) fn last_ranks(
    path: &Path,
    split: &str,
) -> Result<BTreeMap<&'static str, UserRanks>, ReportError> {
    read_last(path, split).map_err(|error| ReportError::parquet(path, &error))
}

fn read_last(path: &Path, split: &str) -> PolarsResult<BTreeMap<&'static str, UserRanks>> {
    let frame = rows_with(&ranks_with_ties(path)?, &[("split", split)])?;
    let (step, user) = (frame.column("step")?.u32()?, frame.column("user")?.u32()?);
    let (protocol, rank) = (frame.column("protocol")?.str()?, frame.column("rank")?.f32()?);
    let ties = frame.column("ties")?.u32()?;
    let mut found: BTreeMap<&'static str, (u32, UserRanks)> = BTreeMap::new();
    for row in 0..frame.height() {
        let at = not_null("step", row, step.get(row))?;
        let protocol = word("protocol", row, protocol.get(row), &PROTOCOLS)?;
        let (last, ranks) = found.entry(protocol).or_insert((at, Vec::new()));
        if at > *last {
            (*last, *ranks) = (at, Vec::new());
        }
        if at == *last {
            let user = not_null("user", row, user.get(row))?;
            ranks.push((user, TiedRank::read(row, rank.get(row), ties.get(row))?));
        }
    }
    let sorted = found.into_iter().map(|(protocol, (_, mut ranks))| {
        ranks.sort_by_key(|(user, _)| *user);
        (protocol, ranks)
    });
    Ok(sorted.collect())
}

fn read(path: &Path) -> PolarsResult<BTreeMap<Evaluation, Vec<UserRank>>> {
    let frame = ranks_with_ties(path)?;
    let (step, user) = (frame.column("step")?.u32()?, frame.column("user")?.u32()?);
    let (split, protocol) = (frame.column("split")?.str()?, frame.column("protocol")?.str()?);
    let (rank, against) = (frame.column("rank")?.f32()?, frame.column("competitors")?.u32()?);
    let ties = frame.column("ties")?.u32()?;
    let mut found: BTreeMap<Evaluation, Vec<UserRank>> = BTreeMap::new();
    for row in 0..frame.height() {
        let at = (
            not_null("step", row, step.get(row))?,
            word("split", row, split.get(row), &SPLITS)?,
            word("protocol", row, protocol.get(row), &PROTOCOLS)?,
        );
        found.entry(at).or_default().push(UserRank {
            user: not_null("user", row, user.get(row))?,
            rank: TiedRank::read(row, rank.get(row), ties.get(row))?,
            competitors: not_null("competitors", row, against.get(row))?,
        });
    }
    for ranks in found.values_mut() {
        ranks.sort_by_key(|one| one.user);
    }
    Ok(found)
}

/// Ranks with a column `ties`, which is empty where the file has none.
pub(crate) fn ranks_with_ties(path: &Path) -> PolarsResult<DataFrame> {
    let mut frame = read_parquet(path)?;
    if !frame.schema().contains("ties") {
        let none = Column::full_null("ties".into(), frame.height(), &DataType::UInt32);
        frame.with_column(none)?;
    }
    Ok(frame)
}

/// A whole Parquet file.
pub(crate) fn read_parquet(path: &Path) -> PolarsResult<DataFrame> {
    Table::new(std::fs::read(path)?)?.read(None)
}

/// A value that must be there.
pub(crate) fn not_null<T>(column: &str, row: usize, value: Option<T>) -> PolarsResult<T> {
    value.ok_or_else(|| polars_err!(ComputeError: "{ROW}{}: `{column}` is empty", row + 1))
}

/// One of a few words.
pub(crate) fn word(
    column: &str,
    row: usize,
    value: Option<&str>,
    allowed: &[&'static str],
) -> PolarsResult<&'static str> {
    let value = not_null(column, row, value)?;
    allowed.iter().find(|word| **word == value).copied().ok_or_else(|| {
        let allowed = allowed.join(", ");
        polars_err!(ComputeError: "{ROW}{}: `{value}` in column `{column}` is not one of {allowed}", row + 1)
    })
}
