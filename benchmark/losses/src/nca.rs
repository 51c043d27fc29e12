//! NCA: `-log sigma(h(w)) - mean of log sigma(-h(y))` over the positive and the negatives, with
//! `h = beta rho`.
//!
//! Chen et al., "Noise Contrastive Alignment of Language Models with Explicit Rewards" (2024), with one
//! preferred item. The positive is held back by its own term of the mean, so its weight may be negative.

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

/// NCA.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Nca(pub Referenced);

impl Identify for Nca {
    fn identify(&self, identity: &mut Identity) {
        self.0.identify(identity);
    }
}

impl LossSettings for Nca {
    fn about(&self) -> About {
        About {
            title: "NCA",
            formula: "-log sigma(h(w)) - mean_{w, i} log sigma(-h)",
            source: "Chen et al. 2024, arXiv 2402.05369",
        }
    }

    fn beta(&self) -> Option<f64> {
        self.0.beta
    }

    fn check(&self, _negatives: usize) -> Result<(), InvalidSetting> {
        self.0.check()
    }
}

impl Loss for Nca {
    fn needs(&self) -> Needs {
        ratios::NEEDS
    }

    fn per_sample(&self, inputs: LossInputs, beta: f64) -> Tensor<1> {
        ratios::per_sample(inputs, self.0.nll, |positive, negatives| {
            let (positive, negatives) = (positive * beta, negatives * beta);
            let items = negatives.dims()[1] + 1;
            let held =
                log_sigmoid(negatives.neg()).sum_dim(1) + log_sigmoid(positive.clone().neg());
            (log_sigmoid(positive) + held * (1.0 / items as f64)).neg().squeeze_dim(1)
        })
    }

    fn closed_forms(&self, samples: &[Sample<'_>], beta: f64) -> Vec<ClosedForm> {
        ratios::closed_forms(samples, self.0.nll, |rho| {
            let each = 1.0 / rho.len() as f64;
            let mut loss = softplus(-beta * rho[0]);
            let pull = beta * sigmoid(-beta * rho[0]);
            for rho in &mut *rho {
                loss += each * softplus(beta * *rho);
                *rho = each * beta * sigmoid(beta * *rho);
            }
            rho[0] -= pull;
            loss
        })
    }
}
