//! Robust DPO: `mean_i (-(1 - e) log sigma(m_i) + e log sigma(-m_i)) / (1 - 2 e)`: unbiased where a
//! preference is the other way round with probability e.
//!
//! Chowdhury et al., "Provably Robust DPO: Aligning Language Models with Noisy Feedback" (2024). It has
//! no lower bound.

use prefsweep_datasets::InvalidSetting;
use prefsweep_store::{Identify, Identity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::margin::{Aggregation, Compared, MarginForm, MarginLoss, Penalty};
use crate::referenced::Referenced;
use crate::settings::{About, LossSettings};

/// DPO, corrected for noisy labels.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RobustDpo {
    /// How often the preference is the other way round; below one half. The default is prefsweep's own.
    pub epsilon: f64,
    /// Strength of the pull; none: `preference.beta`.
    pub beta: Option<f64>,
    /// Weight `a` of a likelihood term `-a logp(w)` that is added.
    pub nll: f64,
}

impl Default for RobustDpo {
    fn default() -> Self {
        Self { epsilon: 0.1, beta: None, nll: 0.0 }
    }
}

impl RobustDpo {
    fn referenced(&self) -> Referenced {
        Referenced { beta: self.beta, nll: self.nll }
    }
}

impl Identify for RobustDpo {
    fn identify(&self, identity: &mut Identity) {
        identity.field("epsilon", &self.epsilon);
        self.referenced().identify(identity);
    }
}

impl LossSettings for RobustDpo {
    fn about(&self) -> About {
        About {
            title: "robust DPO",
            formula: "mean_i (-(1 - e) log sigma(m_i) + e log sigma(-m_i)) / (1 - 2 e)",
            source: "Chowdhury et al. 2024, arXiv 2403.00409, over K pairs",
        }
    }

    fn beta(&self) -> Option<f64> {
        self.beta
    }

    fn check(&self, _negatives: usize) -> Result<(), InvalidSetting> {
        if !(0.0..0.5).contains(&self.epsilon) {
            return Err(InvalidSetting::new("epsilon", self.epsilon, "0 or above and below 0.5"));
        }
        self.referenced().check()
    }
}

impl MarginLoss for RobustDpo {
    fn form(&self) -> MarginForm {
        MarginForm {
            penalty: Penalty::Robust(self.epsilon),
            likelihood: self.nll,
            ..MarginForm::new(Compared::LogRatio, Aggregation::Pairs)
        }
    }
}
