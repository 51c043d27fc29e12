//! The claims at equal budgets: steps, negatives scored, or time.
//!
//! K = 20 scores twenty times the negatives of K = 1 in every step and takes longer for it, so that
//! what more negatives do may be what a larger budget does.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::claims::{Claim, Key, Testing, dynamic_and_base, loss_and_control};
use super::compare::{Difference, correct};
use super::loss_verdict::{LossVerdict, Verdict};
use super::question::{Question, Setting};
use super::rules::Rules;
use crate::error::ReportError;
use crate::findings::Findings;
use crate::frontier::{Frontier, Spot};
use crate::reading::Reading;
use crate::side_by_side::side_by_side;

/// What remains of the claims at equal budgets.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Budgets {
    /// Every comparison, by claim and loss.
    pub claims: Vec<BudgetClaim>,
    /// Per loss, at its largest K, the end of training against the step that is best on validation;
    /// nothing where that is the end.
    pub longer: Vec<LongerTraining>,
    /// How many tests are corrected together.
    pub families: BudgetFamilies,
}

/// One claim about one loss at one budget.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BudgetClaim {
    /// The claim; more negatives are compared with the smallest K.
    pub question: Question,
    /// What is equal: one of [`Reading::BUDGETS`].
    pub reading: Reading,
    /// The side whose ranking is judged.
    pub after: Checkpoint,
    /// What it is compared with.
    pub before: Checkpoint,
    /// The end of training, with the difference and the correction that it has elsewhere in the
    /// verdict; here it is in no family.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub repeated: bool,
    /// First minus second side.
    pub difference: Difference,
}

/// A loss and K at one of its evaluations.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// The loss and K.
    pub setting: Setting,
    /// Optimiser step of the evaluation.
    pub step: u32,
    /// Median over seeds of seconds / steps of whole runs, start and evaluations included;
    /// for [`Reading::EqualTime`] alone. Of the machine that ran them.
    pub seconds_per_step: Option<f64>,
}

/// Sizes of the secondary families of budgets, each over all claims and losses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct BudgetFamilies {
    /// At equal steps before the end of training.
    pub steps: usize,
    /// At equal negatives.
    pub negatives: usize,
    /// At equal time; not in the verdict's file, which knows no time.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub time: usize,
    /// The end of training against any step before it, since any could have been the best.
    pub longer: usize,
}

/// What training beyond the best step does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LongerTraining {
    /// The loss and its largest K.
    pub setting: Setting,
    /// Step with the best mean on validation.
    pub best_step: u32,
    /// The last step.
    pub last_step: u32,
    /// Test measure at the last minus at the best step.
    pub difference: Difference,
    /// Normalised training loss at the last minus at the best step, mean over seeds.
    pub loss_difference: Option<f64>,
}

/// The last of the comparisons over training, to be corrected in a family of its own: the verdict
/// counts every pair of steps, which many evaluations make too many to show anything.
fn longer(losses: &[LossVerdict]) -> Vec<LongerTraining> {
    let of = |loss: &LossVerdict| {
        let found = loss.over_training.as_ref()?;
        let last = found.later.last()?;
        Some(LongerTraining {
            setting: Setting::new(loss.series.clone(), found.negatives),
            best_step: found.best_step,
            last_step: last.step,
            difference: last.difference,
            loss_difference: last.loss_difference,
        })
    };
    losses.iter().filter_map(of).collect()
}

/// What a step of a cell uses up of a budget; none where it is not known.
type Cost<'a> = dyn Fn(Key) -> Option<f64> + 'a;

/// Tests the claims at every budget that the evaluations allow; none where they allow no other than
/// equal steps.
pub(super) fn test(
    findings: &Findings,
    frontier: &Frontier,
    losses: &[LossVerdict],
    known: &[Claim],
    rules: &Rules,
) -> Result<Option<Budgets>, ReportError> {
    let budgeting = Budgeting {
        testing: Testing { findings, frontier, rules },
        steps: frontier.paths.keys().map(|key| (*key, evaluated(frontier, *key))).collect(),
        seconds: seconds_per_step(findings),
    };
    let of_series = |(series, loss): (usize, &LossVerdict)| {
        let over_negatives = match loss.verdict {
            Verdict::Control => Vec::new(),
            _ => budgeting.over_negatives(series, loss.range)?,
        };
        let dynamic_po = match dynamic_and_base(&findings.sweep, frontier, series) {
            Some(sides) => {
                let mut known = known.iter().filter(|claim| claim.question == Question::DynamicPo);
                let at_end = known.find(|claim| claim.after.series == loss.series);
                budgeting.dynamic_po(sides, at_end.and_then(|claim| claim.at_end))?
            }
            None => Vec::new(),
        };
        let above_control = match loss_and_control(losses, series) {
            Some((sides, at_end)) => budgeting.above_control(sides, at_end)?,
            None => Vec::new(),
        };
        Ok([over_negatives, dynamic_po, above_control])
    };
    let all: Vec<(usize, &LossVerdict)> = losses.iter().enumerate().collect();
    let by_series = side_by_side(&all, |one| of_series(*one)).into_iter();
    let by_series: Vec<[Vec<BudgetClaim>; 3]> = by_series.collect::<Result<_, ReportError>>()?;
    let mut by_question: [Vec<BudgetClaim>; 3] = Default::default();
    for tested in by_series {
        for (all, own) in by_question.iter_mut().zip(tested) {
            all.extend(own);
        }
    }
    let mut claims = by_question.concat();
    let mut longer = longer(losses);
    let evaluations = losses.iter().filter_map(|loss| Some(loss.over_training.as_ref()?.steps));
    let pairs = evaluations.map(|steps| steps.saturating_sub(1)).sum();
    let mut tests: Vec<_> = longer.iter_mut().map(|found| &mut found.difference).collect();
    let of_longer = correct(&mut tests, pairs, rules);
    let mut size = |reading| {
        let of = claims.iter_mut().filter(|claim| claim.reading == reading && !claim.repeated);
        correct(&mut of.map(|claim| &mut claim.difference).collect::<Vec<_>>(), 0, rules)
    };
    let families = BudgetFamilies {
        steps: size(Reading::EqualSteps),
        negatives: size(Reading::EqualNegatives),
        time: size(Reading::EqualTime),
        longer: of_longer,
    };
    let budgets = Budgets { claims, longer, families };
    Ok((!budgets.says_nothing()).then_some(budgets))
}

impl Budgets {
    /// Whether the evaluations allowed no other budget than equal steps.
    pub(super) fn says_nothing(&self) -> bool {
        self.claims.iter().all(|claim| claim.reading == Reading::EqualSteps)
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks like this")]
fn is_zero(size: &usize) -> bool {
    *size == 0
}

/// The steps after the start at which every seed is evaluated, ascending.
fn evaluated(frontier: &Frontier, key: Key) -> Vec<u32> {
    let paths = &frontier.paths[&key];
    let everywhere =
        |step: &u32| paths.values().all(|path| path.iter().any(|point| point.step == *step));
    let steps = paths.values().next().into_iter().flatten().map(|point| point.step);
    steps.filter(|step| *step > 0).filter(everywhere).collect()
}

/// Of every loss and K; a training that several losses share counts for each.
fn seconds_per_step(findings: &Findings) -> BTreeMap<Key, f64> {
    let sweep = &findings.sweep;
    let mut found: BTreeMap<Key, Vec<f64>> = BTreeMap::new();
    for (series, cell) in sweep.cells() {
        let cost = sweep.costs.iter().find(|cost| cost.dir == cell.dir);
        if let Some(cost) = cost.filter(|cost| cost.provenance.steps > 0) {
            let seconds = cost.provenance.wall_seconds / cost.provenance.steps as f64;
            found.entry((series, cell.key.negatives)).or_default().push(seconds);
        }
    }
    found.into_iter().filter_map(|(key, values)| Some((key, median(values)?))).collect()
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.retain(|value| value.is_finite() && *value > 0.0);
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    let upper = *values.get(middle)?;
    Some(if values.len() % 2 == 1 { upper } else { (values[middle - 1] + upper) / 2.0 })
}

/// The step of the last evaluation within a budget. A share of 1e-9 allows for rounding.
fn within(steps: &[u32], cost: f64, budget: f64) -> Option<u32> {
    steps.iter().copied().rfind(|step| f64::from(*step) * cost <= budget * (1.0 + 1e-9))
}

/// The largest budget that both sides reach, as the side with the more expensive steps consumes it at one of
/// its evaluations; none where either side is not evaluated within it.
fn matched(sides: [(&[u32], f64); 2]) -> Option<f64> {
    let ends = sides.map(|(steps, cost)| Some(f64::from(*steps.last()?) * cost));
    let limit = ends[0]?.min(ends[1]?);
    let [first, second] = sides;
    let (dear, cheap) = if second.1 > first.1 { (second, first) } else { (first, second) };
    let budget = f64::from(within(dear.0, dear.1, limit)?) * dear.1;
    within(cheap.0, cheap.1, budget).map(|_| budget)
}

struct Budgeting<'a> {
    testing: Testing<'a>,
    steps: BTreeMap<Key, Vec<u32>>,
    seconds: BTreeMap<Key, f64>,
}

impl Budgeting<'_> {
    /// Equal negatives of the largest K that allows it; equal steps, at the end and where that K
    /// then stands; equal time.
    fn over_negatives(
        &self,
        series: usize,
        at_end: Option<Difference>,
    ) -> Result<Vec<BudgetClaim>, ReportError> {
        let keys: Vec<Key> = self.steps.keys().filter(|key| key.0 == series).copied().collect();
        let [smallest, .., largest] = keys[..] else {
            return Ok(Vec::new());
        };
        let asked = Question::MoreNegatives;
        let scored = |key: Key| Some(key.1 as f64);
        let mut found = vec![self.end(asked, [largest, smallest], at_end)];
        if let Some((key, step)) = self.equal_negatives(&keys) {
            let sides = [key, smallest];
            let early = Some(f64::from(step));
            found.push(self.at(asked, Reading::EqualSteps, sides, &|_| Some(1.0), early)?);
            found.push(self.at(asked, Reading::EqualNegatives, sides, &scored, None)?);
        }
        let seconds = |key| self.seconds.get(&key).copied();
        found.push(self.at(asked, Reading::EqualTime, [largest, smallest], &seconds, None)?);
        Ok(found.into_iter().flatten().collect())
    }

    /// Equal steps, which are equal negatives at one K, at the end and early; equal time.
    fn dynamic_po(
        &self,
        sides: [Key; 2],
        at_end: Option<Difference>,
    ) -> Result<Vec<BudgetClaim>, ReportError> {
        let asked = Question::DynamicPo;
        let mut found = vec![self.end(asked, sides, at_end)];
        let keys: Vec<Key> = self.steps.keys().filter(|key| key.0 == sides[0].0).copied().collect();
        if let Some((key, step)) = self.equal_negatives(&keys)
            && key == sides[0]
        {
            let early = Some(f64::from(step));
            found.push(self.at(asked, Reading::EqualSteps, sides, &|_| Some(1.0), early)?);
        }
        let seconds = |key| self.seconds.get(&key).copied();
        found.push(self.at(asked, Reading::EqualTime, sides, &seconds, None)?);
        Ok(found.into_iter().flatten().collect())
    }

    /// Equal steps at the end, and equal time: the control scores no negatives.
    fn above_control(
        &self,
        sides: [Key; 2],
        at_end: Difference,
    ) -> Result<Vec<BudgetClaim>, ReportError> {
        let asked = Question::AboveControl;
        let seconds = |key| self.seconds.get(&key).copied();
        let found = [
            self.end(asked, sides, Some(at_end)),
            self.at(asked, Reading::EqualTime, sides, &seconds, None)?,
        ];
        Ok(found.into_iter().flatten().collect())
    }

    /// The largest K of a loss that can be read at as many negatives as its smallest K scores, and
    /// its step there.
    fn equal_negatives(&self, keys: &[Key]) -> Option<(Key, u32)> {
        let (smallest, larger) = keys.split_first()?;
        let side = |key: Key| (&self.steps[&key][..], key.1 as f64);
        larger.iter().rev().find_map(|key| {
            let budget = matched([side(*key), side(*smallest)])?;
            Some((*key, within(&self.steps[key], key.1 as f64, budget)?))
        })
    }

    /// One comparison, at a given budget or at the largest that both sides reach.
    fn at(
        &self,
        question: Question,
        reading: Reading,
        sides: [Key; 2],
        cost: &Cost<'_>,
        given: Option<f64>,
    ) -> Result<Option<BudgetClaim>, ReportError> {
        let side = |key: Key| Some((&self.steps.get(&key)?[..], cost(key)?));
        let Some((after, before)) = side(sides[0]).zip(side(sides[1])) else {
            return Ok(None);
        };
        let Some(available) = given.or_else(|| matched([after, before])) else {
            return Ok(None);
        };
        let step = |key| side(key).and_then(|(steps, cost)| within(steps, cost, available));
        let Some((after, before)) = step(sides[0]).zip(step(sides[1])) else {
            return Ok(None);
        };
        let read = self.testing.read(sides)?;
        let found = read.compare(&|key| step(key).map(|step| Spot::step(reading, step)));
        let seconds = |key| if reading == Reading::EqualTime { cost(key) } else { None };
        Ok(found.map(|difference| BudgetClaim {
            question,
            reading,
            after: self.checkpoint(sides[0], after, seconds(sides[0])),
            before: self.checkpoint(sides[1], before, seconds(sides[1])),
            repeated: false,
            difference,
        }))
    }

    /// The end of training, which the verdict has tested already.
    fn end(
        &self,
        question: Question,
        sides: [Key; 2],
        known: Option<Difference>,
    ) -> Option<BudgetClaim> {
        let [after, before] = sides.map(|key| self.steps.get(&key)?.last().copied());
        Some(BudgetClaim {
            question,
            reading: Reading::EqualSteps,
            after: self.checkpoint(sides[0], after?, None),
            before: self.checkpoint(sides[1], before?, None),
            repeated: true,
            difference: known?,
        })
    }

    fn checkpoint(&self, key: Key, step: u32, seconds_per_step: Option<f64>) -> Checkpoint {
        Checkpoint { setting: self.testing.setting(key), step, seconds_per_step }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_side_with_more_expensive_steps_sets_the_budget() {
        let every_60: Vec<u32> = (1..=40).map(|at| 60 * at).collect();
        // K = 1 scores 2400 units in 2400 steps, K = 20 as many in 120.
        let budget = matched([(&every_60, 20.0), (&every_60, 1.0)]).unwrap();
        assert_eq!(budget, 2400.0);
        assert_eq!(
            (within(&every_60, 20.0, budget), within(&every_60, 1.0, budget)),
            (Some(120), Some(2400))
        );
        let every_10: Vec<u32> = (1..=12).map(|at| 10 * at).collect();
        let side = |k: f64| (&every_10[..], k);
        // 120 units are 6 steps with K = 20: none is evaluated. With K = 10 they are 12, of which 10
        // are evaluated: 100 units.
        assert_eq!(matched([side(20.0), side(1.0)]), None);
        assert_eq!(matched([side(10.0), side(1.0)]), Some(100.0));
        assert_eq!(matched([side(1.0), side(1.0)]), Some(120.0));
        // 0.3 s and 0.2 s a step, 36 s and 24 s in all: at 80 steps of 0.3 s, 120 of 0.2 s.
        let budget = matched([side(0.3), side(0.2)]).unwrap();
        assert_eq!(within(&every_10, 0.3, budget), Some(80));
        assert_eq!(within(&every_10, 0.2, budget), Some(120));
    }

    #[test]
    fn the_median_is_the_middle_or_between_the_two() {
        assert_eq!(median(vec![3.0, 1.0, 9.0]), Some(3.0));
        assert_eq!(median(vec![4.0, 1.0, 9.0, 3.0]), Some(3.5));
        assert_eq!(median(vec![f64::NAN, 0.0]), None);
    }
}
