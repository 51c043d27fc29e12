//! DiscoPOP: `mean_i -(1 - s) log sigma(m_i) + s exp(-m_i)` with `s = sigma(m_i / 0.05)`.
//!
//! Lu et al., "Discovering Preference Optimization Algorithms with and for Large Language Models" (2024):
//! log-ratio modulated loss, with its temperature 0.05. Its weights may be negative.

use prefsweep_datasets::InvalidSetting;
use prefsweep_store::{Identify, Identity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::margin::{Aggregation, Compared, MarginForm, MarginLoss, Penalty};
use crate::referenced::Referenced;
use crate::settings::{About, LossSettings};

/// DiscoPOP's loss.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Discopop(pub Referenced);

impl Identify for Discopop {
    fn identify(&self, identity: &mut Identity) {
        self.0.identify(identity);
    }
}

impl LossSettings for Discopop {
    fn about(&self) -> About {
        About {
            title: "DiscoPOP",
            formula: "mean_i -(1 - s_i) log sigma(m_i) + s_i exp(-m_i), s_i = sigma(m_i / 0.05)",
            source: "Lu et al. 2024, arXiv 2406.08414, over K pairs",
        }
    }

    fn beta(&self) -> Option<f64> {
        self.0.beta
    }

    fn check(&self, _negatives: usize) -> Result<(), InvalidSetting> {
        self.0.check()
    }
}

impl MarginLoss for Discopop {
    fn form(&self) -> MarginForm {
        MarginForm {
            penalty: Penalty::Modulated(0.05),
            likelihood: self.0.nll,
            ..MarginForm::new(Compared::LogRatio, Aggregation::Pairs)
        }
    }
}
