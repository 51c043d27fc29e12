//! APO-zero: `1 - sigma(h(w)) + mean_i sigma(h(i))`, with `h = beta rho`: the positive up, the negatives
//! down.
//!
//! D'Oosterlinck et al., "Anchored Preference Optimization and Contrastive Revisions" (2024), as TRL has
//! it, over K negatives.

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

/// APO-zero.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct ApoZero(pub Referenced);

impl Identify for ApoZero {
    fn identify(&self, identity: &mut Identity) {
        self.0.identify(identity);
    }
}

impl LossSettings for ApoZero {
    fn about(&self) -> About {
        About {
            title: "APO-zero",
            formula: "1 - sigma(h(w)) + mean_i sigma(h(i))",
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

impl Loss for ApoZero {
    fn needs(&self) -> Needs {
        ratios::NEEDS
    }

    fn per_sample(&self, inputs: LossInputs, beta: f64) -> Tensor<1> {
        ratios::per_sample(inputs, self.0.nll, |positive, negatives| {
            let held = sigmoid_tensor(negatives * beta).mean_dim(1);
            (held + sigmoid_tensor((positive * beta).neg())).squeeze_dim(1)
        })
    }

    fn closed_forms(&self, samples: &[Sample<'_>], beta: f64) -> Vec<ClosedForm> {
        ratios::closed_forms(samples, self.0.nll, |rho| {
            let each = 1.0 / (rho.len() - 1) as f64;
            let slope = |h: f64| beta * sigmoid(h) * sigmoid(-h);
            let mut loss = sigmoid(-beta * rho[0]);
            rho[0] = -slope(beta * rho[0]);
            for rho in &mut rho[1..] {
                loss += each * sigmoid(beta * *rho);
                *rho = each * slope(beta * *rho);
            }
            loss
        })
    }
}
