//! IPO: `mean_i (rho(w) - rho(i) - 1 / (2 beta))^2`: a difference of log-ratios has a target, and one
//! beyond it is pulled back.
//!
//! Azar et al., "A General Theoretical Paradigm to Understand Learning from Human Preferences" (2023).
//! Of titles the log-ratio per token is compared, as TRL has it.

use prefsweep_datasets::InvalidSetting;
use prefsweep_store::{Identify, Identity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::margin::{Aggregation, Compared, MarginForm, MarginLoss, Penalty};
use crate::referenced::Referenced;
use crate::settings::{About, LossSettings};

/// IPO; its value grows as `beta` falls, `1 / (4 beta^2)` at the reference.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Ipo(pub Referenced);

impl Identify for Ipo {
    fn identify(&self, identity: &mut Identity) {
        self.0.identify(identity);
    }
}

impl LossSettings for Ipo {
    fn about(&self) -> About {
        About {
            title: "IPO",
            formula: "mean_i (rho(w) - rho(i) - 1 / (2 beta))^2",
            source: "Azar et al. 2023, arXiv 2310.12036, over K pairs",
        }
    }

    fn beta(&self) -> Option<f64> {
        self.0.beta
    }

    fn check(&self, _negatives: usize) -> Result<(), InvalidSetting> {
        self.0.check()
    }
}

impl MarginLoss for Ipo {
    fn form(&self) -> MarginForm {
        MarginForm {
            per_length: true,
            penalty: Penalty::Squared,
            likelihood: self.0.nll,
            ..MarginForm::new(Compared::LogRatio, Aggregation::Pairs)
        }
    }
}
