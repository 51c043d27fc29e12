//! Whose ranking changed: the per-user ranks of the best and the largest K, paired by user.
//!
//! A mean can fall because a few users lose much or because many lose a little; the shares of
//! users whose next item moved down or up tell these apart.

use std::path::Path;

use polars::prelude::*;
use prefsweep_store::{CellEntry, CellStatus, RANKS_FILE};

use crate::comparison::Comparison;
use crate::error::ReportError;
use crate::findings::Findings;
use crate::grid::Grid;
use crate::numbers::NOTHING;
use crate::statistics::{Estimate, estimate};
use crate::sweep::Gap;

/// Shares of test users, over the seeds that have ranks at both K.
struct Moves {
    down: Estimate,
    up: Estimate,
    users: usize,
}

/// One row per series whose best and largest K differ, and what could not be compared.
pub(crate) fn moves(
    findings: &Findings,
    comparisons: &[Comparison],
) -> Result<(Grid, Vec<Gap>), ReportError> {
    let header = findings.sweep.axes.header([
        "loss",
        "best K → largest K",
        "users",
        "next item ranked lower",
        "ranked higher",
        "seeds",
    ]);
    let mut gaps = Vec::new();
    let mut rows = Vec::new();
    for found in comparisons.iter().filter(|found| found.best != found.largest) {
        let Some(moves) = of_series(findings, found, &mut gaps)? else {
            continue;
        };
        let percent = |share: Estimate| match share.half_width {
            Some(half) => format!("{:.1} % ± {:.1}", 100.0 * share.mean, 100.0 * half),
            None => format!("{:.1} %", 100.0 * share.mean),
        };
        let mut row = findings.sweep.row(found.series);
        row.extend([
            format!("{} → {}", found.best, found.largest).into(),
            if moves.users == 0 { NOTHING.to_owned() } else { moves.users.to_string() }.into(),
            percent(moves.down).into(),
            percent(moves.up).into(),
            moves.down.n.to_string().into(),
        ]);
        rows.push(row);
    }
    let caption = format!(
        "{}: share of test users whose next item is ranked lower or higher at the largest K than \
         at the best K (full ranking, end of training, same seed).",
        findings.sweep.index.dataset.name
    );
    let words = findings.sweep.axes.len() + 2;
    Ok((Grid { name: "users", caption, header, words, rows }, gaps))
}

fn of_series(
    findings: &Findings,
    found: &Comparison,
    gaps: &mut Vec<Gap>,
) -> Result<Option<Moves>, ReportError> {
    let (mut down, mut up, mut users) = (Vec::new(), Vec::new(), 0);
    for seed in findings.sweep.seeds() {
        let cell = |negatives: usize| {
            let mut cells = findings.sweep.cells_at(found.series, negatives);
            cells.find(|cell| cell.key.seed == seed && cell.status == CellStatus::Complete)
        };
        let (Some(best), Some(largest)) = (cell(found.best), cell(found.largest)) else {
            continue;
        };
        let Some(best) = last_ranks(findings, best, gaps)? else {
            continue;
        };
        let Some(largest) = last_ranks(findings, largest, gaps)? else {
            continue;
        };
        if let Some((seed_down, seed_up, seed_users)) =
            shares(best, largest).map_err(findings.sweep.grouping())?
        {
            down.push(seed_down);
            up.push(seed_up);
            users = users.max(seed_users);
        }
    }
    Ok(estimate(down).zip(estimate(up)).map(|(down, up)| Moves { down, up, users }))
}

fn last_ranks(
    findings: &Findings,
    cell: &CellEntry,
    gaps: &mut Vec<Gap>,
) -> Result<Option<LazyFrame>, ReportError> {
    let path = findings.sweep.dir.join(&cell.dir).join(RANKS_FILE);
    if !path.exists() {
        let what = format!("ranks of {}", cell.key);
        let gap = Gap { what, reason: format!("{} is not there", path.display()) };
        if !gaps.contains(&gap) {
            gaps.push(gap);
        }
        return Ok(None);
    }
    read_ranks(&path).map(Some).map_err(|error| ReportError::parquet(&path, &error))
}

fn read_ranks(path: &Path) -> PolarsResult<LazyFrame> {
    let text = path.to_string_lossy();
    let arguments = ScanArgsParquet { glob: false, ..Default::default() };
    let test = LazyFrame::scan_parquet(PlRefPath::new(text.as_ref()), arguments)?
        .filter(col("split").eq(lit("test")).and(col("protocol").eq(lit("full"))))
        .select([col("step"), col("user"), col("rank")])
        .collect()?
        .lazy();
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
