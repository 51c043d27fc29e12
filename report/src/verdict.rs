//! The collapse verdict: does test ranking get worse with more negatives while training loss falls?
//!
//! What is compared with what is chosen on the validation split; everything claimed is measured on
//! the test split, per user and seed. `docs/statistics.md` gives the rules and how often they err.

mod budgets;
mod budgets_text;
mod claims;
mod claims_text;
mod compare;
mod decide;
mod evidence;
mod over_training;
#[cfg(test)]
mod simulation;
mod text;
mod tuned;
mod tuned_text;

use serde::{Deserialize, Serialize};

pub use budgets::{Budget, BudgetClaim, BudgetFamilies, Budgets, Checkpoint, LongerTraining};
pub use claims::{Claim, ClaimFamilies, Question, Setting};
pub(crate) use claims::{Pick, READINGS, underneath};
pub use compare::Difference;
pub use tuned::{Tuned, TunedCell, TunedClaim, TunedFamilies};

use crate::error::ReportError;
use crate::findings::Findings;
use crate::frontier::Frontier;
use crate::statistics::Resampling;
use crate::sweep::Gap;

pub(crate) use budgets_text::table as budgets_table;
pub(crate) use claims_text::table as claims_table;
pub(crate) use compare::{UserValues, compare, correct};
pub(crate) use text::{numbers, p_value, section, table, with_interval};
pub(crate) use tuned_text::table as tuned_table;

/// Name of the file beside `report.md`.
pub const VERDICT_FILE: &str = "verdict.json";
/// The format version of [`VERDICT_FILE`].
pub const VERDICT_FORMAT: u32 = 2;

/// All verdicts of an experiment, as in [`VERDICT_FILE`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Verdicts {
    /// Version of this layout, [`VERDICT_FORMAT`].
    pub format: u32,
    /// Name of the experiment.
    pub experiment: String,
    /// What is measured, for example `NDCG@10`: test split, full ranking.
    pub measure: String,
    /// Level and effort of the tests.
    pub rules: Rules,
    /// How many tests are corrected together.
    pub families: Families,
    /// What remains of the claims at equal divergence and at picked checkpoints.
    pub claims: Vec<Claim>,
    /// How many tests of claims are corrected together.
    pub claim_families: ClaimFamilies,
    /// One verdict per loss, with other swept scalars in its label.
    pub losses: Vec<LossVerdict>,
    /// The claims with tuned settings, where all axes set the size of a step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tuned: Option<Tuned>,
    /// The claims at equal budgets, where there are evaluations to read them at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budgets: Option<Budgets>,
}

/// Settings of the verdict.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Rules {
    /// Two-sided level after Holm's correction, and of the minimum detectable effect.
    pub alpha: f64,
    /// Power of the minimum detectable effect.
    pub power: f64,
    /// Equivalence margin as a share of the reference's value.
    pub margin_share: f64,
    /// Resamples of the bootstrap and of the sign-flip test.
    pub resamples: usize,
    /// Seed of both.
    pub seed: u64,
}

impl Default for Rules {
    fn default() -> Self {
        let Resampling { resamples, seed, .. } = Resampling::default();
        Self { alpha: 0.05, power: 0.8, margin_share: 0.05, resamples, seed }
    }
}

/// Sizes of the families that Holm's correction covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Families {
    /// Primary: every loss at its largest K against K*, the smallest K and the reference, whether or
    /// not two of these are one.
    pub primary: usize,
    /// Secondary: every other pair of K of every loss; those that are not looked at count as tests
    /// that reject nothing.
    pub over_negatives: usize,
    /// Secondary: one equivalence test per loss.
    pub equivalence: usize,
    /// Secondary: every pair of evaluation steps at the largest K of every loss, for the same reason.
    pub over_training: usize,
}

/// What can be said about a loss over K.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Ranking at the largest K is below that at the best K while the normalised training loss is
    /// not higher.
    Collapse,
    /// Ranking is the same within the margin, by an equivalence test.
    Plateau,
    /// Ranking at the largest K is better than at the smallest.
    Improves,
    /// None of these is shown.
    Inconclusive,
    /// There is a single K.
    NotApplicable,
}

impl Verdict {
    /// The word used in the report.
    pub fn word(self) -> &'static str {
        match self {
            Self::Collapse => "collapse",
            Self::Plateau => "plateau",
            Self::Improves => "improves",
            Self::Inconclusive => "inconclusive",
            Self::NotApplicable => "no verdict",
        }
    }
}

/// The verdict on one loss and the numbers behind it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LossVerdict {
    /// The loss with its other swept scalars.
    pub label: String,
    /// The verdict over K.
    pub verdict: Verdict,
    /// Why, in a clause.
    pub reason: String,
    /// K with the best mean on the validation split.
    pub best_k: Option<usize>,
    /// Smallest K with results.
    pub smallest_k: Option<usize>,
    /// Largest K with results.
    pub largest_k: Option<usize>,
    /// Every K above the best one, ascending, against the best one. The last, the depth, is a primary
    /// comparison, the others are secondary.
    pub larger: Vec<AtK>,
    /// Smallest K of `larger` at which there is collapse.
    pub onset_k: Option<usize>,
    /// Largest K minus smallest K; primary.
    pub range: Option<Difference>,
    /// Largest K minus the reference its cells started from; primary.
    pub against_reference: Option<Difference>,
    /// Best K (or the smallest, where the largest is best) and largest K being the same.
    pub equivalence: Option<Equivalence>,
    /// The same question over training time, at the largest K.
    pub over_training: Option<OverTraining>,
}

/// A number of negatives against the best one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AtK {
    /// Number of negatives.
    pub negatives: usize,
    /// Test measure at this K minus at the best K; none where no seed has ranks at both.
    pub difference: Option<Difference>,
    /// Normalised training loss at this K minus at the best K, mean over common seeds.
    pub loss_difference: Option<f64>,
    /// Measure surely lower, loss not higher.
    pub collapse: bool,
}

/// An equivalence test.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Equivalence {
    /// K that the largest K is compared with.
    pub from_k: usize,
    /// Differences below this size count as none.
    pub margin: f64,
    /// p of two one-sided tests.
    pub p: f64,
    /// p after Holm's correction over losses.
    pub p_holm: f64,
}

/// Ranking along training at the largest K.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OverTraining {
    /// Number of negatives.
    pub negatives: usize,
    /// Number of evaluations.
    pub steps: usize,
    /// Step with the best mean on the validation split.
    pub best_step: u32,
    /// First step from which on the measure stays surely lower, the normalised loss being lower
    /// too.
    pub onset_step: Option<u32>,
    /// Every later step against the best one.
    pub later: Vec<AtStep>,
}

/// An evaluation step against the best one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AtStep {
    /// Optimiser step.
    pub step: u32,
    /// Test measure at this step minus at the best step.
    pub difference: Difference,
    /// Normalised training loss at this step minus at the best step, mean over seeds.
    pub loss_difference: Option<f64>,
}

/// The verdicts of a sweep, and the ranks that are missing.
pub(crate) fn reach(
    findings: &Findings,
    frontier: &Frontier,
) -> Result<(Verdicts, Vec<Gap>), ReportError> {
    let rules = Rules::default();
    let (evidence, gaps) = evidence::gather(findings)?;
    let (losses, families) = decide::decide(&evidence, &rules);
    let (claims, claim_families) = claims::test(findings, frontier, &losses, &rules)?;
    let tuned = tuned::tune(findings, &evidence, &rules);
    let budgets = budgets::test(findings, frontier, &losses, &claims, &rules)?;
    let verdicts = Verdicts {
        format: VERDICT_FORMAT,
        experiment: findings.sweep.index.experiment.clone(),
        measure: findings.main().name(),
        rules,
        families,
        claims,
        claim_families,
        losses,
        tuned,
        budgets,
    };
    Ok((verdicts, gaps))
}
