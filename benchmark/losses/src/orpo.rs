//! ORPO: `lambda mean_i -log sigma(logit p(w) - logit p(i)) - logp(w)`: odds beside likelihood, without
//! a reference.
//!
//! Hong et al., "ORPO: Monolithic Preference Optimization without Reference Model" (2024), over K pairs.
//! Of titles `p` is the geometric mean over tokens, and the likelihood is per token.

use prefsweep_datasets::InvalidSetting;
use prefsweep_store::{Identify, Identity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::margin::{Aggregation, Compared, MarginForm, MarginLoss};
use crate::settings::{About, LossSettings};

/// Odds ratios beside the likelihood of the positive; it has no strength.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Orpo {
    /// Weight of the odds ratios beside the likelihood.
    pub lambda: f64,
}

impl Default for Orpo {
    fn default() -> Self {
        Self { lambda: 0.1 }
    }
}

impl Identify for Orpo {
    fn identify(&self, identity: &mut Identity) {
        identity.field("lambda", &self.lambda);
    }
}

impl LossSettings for Orpo {
    fn about(&self) -> About {
        About {
            title: "ORPO",
            formula: "lambda mean_i -log sigma(logit p(w) - logit p(i)) - logp(w)",
            source: "Hong et al. 2024, arXiv 2403.07691, over K pairs",
        }
    }

    fn beta(&self) -> Option<f64> {
        Some(1.0)
    }

    fn has_strength(&self) -> bool {
        false
    }

    fn check(&self, _negatives: usize) -> Result<(), InvalidSetting> {
        InvalidSetting::positive("lambda", self.lambda)
    }
}

impl MarginLoss for Orpo {
    fn form(&self) -> MarginForm {
        MarginForm {
            per_length: true,
            scale: self.lambda,
            likelihood: 1.0,
            likelihood_per_length: true,
            ..MarginForm::new(Compared::LogOdds, Aggregation::Pairs)
        }
    }
}
