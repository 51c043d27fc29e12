//! Per-user changes: the ranks at K* and at the largest K, paired by user.
//!
//! A mean can fall because a few users lose much or because many lose a little; the shares of
//! users whose held-out item moved down or up tell these apart.

use std::collections::HashMap;

use prefsweep_store::{CellEntry, CellStatus, RANKS_FILE};

use crate::error::ReportError;
use crate::findings::Findings;
use crate::names::cell_name;
use crate::ranks::{UserRanks, last_ranks};
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
        let Some(before) = test_ranks(findings, before, gaps)? else {
            continue;
        };
        let Some(after) = test_ranks(findings, after, gaps)? else {
            continue;
        };
        if let Some((seed_down, seed_up, seed_users)) = shares(&before, &after) {
            down.push(seed_down);
            up.push(seed_up);
            users = users.max(seed_users);
        }
    }
    let shares = estimate(down).zip(estimate(up));
    Ok(shares.map(|(down, up)| UserChanges { series, best, largest, down, up, users }))
}

fn test_ranks(
    findings: &Findings,
    cell: &CellEntry,
    gaps: &mut Vec<Gap>,
) -> Result<Option<UserRanks>, ReportError> {
    let path = findings.sweep.dir.join(&cell.dir).join(RANKS_FILE);
    if !path.exists() {
        let what = format!("ranks of {}", cell_name(&cell.key));
        let gap = Gap { what, reason: format!("{} is not there", path.display()) };
        if !gaps.contains(&gap) {
            gaps.push(gap);
        }
        return Ok(None);
    }
    let mut ranks = last_ranks(&path, "test")?;
    Ok(Some(ranks.remove(findings.protocol).unwrap_or_default()))
}

/// Shares of the users of both that moved down and up, and how many they are.
fn shares(best: &UserRanks, largest: &UserRanks) -> Option<(f64, f64, usize)> {
    let later: HashMap<u32, f32> = largest.iter().map(|(user, rank)| (*user, rank.rank)).collect();
    let pairs: Vec<(f32, f32)> =
        best.iter().filter_map(|(user, before)| Some((before.rank, *later.get(user)?))).collect();
    let share = |moved: fn(&(f32, f32)) -> bool| {
        pairs.iter().filter(|pair| moved(pair)).count() as f64 / pairs.len() as f64
    };
    let users = pairs.len();
    (users > 0).then(|| {
        (share(|(before, after)| after > before), share(|(before, after)| after < before), users)
    })
}
