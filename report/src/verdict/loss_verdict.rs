//! The verdict on one loss and the numbers behind it.

use prefsweep_store::SeriesKey;
use serde::{Deserialize, Serialize};

use super::compare::Difference;

/// What can be said about a loss over K. *Significantly* means after correction, with the interval on
/// one side of zero; the margin is that of indifference, [`Rules::margin_share`](super::Rules).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Ranking at the largest K is significantly below that at the best K, by more than the margin,
    /// while the normalised training loss is not higher.
    Collapse,
    /// As collapse, by no more than the margin.
    SmallDrop,
    /// The difference is within the margin, by an equivalence test, and its interval holds zero.
    Equivalent,
    /// Ranking at the largest K is significantly above that at the smallest, by more than the margin.
    Improves,
    /// As improves, by no more than the margin.
    SmallRise,
    /// None of these.
    Undecided,
    /// The supervised control, which does not depend on K.
    Control,
    /// There is a single K.
    NotApplicable,
}

impl Verdict {
    /// The word used in the report.
    pub fn word(self) -> &'static str {
        match self {
            Self::Collapse => "collapse",
            Self::SmallDrop => "small drop",
            Self::Equivalent => "equivalent",
            Self::Improves => "improves",
            Self::SmallRise => "small rise",
            Self::Undecided => "undecided",
            Self::Control => "control",
            Self::NotApplicable => "no verdict",
        }
    }
}

/// The verdict on one loss and the numbers behind it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LossVerdict {
    /// The loss and the values on the other axes.
    pub series: SeriesKey,
    /// The series as people read it.
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
    /// Every K below the best one, ascending, against the best one; secondary.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub smaller: Vec<AtK>,
    /// Smallest K of `larger` that [drops](AtK::drops), where the verdict is a collapse or a small drop.
    pub onset_k: Option<usize>,
    /// Largest K minus smallest K; primary.
    pub range: Option<Difference>,
    /// Largest K minus the reference its cells started from; primary.
    pub against_reference: Option<Difference>,
    /// Largest K minus the supervised control with the same values on the axes; primary. None where the
    /// sweep has no control.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub against_control: Option<Difference>,
    /// Best K (or the smallest, where the largest is best) and largest K being the same.
    pub equivalence: Option<Equivalence>,
    /// The same question over training time, at the largest K.
    pub over_training: Option<OverTraining>,
    /// Seconds of training and sampling per step at the largest K, mean over seeds, where recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step_seconds: Option<f64>,
}

impl LossVerdict {
    /// The comparison of the table: the largest K against the best one, or against the smallest
    /// where the largest is the best.
    pub(crate) fn headline(&self) -> Option<(usize, &Difference)> {
        let at_largest = self.larger.last().map(|at| at.difference.as_ref());
        match at_largest {
            Some(difference) => self.best_k.zip(difference),
            None => self.smallest_k.zip(self.range.as_ref()),
        }
    }

    /// Whether the loss is worth having: at its largest K significantly above the reference and above
    /// the supervised control. Without a control nothing is called a gain.
    pub fn is_gain(&self, alpha: f64) -> bool {
        let both = [&self.against_reference, &self.against_control];
        both.into_iter().all(|found| found.as_ref().is_some_and(|found| found.rises(alpha)))
    }

    /// Every K but the best one with its difference to the best one, where it could be tested.
    pub(crate) fn over_k(&self) -> impl Iterator<Item = (usize, &Difference)> {
        let all = self.smaller.iter().chain(&self.larger);
        all.filter_map(|at| Some((at.negatives, at.difference.as_ref()?)))
    }
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
    /// Measure significantly lower, loss not higher; by however little.
    pub drops: bool,
}

/// An equivalence test of the [comparison](LossVerdict) over K.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Equivalence {
    /// K that the largest K is compared with.
    pub from_k: usize,
    /// Margin of indifference: differences below this size do not matter.
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
