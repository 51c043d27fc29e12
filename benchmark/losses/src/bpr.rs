//! BPR: `mean_i -log sigma(s(w) - s(i))`, without a reference.
//!
//! Rendle et al., "BPR: Bayesian Personalized Ranking from Implicit Feedback" (2009), over K pairs.

use prefsweep_store::{Identify, Identity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::margin::{Aggregation, Compared, MarginForm, MarginLoss};
use crate::settings::{About, LossSettings};

/// Logistic loss of score differences; it has no settings and no strength.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Bpr {}

impl Identify for Bpr {
    fn identify(&self, _identity: &mut Identity) {}
}

impl LossSettings for Bpr {
    fn about(&self) -> About {
        About {
            title: "BPR",
            formula: "mean_i -log sigma(s(w) - s(i))",
            source: "Rendle et al. 2009, arXiv 1205.2618, over K pairs",
        }
    }

    fn beta(&self) -> Option<f64> {
        Some(1.0)
    }

    fn has_strength(&self) -> bool {
        false
    }

    fn same_as(&self, negatives: usize) -> Option<Value> {
        (negatives == 1).then(|| json!("softmax_ce"))
    }
}

impl MarginLoss for Bpr {
    fn form(&self) -> MarginForm {
        MarginForm::new(Compared::LogProbability, Aggregation::Pairs)
    }
}
