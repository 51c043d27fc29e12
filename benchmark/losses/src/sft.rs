//! Supervised fine-tuning: `-log p(w)` over the whole catalogue, continued from the reference.
//!
//! The control of every claim that a preference loss helps: the same further steps without preferences.

use burn::Tensor;
use prefsweep_store::{Identify, Identity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::formulas::split;
use crate::inputs::{ClosedForm, LossInputs, Needs, Sample};
use crate::loss::Loss;
use crate::settings::{About, LossSettings};

/// Cross-entropy over the catalogue; it has no settings, no strength, and uses no negatives.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Sft {}

impl Identify for Sft {
    fn identify(&self, _identity: &mut Identity) {}
}

impl LossSettings for Sft {
    fn about(&self) -> About {
        About {
            title: "SFT",
            formula: "-logp(w)",
            source: "supervised training continued, the control of every claim",
        }
    }

    fn beta(&self) -> Option<f64> {
        Some(1.0)
    }

    fn has_strength(&self) -> bool {
        false
    }

    fn uses_negatives(&self) -> bool {
        false
    }
}

impl Loss for Sft {
    fn needs(&self) -> Needs {
        Needs { log_normaliser: true, ..Needs::default() }
    }

    fn per_sample(&self, inputs: LossInputs, _beta: f64) -> Tensor<1> {
        let (positive, _) = split(inputs.scores);
        let normaliser = inputs.log_normaliser.expect("the loss says that it needs it");
        (normaliser - positive).squeeze_dim(1)
    }

    fn closed_forms(&self, samples: &[Sample<'_>], _beta: f64) -> Vec<ClosedForm> {
        let form = |sample: &Sample<'_>| ClosedForm {
            loss: sample.log_normaliser.expect("the loss says that it needs it") - sample.policy[0],
            positive_weight: 1.0,
            negative_weights: vec![0.0; sample.policy.len() - 1],
            at_reference: None,
            strengths: None,
            coefficients: None,
        };
        samples.iter().map(form).collect()
    }
}
