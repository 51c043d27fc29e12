//! Pairwise DPO: `mean_i -log sigma(beta (rho(w) - rho(i)))`.
//!
//! K = 1 is Rafailov et al., "Direct Preference Optimization" (2023); K > 1 averages K pairs, the
//! baseline of Chen et al., "On Softmax Direct Preference Optimization for Recommendation" (2024).

use prefsweep_datasets::InvalidSetting;
use prefsweep_store::{Identify, Identity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::margin::{Aggregation, Compared, MarginForm, MarginLoss};
use crate::referenced::Referenced;
use crate::settings::{About, LossSettings};

/// Pairwise DPO.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Dpo(pub Referenced);

impl Identify for Dpo {
    fn identify(&self, identity: &mut Identity) {
        self.0.identify(identity);
    }
}

impl LossSettings for Dpo {
    fn about(&self) -> About {
        About {
            title: "DPO",
            formula: "mean_i -log sigma(m_i)",
            source: "Rafailov et al. 2023, arXiv 2305.18290, over K pairs",
        }
    }

    fn beta(&self) -> Option<f64> {
        self.0.beta
    }

    fn check(&self, _negatives: usize) -> Result<(), InvalidSetting> {
        self.0.check()
    }
}

impl MarginLoss for Dpo {
    fn form(&self) -> MarginForm {
        let form = MarginForm::new(Compared::LogRatio, Aggregation::Pairs);
        MarginForm { likelihood: self.0.nll, ..form }
    }
}
