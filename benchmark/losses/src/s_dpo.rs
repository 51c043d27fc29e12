//! S-DPO: `log(1 + sum_i exp(-beta (rho(w) - rho(i))))`.
//!
//! Chen et al., "On Softmax Direct Preference Optimization for Recommendation" (2024); the same as
//! InfoNCA with one preferred item.

use prefsweep_datasets::InvalidSetting;
use prefsweep_store::{Identify, Identity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::margin::{Aggregation, Compared, MarginForm, MarginLoss};
use crate::referenced::Referenced;
use crate::settings::{About, LossSettings};

/// S-DPO.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct SDpo(pub Referenced);

impl Identify for SDpo {
    fn identify(&self, identity: &mut Identity) {
        self.0.identify(identity);
    }
}

impl LossSettings for SDpo {
    fn about(&self) -> About {
        About {
            title: "S-DPO",
            formula: "log(1 + sum_i exp(-m_i))",
            source: "Chen et al. 2024, arXiv 2406.09215",
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

impl MarginLoss for SDpo {
    fn form(&self) -> MarginForm {
        let form = MarginForm::new(Compared::LogRatio, Aggregation::Soft);
        MarginForm { likelihood: self.0.nll, ..form }
    }
}
