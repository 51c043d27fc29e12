//! What a claim is.

use serde::Serialize;

use super::compared::{Compared, Loss};
use crate::distinct::distinct;
use crate::verdict::{Quantity, Verdicts};

/// A sentence of a paper, and what tests it.
#[derive(Debug, Serialize)]
pub(super) struct PaperClaim {
    /// Name in files and links.
    pub(super) id: &'static str,
    /// In a few words.
    pub(super) title: &'static str,
    /// The paper's sentence, summarised.
    pub(super) sentence: &'static str,
    /// Number of the paper at arxiv.org; empty for a question of our own.
    pub(super) source: &'static str,
    /// The first one is what is pooled and drawn.
    #[serde(skip)]
    pub(super) comparisons: &'static [Comparison],
    pub(super) combine: Combine,
    #[serde(skip)]
    pub(super) condition: Option<Condition>,
}

/// One comparison, as an experiment's verdicts hold it.
#[derive(Debug)]
pub(super) struct Comparison {
    /// Both sides in words, for example `boundary set − all negatives`.
    pub(super) name: &'static str,
    pub(super) of: Compared,
    pub(super) expected: Expected,
}

/// What the claim says of a difference.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Expected {
    Lower,
    Higher,
    /// Lower, or equivalent.
    NotHigher,
    /// Higher by less than so many percent, or lower.
    Under(f64),
}

/// How comparisons make an outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Combine {
    /// Each one has to support the claim, and an experiment has to hold them all.
    All,
    /// One has to support the claim, of those that an experiment holds.
    Any,
}

/// What has to be so for a comparison to speak for the claim.
#[derive(Debug, Clone, Copy)]
pub(super) enum Condition {
    /// The mean normalised training loss of this loss at its largest K is not higher than at K*.
    LossDoesNotRise(Loss),
    /// The K of this loss that is best on validation is 3 to 5.
    BestIsThreeToFive(Loss),
    /// Training was in another domain than the test.
    AcrossDomains,
}

impl PaperClaim {
    /// Whether it is about what was trained in another domain.
    pub(super) fn is_across_domains(&self) -> bool {
        matches!(self.condition, Some(Condition::AcrossDomains))
    }

    /// Whether an experiment may test it: what was trained in another domain tests what is said of that, and nothing
    /// else.
    pub(super) fn is_about(&self, verdicts: &Verdicts) -> bool {
        self.is_across_domains() == verdicts.trained_on.is_some()
    }

    /// What its comparisons are of, each once; none stands for ranking.
    pub(super) fn quantities(&self) -> Vec<Option<Quantity>> {
        distinct(self.comparisons.iter().map(|comparison| comparison.of.quantity()))
    }
}

impl Expected {
    pub(super) fn words(self) -> String {
        match self {
            Self::Lower => "lower".to_owned(),
            Self::Higher => "higher".to_owned(),
            Self::NotHigher => "not higher".to_owned(),
            Self::Under(percent) => format!("less than {percent} % higher"),
        }
    }
}
