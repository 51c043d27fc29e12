//! Length-normalised DPO: `mean_i -log sigma(beta (rho(w) / len(w) - rho(i) / len(i)))`.
//!
//! `sigmoid_norm` of TRL. Of item ids, whose length is 1, it is DPO, and refused.

use prefsweep_datasets::InvalidSetting;
use prefsweep_store::{Identify, Identity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::margin::{Aggregation, Compared, MarginForm, MarginLoss};
use crate::referenced::Referenced;
use crate::settings::{About, LossSettings};

/// DPO per token.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct DpoNorm(pub Referenced);

impl Identify for DpoNorm {
    fn identify(&self, identity: &mut Identity) {
        self.0.identify(identity);
    }
}

impl LossSettings for DpoNorm {
    fn about(&self) -> About {
        About {
            title: "length-normalised DPO",
            formula: "mean_i -log sigma(beta (rho(w) / len(w) - rho(i) / len(i)))",
            source: "TRL's sigmoid_norm",
        }
    }

    fn beta(&self) -> Option<f64> {
        self.0.beta
    }

    fn check(&self, _negatives: usize) -> Result<(), InvalidSetting> {
        self.0.check()
    }
}

impl MarginLoss for DpoNorm {
    fn form(&self) -> MarginForm {
        MarginForm {
            per_length: true,
            needs_lengths: true,
            likelihood: self.0.nll,
            ..MarginForm::new(Compared::LogRatio, Aggregation::Pairs)
        }
    }
}
