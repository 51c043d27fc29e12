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
use crate::noisy::Noisy;
use crate::settings::{About, LossSettings};

/// DPO, corrected for noisy labels.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct RobustDpo(pub Noisy);

impl Identify for RobustDpo {
    fn identify(&self, identity: &mut Identity) {
        self.0.identify(identity);
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
        self.0.beta
    }

    fn check(&self, _negatives: usize) -> Result<(), InvalidSetting> {
        self.0.check()
    }
}

impl MarginLoss for RobustDpo {
    fn form(&self) -> MarginForm {
        MarginForm {
            penalty: Penalty::Robust(self.0.epsilon),
            likelihood: self.0.nll,
            ..MarginForm::new(Compared::LogRatio, Aggregation::Pairs)
        }
    }
}
