//! R-DPO: `mean_i -log sigma(m_i + alpha (len(w) - len(i)))`: a longer positive is discounted.
//!
//! Park et al., "Disentangling Length from Quality in Direct Preference Optimization" (2024): a reward
//! less `alpha` times the length gives plus inside the sigmoid. Item ids have no lengths: refused.

use prefsweep_datasets::InvalidSetting;
use prefsweep_store::{Identify, Identity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::margin::{Aggregation, Compared, MarginForm, MarginLoss, Offset};
use crate::referenced::Referenced;
use crate::settings::{About, LossSettings};

/// DPO that discounts lengths.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RDpo {
    /// What a token costs.
    pub alpha: f64,
    /// Strength of the pull; none: `preference.beta`.
    pub beta: Option<f64>,
    /// Weight `a` of a likelihood term `-a logp(w)` that is added.
    pub nll: f64,
}

impl Default for RDpo {
    fn default() -> Self {
        Self { alpha: 0.05, beta: None, nll: 0.0 }
    }
}

impl RDpo {
    fn referenced(&self) -> Referenced {
        Referenced { beta: self.beta, nll: self.nll }
    }
}

impl Identify for RDpo {
    fn identify(&self, identity: &mut Identity) {
        identity.field("alpha", &self.alpha);
        self.referenced().identify(identity);
    }
}

impl LossSettings for RDpo {
    fn about(&self) -> About {
        About {
            title: "R-DPO",
            formula: "mean_i -log sigma(m_i + alpha (len(w) - len(i)))",
            source: "Park et al. 2024, arXiv 2403.19159, over K pairs",
        }
    }

    fn beta(&self) -> Option<f64> {
        self.beta
    }

    fn check(&self, _negatives: usize) -> Result<(), InvalidSetting> {
        InvalidSetting::not_negative("alpha", self.alpha)?;
        self.referenced().check()
    }
}

impl MarginLoss for RDpo {
    fn form(&self) -> MarginForm {
        MarginForm {
            needs_lengths: true,
            offset: Offset::Length(self.alpha),
            likelihood: self.nll,
            ..MarginForm::new(Compared::LogRatio, Aggregation::Pairs)
        }
    }
}
