//! APO-down: `mean_i sigma(h(w)) + 1 - sigma(h(w) - h(i))`, with `h = beta rho`: both down, the negatives
//! more.
//!
//! D'Oosterlinck et al., "Anchored Preference Optimization and Contrastive Revisions" (2024), as TRL has
//! it, over K negatives. For positives that are worse than what the policy does; the positive's weight
//! may be negative.

use burn::Tensor;
use burn::tensor::activation::sigmoid as sigmoid_tensor;
use prefsweep_datasets::InvalidSetting;
use prefsweep_store::{Identify, Identity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::formulas::sigmoid;
use crate::inputs::{ClosedForm, LossInputs, Needs, Sample};
use crate::loss::Loss;
use crate::ratios;
use crate::referenced::Referenced;
use crate::settings::{About, LossSettings};

/// APO-down.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct ApoDown(pub Referenced);

impl Identify for ApoDown {
    fn identify(&self, identity: &mut Identity) {
        self.0.identify(identity);
    }
}

impl LossSettings for ApoDown {
    fn about(&self) -> About {
        About {
            title: "APO-down",
            formula: "sigma(h(w)) + mean_i (1 - sigma(m_i))",
            source: "D'Oosterlinck et al. 2024, arXiv 2408.06266",
        }
    }

    fn beta(&self) -> Option<f64> {
        self.0.beta
    }

    fn check(&self, _negatives: usize) -> Result<(), InvalidSetting> {
        self.0.check()
    }
}

impl Loss for ApoDown {
    fn needs(&self) -> Needs {
        ratios::NEEDS
    }

    fn per_sample(&self, inputs: LossInputs, beta: f64) -> Tensor<1> {
        ratios::per_sample(inputs, self.0.nll, |positive, negatives| {
            let (positive, negatives) = (positive * beta, negatives * beta);
            let missed = sigmoid_tensor(negatives - positive.clone()).mean_dim(1);
            (sigmoid_tensor(positive) + missed).squeeze_dim(1)
        })
    }

    fn closed_forms(&self, samples: &[Sample<'_>], beta: f64) -> Vec<ClosedForm> {
        ratios::closed_forms(samples, self.0.nll, |rho| {
            let each = 1.0 / (rho.len() - 1) as f64;
            let slope = |h: f64| beta * sigmoid(h) * sigmoid(-h);
            let positive = beta * rho[0];
            let mut loss = sigmoid(positive);
            let mut pull = 0.0;
            for rho in &mut rho[1..] {
                let margin = positive - beta * *rho;
                loss += each * sigmoid(-margin);
                *rho = each * slope(margin);
                pull += *rho;
            }
            rho[0] = slope(positive) - pull;
            loss
        })
    }
}
