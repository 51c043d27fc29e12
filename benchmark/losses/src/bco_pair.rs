//! BCO on pairs: `-log sigma(h(w)) - mean_i log sigma(-h(i))`, with `h = beta rho`.
//!
//! Jung et al., "Binary Classifier Optimization for Large Language Model Alignment" (2024), without its
//! running mean, as TRL's `bco_pair`.

use burn::Tensor;
use burn::tensor::activation::log_sigmoid;
use prefsweep_datasets::InvalidSetting;
use prefsweep_store::{Identify, Identity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::formulas::{sigmoid, softplus};
use crate::inputs::{ClosedForm, LossInputs, Needs, Sample};
use crate::loss::Loss;
use crate::ratios;
use crate::referenced::Referenced;
use crate::settings::{About, LossSettings};

/// BCO on pairs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct BcoPair(pub Referenced);

impl Identify for BcoPair {
    fn identify(&self, identity: &mut Identity) {
        self.0.identify(identity);
    }
}

impl LossSettings for BcoPair {
    fn about(&self) -> About {
        About {
            title: "BCO (pairs)",
            formula: "-log sigma(h(w)) - mean_i log sigma(-h(i))",
            source: "Jung et al. 2024, arXiv 2404.04656, as TRL's bco_pair",
        }
    }

    fn beta(&self) -> Option<f64> {
        self.0.beta
    }

    fn check(&self, _negatives: usize) -> Result<(), InvalidSetting> {
        self.0.check()
    }
}

impl Loss for BcoPair {
    fn needs(&self) -> Needs {
        ratios::NEEDS
    }

    fn per_sample(&self, inputs: LossInputs, beta: f64) -> Tensor<1> {
        ratios::per_sample(inputs, self.0.nll, |positive, negatives| {
            let held = log_sigmoid((negatives * beta).neg()).mean_dim(1);
            (log_sigmoid(positive * beta) + held).neg().squeeze_dim(1)
        })
    }

    fn closed_forms(&self, samples: &[Sample<'_>], beta: f64) -> Vec<ClosedForm> {
        ratios::closed_forms(samples, self.0.nll, |rho| {
            let each = 1.0 / (rho.len() - 1) as f64;
            let mut loss = softplus(-beta * rho[0]);
            rho[0] = -beta * sigmoid(-beta * rho[0]);
            for rho in &mut rho[1..] {
                loss += each * softplus(beta * *rho);
                *rho = each * beta * sigmoid(beta * *rho);
            }
            loss
        })
    }
}
