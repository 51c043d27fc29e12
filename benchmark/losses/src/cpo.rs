//! CPO: `mean_i -log sigma(beta (logp(w) - logp(i))) - alpha logp(w)`, without a reference.
//!
//! Xu et al., "Contrastive Preference Optimization" (2024), over K pairs. With `alpha` 1 and `beta`
//! 0.1 it is also what the repository of DMPO's authors trains.

use prefsweep_datasets::InvalidSetting;
use prefsweep_store::{Identify, Identity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::margin::{Aggregation, Compared, MarginForm, MarginLoss};
use crate::settings::{About, LossSettings};

/// Pairwise DPO on log-probabilities, beside the likelihood of the positive.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Cpo {
    /// Strength of the pull, in place of `preference.beta`.
    pub beta: f64,
    /// Weight of the likelihood term.
    pub alpha: f64,
}

impl Default for Cpo {
    fn default() -> Self {
        Self { beta: 0.1, alpha: 1.0 }
    }
}

impl Identify for Cpo {
    fn identify(&self, identity: &mut Identity) {
        identity.field("beta", &self.beta);
        identity.field("alpha", &self.alpha);
    }
}

impl LossSettings for Cpo {
    fn about(&self) -> About {
        About {
            title: "CPO",
            formula: "mean_i -log sigma(beta (logp(w) - logp(i))) - alpha logp(w)",
            source: "Xu et al. 2024, arXiv 2401.08417, over K pairs; what DMPO's repository trains",
        }
    }

    fn beta(&self) -> Option<f64> {
        Some(self.beta)
    }

    fn check(&self, _negatives: usize) -> Result<(), InvalidSetting> {
        InvalidSetting::positive("beta", self.beta)?;
        InvalidSetting::not_negative("alpha", self.alpha)
    }
}

impl MarginLoss for Cpo {
    fn form(&self) -> MarginForm {
        MarginForm {
            likelihood: self.alpha,
            ..MarginForm::new(Compared::LogProbability, Aggregation::Pairs)
        }
    }
}
