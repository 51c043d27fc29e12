//! CPO-SimPO: `mean_i -log sigma(beta (logp(w) - logp(i)) - gamma) - alpha logp(w)`, without a reference.
//!
//! SimPO beside the likelihood of the positive, as TRL's CPO trainer has it. Of titles all
//! log-probabilities are per token. The defaults are SimPO's and CPO's.

use prefsweep_datasets::InvalidSetting;
use prefsweep_store::{Identify, Identity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::margin::{Aggregation, Compared, MarginForm, MarginLoss, Offset};
use crate::settings::{About, LossSettings};

/// SimPO beside the likelihood of the positive.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CpoSimPo {
    /// Strength of the pull, in place of `preference.beta`.
    pub beta: f64,
    /// What every margin must exceed.
    pub gamma: f64,
    /// Weight of the likelihood term.
    pub alpha: f64,
}

impl Default for CpoSimPo {
    fn default() -> Self {
        Self { beta: 2.0, gamma: 0.5, alpha: 1.0 }
    }
}

impl Identify for CpoSimPo {
    fn identify(&self, identity: &mut Identity) {
        identity.field("beta", &self.beta);
        identity.field("gamma", &self.gamma);
        identity.field("alpha", &self.alpha);
    }
}

impl LossSettings for CpoSimPo {
    fn about(&self) -> About {
        About {
            title: "CPO-SimPO",
            formula: "mean_i -log sigma(beta (logp(w) - logp(i)) - gamma) - alpha logp(w)",
            source: "TRL's CPO trainer with simpo; SimPO and CPO in one",
        }
    }

    fn beta(&self) -> Option<f64> {
        Some(self.beta)
    }

    fn check(&self, _negatives: usize) -> Result<(), InvalidSetting> {
        InvalidSetting::positive("beta", self.beta)?;
        InvalidSetting::finite("gamma", self.gamma)?;
        InvalidSetting::not_negative("alpha", self.alpha)
    }
}

impl MarginLoss for CpoSimPo {
    fn form(&self) -> MarginForm {
        MarginForm {
            per_length: true,
            offset: Offset::Constant(self.gamma),
            likelihood: self.alpha,
            likelihood_per_length: true,
            ..MarginForm::new(Compared::LogProbability, Aggregation::Pairs)
        }
    }
}
