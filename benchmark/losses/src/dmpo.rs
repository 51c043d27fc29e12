//! DMPO: `-log sigma(beta (rho(w) - mean_i rho(i)))`, the mean inside the sigmoid.
//!
//! Bai et al., "Aligning Large Language Model with Direct Multi-Preference Optimization for
//! Recommendation" (2024), as the field and DynamicPO state it; the authors' repository trains
//! K independent pairs with a likelihood term instead, which is [`crate::Cpo`].

use prefsweep_store::{Identify, Identity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::margin::{Aggregation, Compared, MarginLoss};
use crate::settings::LossSettings;

/// DMPO; it has no settings of its own.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Dmpo {}

impl Identify for Dmpo {
    fn identify(&self, _identity: &mut Identity) {}
}

impl LossSettings for Dmpo {
    fn same_as(&self, negatives: usize) -> Option<&'static str> {
        (negatives == 1).then_some("dpo")
    }
}

impl MarginLoss for Dmpo {
    fn compared(&self) -> Compared {
        Compared::LogRatio
    }

    fn aggregation(&self) -> Aggregation {
        Aggregation::Inside
    }
}
