//! Sampled softmax: `log(1 + sum_i exp(s(i) - s(w)))`, without a reference.
//!
//! The cross-entropy of the positive among the K sampled negatives; a supervised control that sees the
//! same negatives as a preference loss. With `log_q`, `log(K q_i)` is taken from each negative's score,
//! with `q_i` its probability of being drawn, so that the denominator estimates that over the positive and all
//! that the user has not had (Bengio and Senecal 2008); the positive is not sampled and not corrected (Zhang et al.,
//! arXiv 2507.09331).

use prefsweep_store::{Identify, Identity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::margin::{Aggregation, Compared, MarginForm, MarginLoss};
use crate::settings::{About, LossSettings};

/// Cross-entropy over the positive and its negatives; it has no strength.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SoftmaxCe {
    /// Correct for the probability of each negative being drawn; with the samplers `uniform` and
    /// `popularity`.
    pub log_q: bool,
}

impl Identify for SoftmaxCe {
    fn identify(&self, identity: &mut Identity) {
        identity.field("log_q", &self.log_q);
    }
}

impl LossSettings for SoftmaxCe {
    fn about(&self) -> About {
        About {
            title: "softmax CE",
            formula: "log(1 + sum_i exp(s(i) - s(w)))",
            source: "sampled softmax; log_q as in Zhang et al. 2025, arXiv 2507.09331",
        }
    }

    fn beta(&self) -> Option<f64> {
        Some(1.0)
    }

    fn has_strength(&self) -> bool {
        false
    }
}

impl MarginLoss for SoftmaxCe {
    fn form(&self) -> MarginForm {
        let form = MarginForm::new(Compared::LogProbability, Aggregation::Soft);
        MarginForm { adds_log_counts: self.log_q, ..form }
    }
}
