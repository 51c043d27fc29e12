//! Softmax SimPO: `log(1 + sum_i exp(gamma - beta (logp(w) - logp(i))))`, without a reference.
//!
//! SimPO with S-DPO's aggregation, as in the repository of RecPO. Of titles log-probabilities per token
//! are compared. The defaults are SimPO's.

use prefsweep_datasets::InvalidSetting;
use prefsweep_store::{Identify, Identity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::margin::{Aggregation, Compared, MarginForm, MarginLoss, Offset};
use crate::settings::{About, LossSettings};

/// S-DPO on log-probabilities, with a margin to exceed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SSimPo {
    /// Strength of the pull, in place of `preference.beta`.
    pub beta: f64,
    /// What every margin must exceed.
    pub gamma: f64,
}

impl Default for SSimPo {
    fn default() -> Self {
        Self { beta: 2.0, gamma: 0.5 }
    }
}

impl Identify for SSimPo {
    fn identify(&self, identity: &mut Identity) {
        identity.field("beta", &self.beta);
        identity.field("gamma", &self.gamma);
    }
}

impl LossSettings for SSimPo {
    fn about(&self) -> About {
        About {
            title: "S-SimPO",
            formula: "log(1 + sum_i exp(gamma - beta (logp(w) - logp(i))))",
            source: "SimPO with S-DPO's softmax, as in RecPO's repository",
        }
    }

    fn beta(&self) -> Option<f64> {
        Some(self.beta)
    }

    fn same_as(&self, negatives: usize) -> Option<Value> {
        (negatives == 1).then(|| json!({ "sim_po": self }))
    }

    fn check(&self, _negatives: usize) -> Result<(), InvalidSetting> {
        InvalidSetting::positive("beta", self.beta)?;
        InvalidSetting::finite("gamma", self.gamma)
    }
}

impl MarginLoss for SSimPo {
    fn form(&self) -> MarginForm {
        MarginForm {
            per_length: true,
            offset: Offset::Constant(self.gamma),
            ..MarginForm::new(Compared::LogProbability, Aggregation::Soft)
        }
    }
}
