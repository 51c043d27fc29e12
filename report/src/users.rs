//! Per-user changes: the ranks at K* and at the largest K, paired by user.
//!
//! A mean can fall because a few users lose much or because many lose a little; the shares of
//! users whose held-out item moved down or up tell these apart.

use std::path::Path;

use polars::prelude::*;
use prefsweep_store::{CellEntry, CellStatus, RANKS_FILE};

use crate::error::ReportError;
use crate::findings::Findings;
use crate::names::cell_name;
use crate::ranks::read_parquet;
use crate::statistics::{Estimate, estimate};
use crate::sweep::Gap;
use crate::verdict::Verdicts;

/// Shares of test users whose held-out item moved from K* to the largest K, over the seeds that have
/// ranks at both.
pub(crate) struct UserChanges {
    pub(crate) series: usize,
    /// K*.
    pub(crate) best: usize,
    pub(crate) largest: usize,
    pub(crate) down: Estimate,
    pub(crate) up: Estimate,
    pub(crate) users: usize,
}

/// One per series whose K* and largest K differ, and what could not be compared.
pub(crate) fn changes(
    findings: &Findings,
    verdicts: &Verdicts,
) -> Result<(Vec<UserChanges>, Vec<Gap>), ReportError> {
    let mut gaps = Vec::new();
    let mut found = Vec::new();
    for (series, loss) in verdicts.losses.iter().enumerate() {
        if let Some((best, largest)) = loss.best_k.zip(loss.largest_k)
            && best != largest
        {
            found.extend(of_series(findings, series, [best, largest], &mut gaps)?);
        }
    }
    Ok((found, gaps))
}

fn of_series(
    findings: &Findings,
    series: usize,
    [best, largest]: [usize; 2],
    gaps: &mut Vec<Gap>,
) -> Result<Option<UserChanges>, ReportError> {
    let (mut down, mut up, mut users) = (Vec::new(), Vec::new(), 0);
    for seed in findings.sweep.seeds() {
        let cell = |negatives: usize| {
            let mut cells = findings.sweep.cells_at(series, negatives);
            cells.find(|cell| cell.key.seed == seed && cell.status == CellStatus::Complete)
        };
        let (Some(before), Some(after)) = (cell(best), cell(largest)) else {
            continue;
        };
        let Some(before) = last_ranks(findings, before, gaps)? else {
            continue;
        };
        let Some(after) = last_ranks(findings, after, gaps)? else {
            continue;
        };
        if let Some((seed_down, seed_up, seed_users)) =
            shares(before, after).map_err(findings.sweep.grouping())?
        {
            down.push(seed_down);
            up.push(seed_up);
            users = users.max(seed_users);
        }
    }
    let shares = estimate(down).zip(estimate(up));
    Ok(shares.map(|(down, up)| UserChanges { series, best, largest, down, up, users }))
}

fn last_ranks(
    findings: &Findings,
    cell: &CellEntry,
    gaps: &mut Vec<Gap>,
) -> Result<Option<LazyFrame>, ReportError> {
    let path = findings.sweep.dir.join(&cell.dir).join(RANKS_FILE);
    if !path.exists() {
        let what = format!("ranks of {}", cell_name(&cell.key));
        let gap = Gap { what, reason: format!("{} is not there", path.display()) };
        if !gaps.contains(&gap) {
            gaps.push(gap);
        }
        return Ok(None);
    }
    read_ranks(&path, findings.protocol)
        .map(Some)
        .map_err(|error| ReportError::parquet(&path, &error))
}

fn read_ranks(path: &Path, protocol: &str) -> PolarsResult<LazyFrame> {
    let test = read_parquet(path)?
        .lazy()
        .filter(col("split").eq(lit("test")).and(col("protocol").eq(lit(protocol))))
        .select([col("step"), col("user"), col("rank")]);
    let test = test.collect()?.lazy();
    Ok(test.filter(col("step").eq(col("step").max())).select([col("user"), col("rank")]))
}

fn shares(best: LazyFrame, largest: LazyFrame) -> PolarsResult<Option<(f64, f64, usize)>> {
    let largest = largest.select([col("user"), col("rank").alias("later")]);
    let joined = best.inner_join(largest, col("user"), col("user"));
    let share = |moved: Expr, name: &str| moved.cast(DataType::Float64).mean().alias(name);
    let frame = joined
        .select([
            share(col("later").gt(col("rank")), "down"),
            share(col("later").lt(col("rank")), "up"),
            len().cast(DataType::UInt64).alias("users"),
        ])
        .collect()?;
    let down = frame.column("down")?.f64()?.get(0);
    let up = frame.column("up")?.f64()?.get(0);
    let users = frame.column("users")?.u64()?.get(0).unwrap_or(0) as usize;
    Ok(down.zip(up).map(|(down, up)| (down, up, users)))
}
