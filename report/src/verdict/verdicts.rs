//! All verdicts of an experiment, as they are stored.

use serde::{Deserialize, Serialize};

use super::budgets::Budgets;
use super::claims::{Claim, ClaimFamilies};
use super::contrasts::Contrasts;
use super::decide::Families;
use super::few_users::FewUsers;
use super::loss_verdict::LossVerdict;
use super::measured::Measured;
use super::rules::Rules;
use super::tuned::Tuned;
use crate::axes::Axes;

/// Name of the file beside `report.md`.
pub const VERDICT_FILE: &str = "verdict.json";
/// The format version of [`VERDICT_FILE`].
///
/// Version 3 knew other verdicts, and a margin of 5 %; version 4 had neither dataset nor contrasts.
pub const VERDICT_FORMAT: u32 = 5;

/// All verdicts of an experiment, as in [`VERDICT_FILE`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Verdicts {
    /// Version of this layout, [`VERDICT_FORMAT`].
    pub format: u32,
    /// Name of the experiment.
    pub experiment: String,
    /// Name of the dataset.
    pub dataset: String,
    /// What was trained on, where that is another domain than what is tested.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trained_on: Option<String>,
    /// What is measured, for example `NDCG@10`: test split, full ranking.
    pub measure: String,
    /// Level and effort of the tests.
    pub rules: Rules,
    /// How many tests are corrected together.
    pub families: Families,
    /// Every claim at the end of training, at equal divergence and at picked checkpoints.
    pub claims: Vec<Claim>,
    /// How many tests of claims are corrected together.
    pub claim_families: ClaimFamilies,
    /// Comparisons that claims of the literature need beside these.
    pub contrasts: Contrasts,
    /// What training costs and draws, where that was recorded.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub measured: Vec<Measured>,
    /// One verdict per series.
    pub losses: Vec<LossVerdict>,
    /// What losses gain where training sees few users, where their number is an axis.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub few_users: Option<FewUsers>,
    /// The claims with tuned settings, where all axes set the size of a step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tuned: Option<Tuned>,
    /// The claims at equal budgets, where there are evaluations to read them at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budgets: Option<Budgets>,
}

impl Verdicts {
    /// The axes of the sweep.
    pub(crate) fn axes(&self) -> Axes {
        Axes::of(self.losses.iter().map(|loss| &loss.series.axes))
    }

    /// Whether any loss is compared with the supervised control.
    pub(crate) fn has_control(&self) -> bool {
        self.losses.iter().any(|loss| loss.against_control.is_some())
    }
}
