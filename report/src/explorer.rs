//! The numbers behind the controls of the HTML page: the rows of Figure 1 under other metrics, cut-offs
//! and protocols, and at other evaluation points.
//!
//! The report's measure has the intervals and tests of the verdict at every evaluation point. Other
//! measures are for exploring: at the final step, each with the interval of a single comparison from the
//! same two-way error, and without a test.

use std::collections::BTreeMap;

use prefsweep_store::{CellStatus, RANKS_FILE};
use serde::Serialize;

use crate::effects::{Effect, Kind, Percent, Side, marks, readings};
use crate::error::ReportError;
use crate::findings::Findings;
use crate::measure::protocol_name;
use crate::ranks::{TiedRank, UserRanks, last_ranks};
use crate::reading::Reading;
use crate::statistics::{CONFIDENCE, Panel, UserMetric, t_quantile};
use crate::verdict::{User, Verdicts};

/// Everything that the controls choose from.
#[derive(Debug, Serialize)]
struct Explorer {
    /// Half the width of the band around zero, in %.
    margin: f64,
    rows: Vec<Row>,
    views: Vec<View>,
}

/// A comparison.
#[derive(Debug, Serialize)]
struct Row {
    name: String,
    group: &'static str,
    /// The row of Table 1, where it has one.
    loss: Option<usize>,
}

/// All comparisons under one choice.
#[derive(Debug, Serialize)]
struct View {
    metric: String,
    /// 0 for a metric without one.
    cutoff: usize,
    protocol: &'static str,
    reading: &'static str,
    /// By row; none where it was not measured.
    values: Vec<Option<Value>>,
}

/// A difference, with both of its sides.
#[derive(Debug, Serialize)]
struct Value {
    before: f64,
    after: f64,
    /// In % of the first side: mean, low, high.
    percent: [f64; 3],
    /// After Holm's correction; none where nothing was tested.
    p: Option<f64>,
    /// −1 or 1 where significant.
    direction: i8,
    /// As behind the numbers of the matrix: † and ¹.
    #[serde(skip_serializing_if = "String::is_empty")]
    mark: String,
}

/// The views as JSON, that of the page first; none where no comparison was made.
pub(crate) fn explore(
    findings: &Findings,
    verdicts: &Verdicts,
    effects: &[Effect<'_>],
) -> Result<Option<String>, ReportError> {
    if effects.is_empty() {
        return Ok(None);
    }
    let rows = effects.iter().map(|effect| Row {
        name: effect.name.clone(),
        group: effect.kind.title(),
        loss: (effect.kind == Kind::Negatives).then_some(effect.after.0),
    });
    let mut views: Vec<View> = readings(effects)
        .into_iter()
        .map(|reading| tested(findings, verdicts, effects, reading))
        .collect();
    views.extend(untested(findings, effects)?);
    let margin = 100.0 * verdicts.rules.margin_share;
    let found = Explorer { margin, rows: rows.collect(), views };
    Ok(Some(serde_json::to_string(&found).expect("plain data")))
}

fn main_metric(findings: &Findings) -> &'static str {
    if findings.main_is_hit_rate() { "HR" } else { "NDCG" }
}

/// The report's measure at one evaluation point.
fn tested(
    findings: &Findings,
    verdicts: &Verdicts,
    effects: &[Effect<'_>],
    reading: Reading,
) -> View {
    let alpha = verdicts.rules.alpha;
    let value = |effect: &Effect<'_>| {
        let point = effect.at(reading)?;
        let found = point.difference;
        let Percent { mean, low, high } = Percent::of(found)?;
        let direction = i8::from(found.rises(alpha)) - i8::from(found.falls(alpha));
        Some(Value {
            before: found.before,
            after: found.after,
            percent: [mean, low, high],
            p: Some(found.p_holm),
            direction,
            mark: marks(point),
        })
    };
    View {
        metric: main_metric(findings).to_owned(),
        cutoff: findings.cutoff,
        protocol: protocol_name(findings.protocol),
        reading: reading.title(),
        values: effects.iter().map(value).collect(),
    }
}

/// Every other metric, cut-off and protocol at the final step.
fn untested(findings: &Findings, effects: &[Effect<'_>]) -> Result<Vec<View>, ReportError> {
    let mut ranks = Ranks { findings, cells: BTreeMap::new() };
    let mut sides = Vec::new();
    for effect in effects {
        let before = match effect.before {
            Some(side) => ranks.of(side)?,
            None => ranks.of_references(effect.after)?,
        };
        sides.push((ranks.of(effect.after)?, before));
    }
    let mut cutoffs = findings.sweep.index.cutoffs.clone();
    cutoffs.sort_unstable();
    let at_cutoffs = cutoffs.iter().flat_map(|cutoff| {
        [
            ("NDCG", *cutoff, UserMetric::Ndcg(*cutoff)),
            ("HR", *cutoff, UserMetric::HitRate(*cutoff)),
        ]
    });
    let mut metrics: Vec<(&str, usize, UserMetric)> =
        at_cutoffs.filter(|(name, cutoff, _)| *name != "NDCG" || *cutoff > 1).collect();
    metrics.push(("MRR", 0, UserMetric::ReciprocalRank));
    let firsts = &findings.sweep.index.dataset.people;
    let mut views = Vec::new();
    for protocol in ["full", "candidates"] {
        for (name, cutoff, metric) in &metrics {
            let main = (main_metric(findings), findings.cutoff);
            if protocol == findings.protocol && (*name, *cutoff) == main {
                continue;
            }
            let values: Vec<Option<Value>> = sides
                .iter()
                .map(|(after, before)| compared(after, before, protocol, *metric, firsts))
                .collect();
            // At a cut-off as long as the candidate lists nothing differs.
            let tells =
                |value: &Option<Value>| value.as_ref().is_some_and(|value| value.after < 1.0);
            if values.iter().any(tells) {
                views.push(View {
                    metric: (*name).to_owned(),
                    cutoff: *cutoff,
                    protocol: protocol_name(protocol),
                    reading: Reading::End.title(),
                    values,
                });
            }
        }
    }
    Ok(views)
}

/// By seed, the ranks of every user by protocol.
type BySeed = BTreeMap<u64, BTreeMap<&'static str, UserRanks>>;

/// The ranks of cells and references, each file read once.
struct Ranks<'a> {
    findings: &'a Findings,
    cells: BTreeMap<(Side, bool), BySeed>,
}

impl Ranks<'_> {
    fn of(&mut self, side: Side) -> Result<BySeed, ReportError> {
        self.read(side, false)
    }

    /// Those of the references from which the runs of a side started.
    fn of_references(&mut self, side: Side) -> Result<BySeed, ReportError> {
        self.read(side, true)
    }

    fn read(&mut self, side: Side, of_reference: bool) -> Result<BySeed, ReportError> {
        if let Some(known) = self.cells.get(&(side, of_reference)) {
            return Ok(known.clone());
        }
        let sweep = &self.findings.sweep;
        let mut found = BySeed::new();
        for cell in sweep.cells_at(side.0, side.1) {
            let mut references = sweep.index.references.iter();
            let reference = references.find(|entry| entry.id == cell.reference);
            let (dir, status) = match (of_reference, reference) {
                (true, Some(reference)) => (&reference.dir, &reference.status),
                (true, None) => continue,
                (false, _) => (&cell.dir, &cell.status),
            };
            let path = sweep.dir.join(dir).join(RANKS_FILE);
            if *status == CellStatus::Complete && path.exists() {
                found.insert(cell.key.seed, last_ranks(&path, "test")?);
            }
        }
        self.cells.insert((side, of_reference), found.clone());
        Ok(found)
    }
}

/// Over the seeds that both sides have; none where their users differ.
fn compared(
    after: &BySeed,
    before: &BySeed,
    protocol: &str,
    metric: UserMetric,
    firsts: &[u32],
) -> Option<Value> {
    let pairs: Vec<(&UserRanks, &UserRanks)> = after
        .iter()
        .filter_map(|(seed, after)| Some((after.get(protocol)?, before.get(seed)?.get(protocol)?)))
        .collect();
    let numbers = |ranks: &UserRanks| ranks.iter().map(|(user, _)| *user).collect::<Vec<u32>>();
    let first = numbers(pairs.first()?.0);
    if pairs.iter().any(|(after, before)| numbers(after) != first || numbers(before) != first) {
        return None;
    }
    let users: Vec<User> = first.iter().map(|user| User::of(*user, firsts)).collect();
    let people = User::people(&users);
    let side = |pick: fn(&(&UserRanks, &UserRanks)) -> Vec<TiedRank>| {
        let rows = pairs.iter().map(pick);
        let rows: Vec<Vec<f64>> =
            rows.map(|ranks| ranks.iter().map(|rank| rank.worth(metric)).collect()).collect();
        Panel::new(&rows)?.of_people(people.clone())
    };
    let after = side(|pair| pair.0.iter().map(|(_, rank)| *rank).collect())?;
    let before = side(|pair| pair.1.iter().map(|(_, rank)| *rank).collect())?;
    let spread = after.minus(&before)?.spread();
    let half = t_quantile(0.5 + CONFIDENCE / 2.0, spread.df) * spread.error;
    let baseline = before.mean();
    let percent = |value: f64| 100.0 * value / baseline;
    (baseline > 0.0).then(|| Value {
        before: baseline,
        after: after.mean(),
        percent: [spread.mean, spread.mean - half, spread.mean + half].map(percent),
        p: None,
        direction: 0,
        mark: String::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_measures_have_the_interval_of_the_two_way_error() {
        let by_seed = |ranks: [[f32; 2]; 2]| -> BySeed {
            let at = |rank| TiedRank { rank, ties: Some(0) };
            let users = |ranks: [f32; 2]| vec![(0, at(ranks[0])), (1, at(ranks[1]))];
            [1, 2]
                .into_iter()
                .zip(ranks)
                .map(|(seed, r)| (seed, [("full", users(r))].into()))
                .collect()
        };
        // Reciprocal ranks: after 1, 1/2 and 1/2, 1/2; before all 1/4.
        let (after, before) =
            (by_seed([[1.0, 2.0], [2.0, 2.0]]), by_seed([[4.0, 4.0], [4.0, 4.0]]));
        let found = compared(&after, &before, "full", UserMetric::ReciprocalRank, &[]).unwrap();
        assert_eq!((found.before, found.after), (0.25, 0.625));
        let [mean, low, high] = found.percent;
        assert!((mean - 150.0).abs() < 1e-9 && ((mean - low) - (high - mean)).abs() < 1e-9);
        // Seed means .5 and .25, user means .5 and .25: A = B = 2 · .03125 = .0625, error
        // √(.125 / 4), df 2: t = 4.302653.
        let half = 4.302_652_73 * (0.125_f64 / 4.0).sqrt() / 0.25 * 100.0;
        assert!((high - mean - half).abs() < 1e-4, "{high} {mean} {half}");
        assert!(compared(&after, &before, "candidates", UserMetric::ReciprocalRank, &[]).is_none());
    }

    #[test]
    fn other_measures_draw_people_too() {
        let ranks = |ranks: [f32; 3]| -> BySeed {
            let at = |rank| TiedRank { rank, ties: Some(0) };
            let users = (0..).zip(ranks).map(|(user, rank)| (user, at(rank))).collect();
            [(1, [("full", users)].into())].into()
        };
        // Differences of 3/4, 1/4 and 0, the first two of one person, mean 1/3. Without the first person it is off
        // by 1/3, without the second by 1/6: error √(1/2 · (1/9 + 1/36)), one degree of freedom: t = 12.706205.
        let (after, before) = (ranks([1.0, 2.0, 4.0]), ranks([4.0; 3]));
        let metric = UserMetric::ReciprocalRank;
        let found = compared(&after, &before, "full", metric, &[0, 2]).unwrap();
        let half = 12.706_205 * (5.0_f64 / 72.0).sqrt() / 0.25 * 100.0;
        let [mean, _, high] = found.percent;
        assert!((high - mean - half).abs() < 1e-2, "{high} {mean} {half}");
    }
}
