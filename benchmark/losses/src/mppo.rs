//! MPPO: `-log sigma(beta sum_i (p(w) - p(i)))`: probabilities are compared, not their logarithms; without a
//! reference.
//!
//! Xie et al., "MPPO: Multi Pair-wise Preference Optimization for LLMs with Arbitrary Negative Samples"
//! (2024). Published without a strength, which is a `beta` of 1. Of titles `p` is the geometric mean over
//! tokens. Its pull on the positive begins at `K p(w)` times DPO's, so that it needs a larger step.

use prefsweep_datasets::InvalidSetting;
use prefsweep_store::{Identify, Identity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::margin::{Aggregation, Compared, MarginForm, MarginLoss};
use crate::settings::{About, LossSettings};

/// MPPO.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Mppo {
    /// Strength of the pull, in place of `preference.beta`; 1 as published.
    pub beta: f64,
}

impl Default for Mppo {
    fn default() -> Self {
        Self { beta: 1.0 }
    }
}

impl Identify for Mppo {
    fn identify(&self, identity: &mut Identity) {
        identity.field("beta", &self.beta);
    }
}

impl LossSettings for Mppo {
    fn about(&self) -> About {
        About {
            title: "MPPO",
            formula: "-log sigma(beta sum_i (p(w) - p(i)))",
            source: "Xie et al. 2024, arXiv 2412.15244",
        }
    }

    fn beta(&self) -> Option<f64> {
        Some(self.beta)
    }

    fn check(&self, _negatives: usize) -> Result<(), InvalidSetting> {
        InvalidSetting::positive("beta", self.beta)
    }
}

impl MarginLoss for Mppo {
    fn form(&self) -> MarginForm {
        let form = MarginForm::new(Compared::Probability, Aggregation::Total);
        MarginForm { per_length: true, ..form }
    }
}
