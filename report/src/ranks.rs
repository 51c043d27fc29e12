//! Per-user ranks of one cell or reference, read from its Parquet file.

use std::collections::BTreeMap;
use std::path::Path;

use polars::prelude::*;
use prefsweep_store::{PROTOCOLS, SPLITS};

use crate::error::ReportError;

/// An evaluation of one split under one protocol: step, split, protocol.
pub(crate) type Evaluation = (u32, &'static str, &'static str);
/// Rank of every user, in order of users.
pub(crate) type UserRanks = Vec<(u32, f32)>;

/// The rank of one user's held-out item.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct UserRank {
    pub(crate) user: u32,
    /// From 1; half ranks where scores tie.
    pub(crate) rank: f32,
    /// How many items the held-out one is ranked against.
    pub(crate) competitors: u32,
}

/// All ranks of a file, in order of users.
pub(crate) fn read_ranks(path: &Path) -> Result<BTreeMap<Evaluation, Vec<UserRank>>, ReportError> {
    std::fs::File::open(path).map_err(ReportError::read(path))?;
    read(path).map_err(|error| ReportError::parquet(path, &error))
}

/// The last evaluation of `split`, by protocol; of files of every version, which may lack the number of
/// competitors.
pub(crate) fn last_ranks(
    path: &Path,
    split: &str,
) -> Result<BTreeMap<&'static str, UserRanks>, ReportError> {
    std::fs::File::open(path).map_err(ReportError::read(path))?;
    read_last(path, split).map_err(|error| ReportError::parquet(path, &error))
}

fn read_last(path: &Path, split: &str) -> PolarsResult<BTreeMap<&'static str, UserRanks>> {
    let columns = ["step", "protocol", "user", "rank"].map(col);
    let frame =
        scan_parquet(path)?.filter(col("split").eq(lit(split))).select(columns).collect()?;
    let (step, user) = (frame.column("step")?.u32()?, frame.column("user")?.u32()?);
    let (protocol, rank) = (frame.column("protocol")?.str()?, frame.column("rank")?.f32()?);
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
            ranks.push((user, not_null("rank", row, rank.get(row))?));
        }
    }
    let sorted = found.into_iter().map(|(protocol, (_, mut ranks))| {
        ranks.sort_by_key(|(user, _)| *user);
        (protocol, ranks)
    });
    Ok(sorted.collect())
}

fn read(path: &Path) -> PolarsResult<BTreeMap<Evaluation, Vec<UserRank>>> {
    let frame = read_parquet(path)?;
    let (step, user) = (frame.column("step")?.u32()?, frame.column("user")?.u32()?);
    let (split, protocol) = (frame.column("split")?.str()?, frame.column("protocol")?.str()?);
    let (rank, against) = (frame.column("rank")?.f32()?, frame.column("competitors")?.u32()?);
    let mut found: BTreeMap<Evaluation, Vec<UserRank>> = BTreeMap::new();
    for row in 0..frame.height() {
        let at = (
            not_null("step", row, step.get(row))?,
            word("split", row, split.get(row), &SPLITS)?,
            word("protocol", row, protocol.get(row), &PROTOCOLS)?,
        );
        found.entry(at).or_default().push(UserRank {
            user: not_null("user", row, user.get(row))?,
            rank: not_null("rank", row, rank.get(row))?,
            competitors: not_null("competitors", row, against.get(row))?,
        });
    }
    for ranks in found.values_mut() {
        ranks.sort_by_key(|one| one.user);
    }
    Ok(found)
}

/// A whole Parquet file.
pub(crate) fn read_parquet(path: &Path) -> PolarsResult<DataFrame> {
    scan_parquet(path)?.collect()
}

/// A Parquet file; the path is taken literally.
pub(crate) fn scan_parquet(path: &Path) -> PolarsResult<LazyFrame> {
    let text = path.to_string_lossy();
    let arguments = ScanArgsParquet { glob: false, ..Default::default() };
    LazyFrame::scan_parquet(PlRefPath::new(text.as_ref()), arguments)
}

/// A value that must be there.
pub(crate) fn not_null<T>(column: &str, row: usize, value: Option<T>) -> PolarsResult<T> {
    value.ok_or_else(|| polars_err!(ComputeError: "row {}: `{column}` is empty", row + 1))
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
        polars_err!(ComputeError: "row {}: `{value}` in column `{column}` is not one of {allowed}", row + 1)
    })
}
