//! BCE: `-log sigma(s(w)) - mean_i log sigma(-s(i))`, without a reference.
//!
//! The loss of Kang and McAuley, "Self-Attentive Sequential Recommendation" (2018), here with K negatives
//! instead of one.

use burn::Tensor;
use burn::tensor::activation::log_sigmoid;
use prefsweep_store::{Identify, Identity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::formulas::{sigmoid, softplus, split};
use crate::inputs::{ClosedForm, LossInputs, Needs, Sample};
use crate::loss::Loss;
use crate::settings::{About, LossSettings};

/// Binary cross-entropy; it has no settings and no strength.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Bce {}

impl Identify for Bce {
    fn identify(&self, _identity: &mut Identity) {}
}

impl LossSettings for Bce {
    fn about(&self) -> About {
        About {
            title: "BCE",
            formula: "-log sigma(s(w)) - mean_i log sigma(-s(i))",
            source: "Kang and McAuley 2018, arXiv 1808.09781, with K negatives",
        }
    }

    fn beta(&self) -> Option<f64> {
        Some(1.0)
    }

    fn has_strength(&self) -> bool {
        false
    }
}

impl Loss for Bce {
    fn needs(&self) -> Needs {
        Needs::default()
    }

    fn per_sample(&self, inputs: LossInputs, _beta: f64) -> Tensor<1> {
        let (positive, negatives) = split(inputs.scores);
        (log_sigmoid(positive) + log_sigmoid(negatives.neg()).mean_dim(1)).neg().squeeze_dim(1)
    }

    fn closed_forms(&self, samples: &[Sample<'_>], _beta: f64) -> Vec<ClosedForm> {
        let each = 1.0 / (samples[0].policy.len() - 1) as f64;
        let form = |sample: &Sample<'_>| binary(sample.policy, 1.0, each);
        samples.iter().map(form).collect()
    }
}

/// `-positive log sigma(s(w)) - each sum_i log sigma(-s(i))`.
pub(crate) fn binary(scores: &[f64], positive: f64, each: f64) -> ClosedForm {
    let negatives = &scores[1..];
    ClosedForm {
        loss: positive * softplus(-scores[0])
            + each * negatives.iter().map(|score| softplus(*score)).sum::<f64>(),
        positive_weight: positive * sigmoid(-scores[0]),
        negative_weights: negatives.iter().map(|score| each * sigmoid(*score)).collect(),
        at_reference: None,
        strengths: None,
        coefficients: None,
    }
}
