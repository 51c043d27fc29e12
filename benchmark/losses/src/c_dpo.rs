//! cDPO: `mean_i -(1 - e) log sigma(m_i) - e log sigma(-m_i)`: DPO with smoothed labels.
//!
//! Mitchell, "A note on DPO with noisy preferences and relationship to IPO" (2023). A margin beyond
//! `log((1 - e) / e)` is pulled back: weights may be negative.

use prefsweep_datasets::InvalidSetting;
use prefsweep_store::{Identify, Identity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::margin::{Aggregation, Compared, MarginForm, MarginLoss, Penalty};
use crate::referenced::Referenced;
use crate::settings::{About, LossSettings};

/// DPO with smoothed labels.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CDpo {
    /// How often the preference is the other way round; below one half. The default is prefsweep's own.
    pub epsilon: f64,
    /// Strength of the pull; none: `preference.beta`.
    pub beta: Option<f64>,
    /// Weight `a` of a likelihood term `-a logp(w)` that is added.
    pub nll: f64,
}

impl Default for CDpo {
    fn default() -> Self {
        Self { epsilon: 0.1, beta: None, nll: 0.0 }
    }
}

impl CDpo {
    fn referenced(&self) -> Referenced {
        Referenced { beta: self.beta, nll: self.nll }
    }
}

impl Identify for CDpo {
    fn identify(&self, identity: &mut Identity) {
        identity.field("epsilon", &self.epsilon);
        self.referenced().identify(identity);
    }
}

impl LossSettings for CDpo {
    fn about(&self) -> About {
        About {
            title: "cDPO",
            formula: "mean_i -(1 - e) log sigma(m_i) - e log sigma(-m_i)",
            source: "Mitchell 2023, https://ericmitchell.ai/cdpo.pdf, over K pairs",
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

impl MarginLoss for CDpo {
    fn form(&self) -> MarginForm {
        MarginForm {
            penalty: Penalty::Smoothed(self.epsilon),
            likelihood: self.nll,
            ..MarginForm::new(Compared::LogRatio, Aggregation::Pairs)
        }
    }
}
