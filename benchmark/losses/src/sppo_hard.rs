//! SPPO: `mean_i (rho(w) - 1 / (2 beta))^2 + (rho(i) + 1 / (2 beta))^2`: every log-ratio has a target.
//!
//! Wu et al., "Self-Play Preference Optimization for Language Model Alignment" (2024), with hard labels
//! and without the factor one half, as TRL's `sppo_hard`. Weights change sign beyond the targets.

use burn::Tensor;
use prefsweep_datasets::InvalidSetting;
use prefsweep_store::{Identify, Identity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::inputs::{ClosedForm, LossInputs, Needs, Sample};
use crate::loss::Loss;
use crate::ratios;
use crate::referenced::Referenced;
use crate::settings::{About, LossSettings};

/// SPPO with hard labels; its authors' `beta` is 0.001.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct SppoHard(pub Referenced);

impl Identify for SppoHard {
    fn identify(&self, identity: &mut Identity) {
        self.0.identify(identity);
    }
}

impl LossSettings for SppoHard {
    fn about(&self) -> About {
        About {
            title: "SPPO (hard)",
            formula: "mean_i (rho(w) - 1 / (2 beta))^2 + (rho(i) + 1 / (2 beta))^2",
            source: "Wu et al. 2024, arXiv 2405.00675, as TRL's sppo_hard",
        }
    }

    fn beta(&self) -> Option<f64> {
        self.0.beta
    }

    fn check(&self, _negatives: usize) -> Result<(), InvalidSetting> {
        self.0.check()
    }
}

impl Loss for SppoHard {
    fn needs(&self) -> Needs {
        ratios::NEEDS
    }

    fn per_sample(&self, inputs: LossInputs, beta: f64) -> Tensor<1> {
        ratios::per_sample(inputs, self.0.nll, |positive, negatives| {
            let target = 0.5 / beta;
            let held = (negatives + target).square().mean_dim(1);
            ((positive - target).square() + held).squeeze_dim(1)
        })
    }

    fn closed_forms(&self, samples: &[Sample<'_>], beta: f64) -> Vec<ClosedForm> {
        ratios::closed_forms(samples, self.0.nll, |rho| {
            let (each, target) = (1.0 / (rho.len() - 1) as f64, 0.5 / beta);
            let mut loss = (rho[0] - target).powi(2);
            rho[0] = 2.0 * (rho[0] - target);
            for rho in &mut rho[1..] {
                loss += each * (*rho + target).powi(2);
                *rho = 2.0 * each * (*rho + target);
            }
            loss
        })
    }
}
