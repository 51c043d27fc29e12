//! DMPO: `-log sigma(u)`, `u = h(w) - mean_i h(i)`, the mean inside the sigmoid.
//!
//! Bai et al., "Aligning Large Language Model with Direct Multi-Preference Optimization for
//! Recommendation" (2024), as the field and DynamicPO state it; the authors' repository trains
//! K independent pairs instead.

use burn::Tensor;
use burn::tensor::activation::log_sigmoid;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ClosedForm, Dpo, LossConfig, PreferenceLoss, log_ratios, margins, sigmoid, softplus};

/// DMPO; it has no settings of its own.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Dmpo {}

impl PreferenceLoss for Dmpo {
    fn label(&self) -> String {
        "dmpo".into()
    }

    fn per_sample(&self, policy: Tensor<2>, reference: Tensor<2>, beta: f64) -> Tensor<1> {
        log_sigmoid(margins(policy, reference, beta).mean_dim(1)).neg().squeeze_dim(1)
    }

    /// Weight of every negative: `(beta / K) sigma(-u)`.
    fn closed_form(&self, policy: &[f64], reference: &[f64], beta: f64) -> ClosedForm {
        let rho = log_ratios(policy, reference);
        let negatives = rho.len() - 1;
        let mean = rho[1..].iter().sum::<f64>() / negatives as f64;
        let margin = beta * (rho[0] - mean);
        let positive_weight = beta * sigmoid(-margin);
        ClosedForm {
            loss: softplus(-margin),
            at_reference: std::f64::consts::LN_2,
            positive_weight,
            positive_weight_at_reference: beta / 2.0,
            negative_weights: vec![positive_weight / negatives as f64; negatives],
            strengths: None,
        }
    }

    fn same_as(&self, negatives: usize) -> Option<LossConfig> {
        (negatives == 1).then_some(LossConfig::Dpo(Dpo {}))
    }
}
