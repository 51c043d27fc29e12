//! Pairwise DPO: `mean_i -log sigma(beta (rho(w) - rho(i)))`.
//!
//! K = 1 is Rafailov et al., "Direct Preference Optimization" (2023); K > 1 averages K pairs, the
//! baseline of Chen et al., "On Softmax Direct Preference Optimization for Recommendation" (2024).

use prefsweep_store::{Identify, Identity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::margin::{Aggregation, Compared, MarginLoss};
use crate::settings::LossSettings;

/// Pairwise DPO; it has no settings of its own.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Dpo {}

impl Identify for Dpo {
    fn identify(&self, _identity: &mut Identity) {}
}

impl LossSettings for Dpo {}

impl MarginLoss for Dpo {
    fn compared(&self) -> Compared {
        Compared::LogRatio
    }

    fn aggregation(&self) -> Aggregation {
        Aggregation::Pairs
    }
}
