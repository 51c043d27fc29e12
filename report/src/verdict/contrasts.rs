//! Comparisons that claims of the literature need and that no verdict rests on: between losses, and of
//! several negatives with one. A secondary family of their own at every reading.

use std::collections::BTreeMap;

use prefsweep_store::LossKey;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::claims::{Claim, Key, Testing, largest_common, largest_common_of};
use super::compare::{Difference, User, UserValues, compare, correct, pool};
use super::decide::{best, control_of};
use super::evidence::Evidence;
use super::few_users::USERS_AXIS;
use super::loss_verdict::LossVerdict;
use super::question::{Question, dynamic_po_base};
use super::rules::Rules;
use crate::error::ReportError;
use crate::findings::Findings;
use crate::frontier::Frontier;
use crate::reading::Reading;
use crate::side_by_side::side_by_side;
use crate::statistics::Pooled;
use crate::sweep::Sweep;

/// The axis of the experts of a layer.
const EXPERTS_AXIS: &str = "model.experts";

/// What is compared, beside the [questions](Question) of every report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Contrast {
    /// DMPO minus S-DPO, at the largest K of both.
    DmpoMinusSDpo,
    /// RoDPO minus the same with a deterministic pool, at the largest K of both.
    StochasticPool,
    /// RoDPO minus DPO, whose negatives are uniform, at the largest K of both.
    PoolMinusUniform,
    /// DynamicPO with fixed margins, or all negatives with the floor, minus as many negatives at random as the
    /// boundary set holds, over the same base loss, at the largest K of both: not fewer negatives, but which.
    MinusRandom,
    /// DMPO or S-DPO at the K above the smallest that is best on validation, minus the smallest K.
    SeveralNegatives,
    /// AdaDPO minus DPO, or the modifier minus its base loss, at the largest K of both.
    AdaMinusBase,
    /// RoDPO with experts of which one is active minus the same without experts, which costs as much to use, at the
    /// largest K of both.
    SparseMinusDense,
    /// What DMPO gains over the supervised control at its largest K where the fewest users are trained on, minus what it
    /// gains where all are; the side before is what DMPO reaches there.
    FewMinusAll,
}

impl Contrast {
    /// Whether its sides have different values on an axis, and the same loss.
    pub(crate) fn is_of_axes(self) -> bool {
        matches!(self, Self::SparseMinusDense | Self::FewMinusAll)
    }
}

/// The contrasts that a sweep allows, under every one of [`Reading::CLAIMS`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Contrasts {
    /// The comparisons.
    pub tested: Vec<Claim<Contrast>>,
    /// How many tests are corrected together.
    pub families: ContrastFamilies,
}

/// Sizes of the secondary families of contrasts. Each holds every pair of K that could have been picked,
/// and those that another family has tested, as tests that reject nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContrastFamilies {
    /// At the end of training.
    pub at_end: usize,
    /// At matched KL.
    pub equal_kl: usize,
    /// At the validation-selected checkpoints.
    pub picked: usize,
    /// At the checkpoints selected by validation loss.
    pub picked_by_loss: usize,
}

/// A contrast and who corrects it.
struct Tested {
    claim: Claim<Contrast>,
    /// Readings that are another family's: the same difference has one p in the whole report.
    elsewhere: Vec<Reading>,
}

/// Tests every contrast that the sweep allows.
pub(super) fn test(
    findings: &Findings,
    frontier: &Frontier,
    evidence: &[Evidence],
    losses: &[LossVerdict],
    claims: &[Claim],
    rules: &Rules,
) -> Result<Contrasts, ReportError> {
    let testing = Testing { findings, frontier, rules };
    let of_series = |&series: &usize| {
        let between = between_losses(findings, frontier, series).into_iter();
        let between = between.map(|(contrast, sides)| {
            let claim = testing.claim(contrast, sides, None)?;
            Ok(Tested { claim, elsewhere: Vec::new() })
        });
        let mut tested: Vec<Tested> = between.collect::<Result<_, ReportError>>()?;
        let mut planned = tested.len();
        if let Some(sides) = several_and_one(series, &evidence[series]) {
            tested.push(several(&testing, sides, &losses[series], claims)?);
            planned += evidence[series].cells.len() - 1;
        }
        if let Some(sides) = sparse_and_dense(&findings.sweep, frontier, series) {
            let claim = testing.claim(Contrast::SparseMinusDense, sides, None)?;
            tested.push(Tested { claim, elsewhere: Vec::new() });
            planned += 1;
        }
        let few = few_minus_all(&testing, series, evidence);
        tested.extend(few.map(|claim| Tested { claim, elsewhere: Vec::new() }));
        Ok((tested, planned))
    };
    let all_series: Vec<usize> = (0..losses.len()).collect();
    let by_series = side_by_side(&all_series, of_series).into_iter();
    let by_series: Vec<(Vec<Tested>, usize)> = by_series.collect::<Result<_, ReportError>>()?;
    let planned: usize = by_series.iter().map(|(_, planned)| planned).sum();
    let mut all: Vec<Tested> = by_series.into_iter().flat_map(|(tested, _)| tested).collect();
    let at_end_alone = all.iter().filter(|one| one.claim.question == Contrast::FewMinusAll).count();
    let families = ContrastFamilies {
        at_end: correct_at(&mut all, Reading::End, planned + at_end_alone, rules),
        equal_kl: correct_at(&mut all, Reading::EqualDivergence, planned, rules),
        picked: correct_at(&mut all, Reading::Selected, planned, rules),
        picked_by_loss: correct_at(&mut all, Reading::SelectedByLoss, planned, rules),
    };
    Ok(Contrasts { tested: all.into_iter().map(|tested| tested.claim).collect(), families })
}

fn correct_at(all: &mut [Tested], reading: Reading, planned: usize, rules: &Rules) -> usize {
    let own = all.iter_mut().filter(|tested| !tested.elsewhere.contains(&reading));
    let mut tests: Vec<&mut Difference> =
        own.filter_map(|tested| tested.claim.at_mut(reading)).collect();
    if tests.is_empty() {
        // Nothing was recorded that could be read so.
        return 0;
    }
    correct(&mut tests, planned, rules)
}

/// The contrasts of a series with other losses that have the same values on the axes.
fn between_losses(
    findings: &Findings,
    frontier: &Frontier,
    series: usize,
) -> Vec<(Contrast, [Key; 2])> {
    let others = partners(&findings.sweep.series[series].key.loss).into_iter();
    let sides = |other: LossKey| largest_common(&findings.sweep, frontier, series, other);
    let sides = others.filter_map(|(contrast, other)| Some((contrast, sides(other)?)));
    // With one negative the others are one function.
    sides.filter(|(contrast, [(_, k), _])| *k > 1 || *contrast == Contrast::AdaMinusBase).collect()
}

/// What a loss is compared with.
pub(super) fn partners(loss: &LossKey) -> Vec<(Contrast, LossKey)> {
    const DETERMINISTIC: &str = "deterministic";
    if *loss == LossKey::new("dmpo") {
        return vec![(Contrast::DmpoMinusSDpo, LossKey::new("s_dpo"))];
    }
    if *loss == LossKey::new("ada_dpo") {
        return vec![(Contrast::AdaMinusBase, LossKey::new("dpo"))];
    }
    for base in ["dmpo", "s_dpo"].map(LossKey::new) {
        if *loss == LossKey::over("ada", base.clone()) {
            return vec![(Contrast::AdaMinusBase, base)];
        }
    }
    if let Some(random) = random_partner(loss) {
        return vec![(Contrast::MinusRandom, random)];
    }
    if loss.name != "ro_dpo" || loss.settings.contains_key(DETERMINISTIC) {
        return Vec::new();
    }
    let mut deterministic = loss.clone();
    deterministic.settings.insert(DETERMINISTIC.to_owned(), Value::Bool(true));
    // Of what is drawn; nothing is drawn from a deterministic pool.
    deterministic.settings.remove("temperature");
    vec![
        (Contrast::StochasticPool, deterministic),
        (Contrast::PoolMinusUniform, LossKey::new("dpo")),
    ]
}

/// The arm with as many negatives at random beside the boundary set and the floor of a mechanism experiment.
fn random_partner(loss: &LossKey) -> Option<LossKey> {
    dynamic_po_base(loss)?;
    let given = |name: &str| loss.settings.get(name).cloned();
    let is_arm = match (given("selection"), given("floor")) {
        (None, None) => true,
        (Some(selection), Some(floor)) => selection == "all" && floor == true,
        _ => false,
    };
    let fixed = given("margin").filter(|margin| margin == "fixed").filter(|_| is_arm)?;
    let settings = [("margin", fixed), ("selection", Value::from("random"))];
    let settings = settings.map(|(name, value)| (name.to_owned(), value)).into();
    Some(LossKey { settings, ..loss.clone() })
}

/// RoDPO with one active expert and without experts, all else alike.
fn sparse_and_dense(sweep: &Sweep, frontier: &Frontier, series: usize) -> Option<[Key; 2]> {
    let key = &sweep.series[series].key;
    let one_active = key.axes.get(EXPERTS_AXIS)?.get("active")? == 1;
    (one_active && key.loss == LossKey::new("ro_dpo")).then_some(())?;
    let mut dense = key.clone();
    dense.axes.insert(EXPERTS_AXIS.to_owned(), Value::Null);
    largest_common_of(sweep, frontier, series, &dense)
}

/// DMPO trained on the fewest users and on all, all else alike, each minus the control of as many users.
fn few_minus_all(
    testing: &Testing<'_>,
    series: usize,
    evidence: &[Evidence],
) -> Option<Claim<Contrast>> {
    let few = &evidence[series];
    (few.series.loss == LossKey::new("dmpo")).then_some(())?;
    let users = few.series.axes.get(USERS_AXIS)?.as_u64()?;
    let with_users = |users: Value| {
        let mut key = few.series.clone();
        key.axes.insert(USERS_AXIS.to_owned(), users);
        key
    };
    let number = |known: &Evidence| {
        let users = known.series.axes.get(USERS_AXIS)?.as_u64()?;
        (known.series == with_users(users.into())).then_some(users)
    };
    (evidence.iter().filter_map(number).min() == Some(users)).then_some(())?;
    let sweep = &testing.findings.sweep;
    let sides =
        largest_common_of(sweep, testing.frontier, series, &with_users(Value::from("all")))?;
    let control = |(of, _): Key| {
        control_of(&evidence[of], evidence).and_then(|control| control.cells.values().last())
    };
    let [with_few, with_all] = sides.map(|(of, negatives)| &evidence[of].cells[&negatives].test);
    let all_k = sides.map(|(of, _)| evidence[of].cells.values());
    let runs = all_k.into_iter().flatten().chain(sides.map(control).into_iter().flatten());
    let pooled = pool(runs.map(|cell| &cell.test));
    // A difference of two differences has the variance of both.
    let pooled = pooled.map(|found| Pooled { variance: 2.0 * found.variance, ..found });
    let gain = plus(with_few, &control(sides[0])?.test, -1.0);
    let level = plus(&gain, &control(sides[1])?.test, 1.0);
    let [after, before] = sides.map(|key| testing.setting(key));
    Some(Claim {
        question: Contrast::FewMinusAll,
        after,
        before,
        at_end: compare(&level, with_all, pooled, testing.rules),
        kl: None,
        at_equal_kl: None,
        kl_from_start: false,
        at_picked: None,
        at_picked_by_loss: None,
    })
}

/// The values of the seeds and users of both, the second ones times a factor added to the first.
fn plus(values: &UserValues, others: &UserValues, factor: f64) -> UserValues {
    let of_seed = |(seed, values): (&u64, &Vec<(User, f64)>)| {
        let others: BTreeMap<User, f64> = others.get(seed)?.iter().copied().collect();
        let sum = |&(user, value): &(User, f64)| Some((user, value + factor * others.get(&user)?));
        Some((*seed, values.iter().filter_map(sum).collect()))
    };
    values.iter().filter_map(of_seed).collect()
}

/// The K above the smallest that is best on validation (the smallest of equals), and the smallest; for
/// losses that were proposed for several negatives.
fn several_and_one(series: usize, evidence: &Evidence) -> Option<[Key; 2]> {
    let loss = &evidence.series.loss;
    if ![LossKey::new("dmpo"), LossKey::new("s_dpo")].contains(loss) {
        return None;
    }
    let mut by_k = evidence.cells.iter();
    let (smallest, _) = by_k.next()?;
    best(by_k).map(|k| [(series, k), (series, *smallest)])
}

/// Several negatives and one; what the verdict or a claim has tested is taken from there.
fn several(
    testing: &Testing<'_>,
    sides: [Key; 2],
    loss: &LossVerdict,
    claims: &[Claim],
) -> Result<Tested, ReportError> {
    let [after, before] = sides.map(|key| testing.setting(key));
    let mut known = claims.iter().filter(|claim| claim.question == Question::MoreNegatives);
    if let Some(known) = known.find(|claim| claim.after == after && claim.before == before) {
        let claim = Claim {
            question: Contrast::SeveralNegatives,
            after,
            before,
            at_end: known.at_end,
            kl: known.kl,
            at_equal_kl: known.at_equal_kl,
            kl_from_start: known.kl_from_start,
            at_picked: known.at_picked,
            at_picked_by_loss: known.at_picked_by_loss,
        };
        return Ok(Tested { claim, elsewhere: Reading::CLAIMS.to_vec() });
    }
    let (several, one) = (after.negatives, before.negatives);
    let at_end = if Some(several) == loss.largest_k {
        loss.range
    } else if Some(one) == loss.best_k {
        let at = loss.larger.iter().find(|at| at.negatives == several);
        at.and_then(|at| at.difference)
    } else {
        None
    };
    let elsewhere = if at_end.is_some() { vec![Reading::End] } else { Vec::new() };
    let claim = testing.claim(Contrast::SeveralNegatives, sides, at_end)?;
    Ok(Tested { claim, elsewhere })
}
