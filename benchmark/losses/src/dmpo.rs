//! DMPO: `-log sigma(beta (rho(w) - mean_i rho(i)))`, the mean inside the sigmoid.
//!
//! Bai et al., "Aligning Large Language Model with Direct Multi-Preference Optimization for
//! Recommendation" (2024), as the field and DynamicPO state it; the authors' repository trains
//! K independent pairs with a likelihood term instead, which is [`crate::Cpo`].

use prefsweep_datasets::InvalidSetting;
use prefsweep_store::{Identify, Identity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::margin::{Aggregation, Compared, MarginForm, MarginLoss};
use crate::referenced::Referenced;
use crate::settings::{About, LossSettings};

/// DMPO.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Dmpo(pub Referenced);

impl Identify for Dmpo {
    fn identify(&self, identity: &mut Identity) {
        self.0.identify(identity);
    }
}

impl LossSettings for Dmpo {
    fn about(&self) -> About {
        About {
            title: "DMPO",
            formula: "-log sigma(mean_i m_i)",
            source: "Bai et al. 2024, arXiv 2405.16127, as the field states it; its repository trains what is cpo here",
        }
    }

    fn beta(&self) -> Option<f64> {
        self.0.beta
    }

    fn same_as(&self, negatives: usize) -> Option<Value> {
        (negatives == 1).then(|| json!({ "dpo": self }))
    }

    fn check(&self, _negatives: usize) -> Result<(), InvalidSetting> {
        self.0.check()
    }
}

impl MarginLoss for Dmpo {
    fn form(&self) -> MarginForm {
        let form = MarginForm::new(Compared::LogRatio, Aggregation::Inside);
        MarginForm { likelihood: self.0.nll, ..form }
    }
}
