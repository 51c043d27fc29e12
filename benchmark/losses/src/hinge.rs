//! Hinge: `mean_i max(0, 1 - beta (rho(w) - rho(i)))`; a margin of 1 is enough.
//!
//! Zhao et al., "SLiC-HF: Sequence Likelihood Calibration with Human Feedback" (2023), on log-ratios as
//! TRL has it.

use prefsweep_datasets::InvalidSetting;
use prefsweep_store::{Identify, Identity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::margin::{Aggregation, Compared, MarginForm, MarginLoss, Penalty};
use crate::referenced::Referenced;
use crate::settings::{About, LossSettings};

/// The hinge loss.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Hinge(pub Referenced);

impl Identify for Hinge {
    fn identify(&self, identity: &mut Identity) {
        self.0.identify(identity);
    }
}

impl LossSettings for Hinge {
    fn about(&self) -> About {
        About {
            title: "SLiC hinge",
            formula: "mean_i max(0, 1 - m_i)",
            source: "Zhao et al. 2023, arXiv 2305.10425, on log-ratios as TRL has it",
        }
    }

    fn beta(&self) -> Option<f64> {
        self.0.beta
    }

    fn check(&self, _negatives: usize) -> Result<(), InvalidSetting> {
        self.0.check()
    }
}

impl MarginLoss for Hinge {
    fn form(&self) -> MarginForm {
        MarginForm {
            penalty: Penalty::Hinge,
            likelihood: self.0.nll,
            ..MarginForm::new(Compared::LogRatio, Aggregation::Pairs)
        }
    }
}
