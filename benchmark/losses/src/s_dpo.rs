//! S-DPO: `log(1 + sum_i exp(-beta (rho(w) - rho(i))))`.
//!
//! Chen et al., "On Softmax Direct Preference Optimization for Recommendation" (2024).

use prefsweep_store::{Identify, Identity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::margin::{Aggregation, Compared, MarginLoss};
use crate::settings::LossSettings;

/// S-DPO; it has no settings of its own.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SDpo {}

impl Identify for SDpo {
    fn identify(&self, _identity: &mut Identity) {}
}

impl LossSettings for SDpo {
    fn same_as(&self, negatives: usize) -> Option<&'static str> {
        (negatives == 1).then_some("dpo")
    }
}

impl MarginLoss for SDpo {
    fn compared(&self) -> Compared {
        Compared::LogRatio
    }

    fn aggregation(&self) -> Aggregation {
        Aggregation::Soft
    }
}
