//! MPPO: `-log sigma(sum_i (p(w) - p(i)))`: probabilities are compared, not their logarithms; without a
//! reference.
//!
//! Xie et al., "MPPO: Multi Pair-wise Preference Optimization for LLMs with Arbitrary Negative Samples"
//! (2024). Published without a strength. Of titles `p` is the geometric mean over tokens. Its pull on
//! the positive begins at `K p(w)` times DPO's, so that it needs a larger step.

use prefsweep_store::{Identify, Identity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::margin::{Aggregation, Compared, MarginForm, MarginLoss};
use crate::settings::{About, LossSettings};

/// MPPO; it has no settings and no strength.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Mppo {}

impl Identify for Mppo {
    fn identify(&self, _identity: &mut Identity) {}
}

impl LossSettings for Mppo {
    fn about(&self) -> About {
        About {
            title: "MPPO",
            formula: "-log sigma(sum_i (p(w) - p(i)))",
            source: "Xie et al. 2024, arXiv 2412.15244",
        }
    }

    fn beta(&self) -> Option<f64> {
        Some(1.0)
    }

    fn has_strength(&self) -> bool {
        false
    }
}

impl MarginLoss for Mppo {
    fn form(&self) -> MarginForm {
        let form = MarginForm::new(Compared::Probability, Aggregation::Total);
        MarginForm { per_length: true, ..form }
    }
}
