//! SimPO: `mean_i -log sigma(beta (logp(w) - logp(i)) - gamma)`, without a reference.
//!
//! Meng et al., "SimPO: Simple Preference Optimization with a Reference-Free Reward" (2024). Of titles
//! log-probabilities per token are compared. The defaults are those of the authors' scripts.

use prefsweep_datasets::InvalidSetting;
use prefsweep_store::{Identify, Identity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::margin::{Aggregation, Compared, MarginForm, MarginLoss, Offset};
use crate::settings::{About, LossSettings};

/// Pairwise DPO on log-probabilities, with a margin to exceed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SimPo {
    /// Strength of the pull, in place of `preference.beta`.
    pub beta: f64,
    /// What every margin must exceed.
    pub gamma: f64,
}

impl Default for SimPo {
    fn default() -> Self {
        Self { beta: 2.0, gamma: 0.5 }
    }
}

impl Identify for SimPo {
    fn identify(&self, identity: &mut Identity) {
        identity.field("beta", &self.beta);
        identity.field("gamma", &self.gamma);
    }
}

impl LossSettings for SimPo {
    fn about(&self) -> About {
        About {
            title: "SimPO",
            formula: "mean_i -log sigma(beta (logp(w) - logp(i)) - gamma)",
            source: "Meng et al. 2024, arXiv 2405.14734, over K pairs",
        }
    }

    fn beta(&self) -> Option<f64> {
        Some(self.beta)
    }

    fn check(&self, _negatives: usize) -> Result<(), InvalidSetting> {
        InvalidSetting::positive("beta", self.beta)?;
        InvalidSetting::finite("gamma", self.gamma)
    }
}

impl MarginLoss for SimPo {
    fn form(&self) -> MarginForm {
        MarginForm {
            per_length: true,
            offset: Offset::Constant(self.gamma),
            ..MarginForm::new(Compared::LogProbability, Aggregation::Pairs)
        }
    }
}
