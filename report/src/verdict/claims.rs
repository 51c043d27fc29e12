//! What remains of the claims when both sides are equally far from the reference, and when each is
//! read at the checkpoint that validation picks, by its ranking or by its loss.

use std::collections::BTreeMap;

use prefsweep_store::{CellStatus, LossKey, RANKS_FILE, SeriesKey};
use serde::{Deserialize, Serialize};

use super::compare::{Difference, UserValues, compare, correct};
use super::evidence::{BySteps, read_ranks};
use super::loss_verdict::LossVerdict;
use super::question::{Question, Setting, dynamic_po_base, is_control, is_control_of};
use super::rules::Rules;
use crate::error::ReportError;
use crate::findings::Findings;
use crate::frontier::{Frontier, Spot};
use crate::reading::Reading;
use crate::side_by_side::side_by_side;
use crate::statistics::{Pooled, UserMetric};
use crate::sweep::Sweep;

/// One claim about one loss, under every one of [`Reading::CLAIMS`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Claim<Q = Question> {
    /// The claim.
    pub question: Q,
    /// The loss whose ranking is judged.
    pub after: Setting,
    /// What it is compared with.
    pub before: Setting,
    /// At the end of training. For all but [`Question::DynamicPo`] a primary comparison.
    pub at_end: Option<Difference>,
    /// The largest KL(policy || reference) that both reach under every seed.
    pub kl: Option<f64>,
    /// At that divergence.
    pub at_equal_kl: Option<Difference>,
    /// Under some seed a side first gets to that divergence before its first evaluation after the
    /// start, so that its value lies on the straight line between the two.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub kl_from_start: bool,
    /// Each cell at the evaluation with its best validation measure.
    pub at_picked: Option<Difference>,
    /// Each cell at the evaluation with its lowest validation loss; none where that was not recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_picked_by_loss: Option<Difference>,
}

impl<Q> Claim<Q> {
    /// What a reading shows; none where it is not tested.
    pub fn at(&self, reading: Reading) -> Option<&Difference> {
        match reading {
            Reading::End => self.at_end.as_ref(),
            Reading::EqualDivergence => self.at_equal_kl.as_ref(),
            Reading::Selected => self.at_picked.as_ref(),
            Reading::SelectedByLoss => self.at_picked_by_loss.as_ref(),
            _ => None,
        }
    }

    /// The same, to be corrected.
    pub(super) fn at_mut(&mut self, reading: Reading) -> Option<&mut Difference> {
        match reading {
            Reading::End => self.at_end.as_mut(),
            Reading::EqualDivergence => self.at_equal_kl.as_mut(),
            Reading::Selected => self.at_picked.as_mut(),
            Reading::SelectedByLoss => self.at_picked_by_loss.as_mut(),
            _ => None,
        }
    }

    /// Whether what a reading shows rests on the straight line from the start to the first evaluation
    /// after it, and is to be marked.
    pub fn is_from_start(&self, reading: Reading) -> bool {
        reading == Reading::EqualDivergence && self.kl_from_start && self.at_equal_kl.is_some()
    }
}

/// Sizes of the secondary families that belong to claims.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimFamilies {
    /// DynamicPO at the end of training.
    pub dynamic_po: usize,
    /// All claims at equal divergence.
    pub equal_kl: usize,
    /// All claims at the picked checkpoints.
    pub picked: usize,
    /// All claims at the checkpoints picked by validation loss.
    pub picked_by_loss: usize,
}

/// Tests every claim that the sweep allows.
pub(super) fn test(
    findings: &Findings,
    frontier: &Frontier,
    losses: &[LossVerdict],
    rules: &Rules,
) -> Result<(Vec<Claim>, ClaimFamilies), ReportError> {
    let testing = Testing { findings, frontier, rules };
    let mut planned = Vec::new();
    for (series, loss) in losses.iter().enumerate() {
        if let (Some((from, found)), Some(largest)) = (loss.headline(), loss.largest_k) {
            let sides = [(series, largest), (series, from)];
            planned.push((Question::MoreNegatives, sides, Some(*found)));
        }
    }
    for series in 0..losses.len() {
        if let Some(sides) = dynamic_and_base(&findings.sweep, frontier, series) {
            planned.push((Question::DynamicPo, sides, None));
        }
    }
    for series in 0..losses.len() {
        if let Some((sides, found)) = loss_and_control(losses, series) {
            planned.push((Question::AboveControl, sides, Some(found)));
        }
    }
    let claims =
        side_by_side(&planned, |(question, sides, known)| testing.claim(*question, *sides, *known));
    let mut claims: Vec<Claim> = claims.into_iter().collect::<Result<_, _>>()?;
    let families = ClaimFamilies {
        dynamic_po: correct_all(&mut claims, rules, |claim| {
            (claim.question == Question::DynamicPo).then_some(claim.at_end.as_mut()).flatten()
        }),
        equal_kl: correct_all(&mut claims, rules, |claim| claim.at_mut(Reading::EqualDivergence)),
        picked: correct_all(&mut claims, rules, |claim| claim.at_mut(Reading::Selected)),
        picked_by_loss: correct_all(&mut claims, rules, |claim| {
            claim.at_mut(Reading::SelectedByLoss)
        }),
    };
    Ok((claims, families))
}

fn correct_all(
    claims: &mut [Claim],
    rules: &Rules,
    pick: impl Fn(&mut Claim) -> Option<&mut Difference>,
) -> usize {
    correct(&mut claims.iter_mut().filter_map(pick).collect::<Vec<_>>(), 0, rules)
}

/// A series and its number of negatives.
pub(super) type Key = (usize, usize);

/// DynamicPO and its base loss with the same values on the axes, at the largest K of both.
pub(super) fn dynamic_and_base(
    sweep: &Sweep,
    frontier: &Frontier,
    series: usize,
) -> Option<[Key; 2]> {
    let base = dynamic_po_base(&sweep.series[series].key.loss)?.clone();
    largest_common(sweep, frontier, series, base)
}

/// A series and another loss with the same values on the axes, at the largest K of both.
pub(super) fn largest_common(
    sweep: &Sweep,
    frontier: &Frontier,
    series: usize,
    other: LossKey,
) -> Option<[Key; 2]> {
    let other = SeriesKey { loss: other, axes: sweep.series[series].key.axes.clone() };
    largest_common_of(sweep, frontier, series, &other)
}

/// Two series at the largest K of both.
pub(super) fn largest_common_of(
    sweep: &Sweep,
    frontier: &Frontier,
    series: usize,
    other: &SeriesKey,
) -> Option<[Key; 2]> {
    let other = sweep.series.iter().position(|known| known.key == *other)?;
    let mut common = frontier.paths.keys().filter(|(of, _)| *of == series).map(|(_, k)| *k);
    let largest = common.rfind(|k| frontier.paths.contains_key(&(other, *k)))?;
    Some([(series, largest), (other, largest)])
}

/// A loss at its largest K and the supervised control with the same values on the axes, with their
/// difference at the end of training.
pub(super) fn loss_and_control(
    losses: &[LossVerdict],
    series: usize,
) -> Option<([Key; 2], Difference)> {
    let loss = &losses[series];
    let found = loss.against_control?;
    let control = losses.iter().position(|other| is_control_of(&other.series, &loss.series))?;
    Some(([(series, loss.largest_k?), (control, losses[control].largest_k?)], found))
}

/// Compares cells where they are to be read.
pub(super) struct Testing<'a> {
    pub(super) findings: &'a Findings,
    pub(super) frontier: &'a Frontier,
    pub(super) rules: &'a Rules,
}

impl Testing<'_> {
    /// The first side minus the second under every reading; that of the end may be known already.
    pub(super) fn claim<Q>(
        &self,
        question: Q,
        sides: [Key; 2],
        at_end: Option<Difference>,
    ) -> Result<Claim<Q>, ReportError> {
        let [after, before] = sides.map(|key| self.setting(key));
        let reaches = sides.map(|key| self.frontier.reach(key));
        let kl = reaches[0].zip(reaches[1]).map(|(one, other)| one.min(other));
        let kl = kl.filter(|kl| *kl > 0.0);
        let kl_from_start = kl.is_some_and(|kl| {
            sides.iter().any(|key| self.frontier.is_from_start(*key, Spot::divergence(kl)))
        });
        let read = self.read(sides)?;
        let at = |spot| read.compare(&|_| Some(spot));
        Ok(Claim {
            question,
            after,
            before,
            at_end: at_end.or_else(|| at(Spot::END)),
            kl,
            at_equal_kl: kl.and_then(|kl| at(Spot::divergence(kl))),
            kl_from_start,
            at_picked: at(Spot::SELECTED),
            at_picked_by_loss: at(Spot::SELECTED_BY_LOSS),
        })
    }

    pub(super) fn setting(&self, (series, negatives): Key) -> Setting {
        Setting::new(self.findings.sweep.series[series].key.clone(), negatives)
    }

    /// Both sides, to be compared wherever they are to be read: a file of ranks is read once.
    pub(super) fn read(&self, sides: [Key; 2]) -> Result<Sides<'_>, ReportError> {
        Ok(Sides {
            testing: self,
            keys: sides,
            values: [self.users(sides[0])?, self.users(sides[1])?],
        })
    }

    /// How much runs of the losses involved vary, over all their K that can be read; a control is
    /// the same run at every K and counts once.
    fn pooled(&self, sides: [Key; 2], spot: &dyn Fn(Key) -> Option<Spot>) -> Option<Pooled> {
        let once = |series: usize| is_control(&self.findings.sweep.series[series].key.loss);
        let counts = |key: &Key, side: &Key| side == key || (side.0 == key.0 && !once(key.0));
        let keys = self.frontier.paths.keys();
        let keys = keys.filter(|key| sides.iter().any(|side| counts(key, side)));
        let settings = keys.filter_map(|key| Some(self.frontier.by_seed(*key, spot(*key)?)));
        Pooled::of(&settings.collect::<Vec<_>>())
    }

    /// The measure of every user on the test split, by seed and step.
    fn users(&self, key: Key) -> Result<BTreeMap<u64, BySteps>, ReportError> {
        let sweep = &self.findings.sweep;
        let metric = UserMetric::Ndcg(self.findings.cutoff);
        let (part, people) = (("test", self.findings.protocol), &sweep.index.dataset.people);
        let mut found = BTreeMap::new();
        for cell in sweep.cells_at(key.0, key.1) {
            let path = sweep.dir.join(&cell.dir).join(RANKS_FILE);
            if cell.status == CellStatus::Complete && path.exists() {
                let by_step = read_ranks(&path, part, false, metric, people)?;
                found.insert(cell.key.seed, by_step);
            }
        }
        Ok(found)
    }
}

/// Two cells whose ranks have been read.
pub(super) struct Sides<'a> {
    testing: &'a Testing<'a>,
    keys: [Key; 2],
    values: [BTreeMap<u64, BySteps>; 2],
}

impl Sides<'_> {
    /// The first side minus the second, each read where `spot` says.
    pub(super) fn compare(&self, spot: &dyn Fn(Key) -> Option<Spot>) -> Option<Difference> {
        let [after, before] = [0, 1].map(|side| self.users(side, spot(self.keys[side])));
        let pooled = self.testing.pooled(self.keys, spot);
        compare(&after, &before, pooled, self.testing.rules)
    }

    /// The measure of every user of a side, where it is read.
    fn users(&self, side: usize, spot: Option<Spot>) -> UserValues {
        let paths = self.testing.frontier.paths.get(&self.keys[side]);
        let of_seed = |(seed, by_step): (&u64, &BySteps)| {
            let points = paths?.get(seed)?;
            let place = spot?.of(points)?;
            let [first, second] = place.between.map(|at| by_step.get(&points[at].step));
            let (first, second) =
                first.zip(second).filter(|(one, other)| one.len() == other.len())?;
            let mixed = first.iter().zip(second);
            let mixed = mixed.map(|((user, one), (_, other))| (*user, place.mix(*one, *other)));
            Some((*seed, mixed.collect()))
        };
        self.values[side].iter().filter_map(of_seed).collect()
    }
}
