//! gBCE: `(-e log sigma(s(w)) - sum_i log sigma(-s(i))) / (K + 1)`, without a reference, where `e` undoes
//! what sampling K negatives does to the scores.
//!
//! Petrov and Macdonald, "gSASRec: Reducing Overconfidence in Sequential Recommendation Trained with
//! Negative Sampling" (2023): `e = a (t (1 - 1 / a) + 1 / a)`, `a = K / (n_items - 1)` the share of the
//! catalogue that is sampled. `t` is 0 for BCE and 1 for probabilities that are calibrated. Negatives are
//! drawn uniformly.

use burn::Tensor;
use burn::tensor::activation::log_sigmoid;
use prefsweep_datasets::InvalidSetting;
use prefsweep_store::{Identify, Identity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::bce::binary;
use crate::formulas::split;
use crate::inputs::{ClosedForm, LossInputs, Needs, Sample};
use crate::loss::Loss;
use crate::settings::{About, LossSettings};

/// Binary cross-entropy that is calibrated for sampling; it has no strength.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Gbce {
    /// How far scores are calibrated, from 0 (BCE) to 1.
    pub t: f64,
}

impl Default for Gbce {
    fn default() -> Self {
        Self { t: 0.75 }
    }
}

impl Gbce {
    /// The exponent of the positive's probability.
    fn exponent(&self, negatives: usize, catalogue: usize) -> f64 {
        let sampled = negatives as f64 / (catalogue - 1) as f64;
        sampled * (self.t * (1.0 - 1.0 / sampled) + 1.0 / sampled)
    }
}

impl Identify for Gbce {
    fn identify(&self, identity: &mut Identity) {
        identity.field("t", &self.t);
    }
}

impl LossSettings for Gbce {
    fn about(&self) -> About {
        About {
            title: "gBCE",
            formula: "(-e log sigma(s(w)) - sum_i log sigma(-s(i))) / (K + 1), \
                      e = a (t (1 - 1 / a) + 1 / a), a = K / (n_items - 1)",
            source: "Petrov and Macdonald 2023, arXiv 2308.07192",
        }
    }

    fn beta(&self) -> Option<f64> {
        Some(1.0)
    }

    fn has_strength(&self) -> bool {
        false
    }

    fn check(&self, _negatives: usize) -> Result<(), InvalidSetting> {
        if (0.0..=1.0).contains(&self.t) {
            return Ok(());
        }
        Err(InvalidSetting::new("t", self.t, "0 to 1"))
    }
}

impl Loss for Gbce {
    fn needs(&self) -> Needs {
        Needs { catalogue: true, ..Needs::default() }
    }

    fn per_sample(&self, inputs: LossInputs, _beta: f64) -> Tensor<1> {
        let catalogue = inputs.catalogue;
        let (positive, negatives) = split(inputs.scores);
        let k = negatives.dims()[1];
        let of_positive = log_sigmoid(positive) * self.exponent(k, catalogue);
        let sum = of_positive + log_sigmoid(negatives.neg()).sum_dim(1);
        (sum * (1.0 / (k + 1) as f64)).neg().squeeze_dim(1)
    }

    fn closed_forms(&self, samples: &[Sample<'_>], _beta: f64) -> Vec<ClosedForm> {
        let form = |sample: &Sample<'_>| {
            let k = sample.policy.len() - 1;
            let each = 1.0 / (k + 1) as f64;
            binary(sample.policy, each * self.exponent(k, sample.catalogue), each)
        };
        samples.iter().map(form).collect()
    }
}
