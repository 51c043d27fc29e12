//! Comparisons that claims of the literature need and that no verdict rests on: between losses, and of
//! several negatives with one. A secondary family of their own at every reading.

use prefsweep_store::LossKey;
use rayon::iter::{IntoParallelIterator, ParallelIterator};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::claims::{Claim, Key, Testing, largest_common};
use super::compare::{Difference, correct};
use super::decide::best;
use super::evidence::Evidence;
use super::loss_verdict::LossVerdict;
use super::question::{Question, dynamic_po_base};
use super::rules::Rules;
use crate::error::ReportError;
use crate::findings::Findings;
use crate::frontier::Frontier;
use crate::reading::Reading;

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
    let of_series = |series: usize| {
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
        Ok((tested, planned))
    };
    let by_series = (0..losses.len()).into_par_iter().map(of_series);
    let by_series: Vec<(Vec<Tested>, usize)> = by_series.collect::<Result<_, ReportError>>()?;
    let planned = by_series.iter().map(|(_, planned)| planned).sum();
    let mut all: Vec<Tested> = by_series.into_iter().flat_map(|(tested, _)| tested).collect();
    let families = ContrastFamilies {
        at_end: correct_at(&mut all, Reading::End, planned, rules),
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
    let sides = |other: LossKey| {
        let sides = largest_common(&findings.sweep, frontier, series, other)?;
        // With one negative these losses are one function.
        (sides[0].1 > 1).then_some(sides)
    };
    others.filter_map(|(contrast, other)| Some((contrast, sides(other)?))).collect()
}

/// What a loss is compared with.
pub(super) fn partners(loss: &LossKey) -> Vec<(Contrast, LossKey)> {
    const DETERMINISTIC: &str = "deterministic";
    if *loss == LossKey::new("dmpo") {
        return vec![(Contrast::DmpoMinusSDpo, LossKey::new("s_dpo"))];
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
