//! S-DPO: `-log sigma(-log sum_i exp(-m_i)) = log(1 + sum_i exp(-m_i))`.
//!
//! Chen et al., "On Softmax Direct Preference Optimization for Recommendation" (2024).

use burn::Tensor;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    ClosedForm, Dpo, LossConfig, PreferenceLoss, log_one_plus_sum_exp, log_ratios, margins,
};

/// S-DPO; it has no settings of its own.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SDpo {}

impl PreferenceLoss for SDpo {
    fn label(&self) -> String {
        "s_dpo".into()
    }

    fn per_sample(&self, policy: Tensor<2>, reference: Tensor<2>, beta: f64) -> Tensor<1> {
        log_one_plus_sum_exp(margins(policy, reference, beta).neg())
    }

    /// Weight of negative i: `beta exp(-m_i) / (1 + sum_j exp(-m_j))`.
    fn closed_form(&self, policy: &[f64], reference: &[f64], beta: f64) -> ClosedForm {
        let rho = log_ratios(policy, reference);
        let exponents: Vec<f64> = rho[1..].iter().map(|rho_i| beta * (rho_i - rho[0])).collect();
        let (loss, shares) = softmax_with_zero(&exponents);
        let negative_weights: Vec<f64> = shares.iter().map(|share| beta * share).collect();
        let negatives = exponents.len() as f64;
        ClosedForm {
            loss,
            at_reference: negatives.ln_1p(),
            positive_weight: negative_weights.iter().sum(),
            positive_weight_at_reference: beta * negatives / (1.0 + negatives),
            negative_weights,
            strengths: None,
        }
    }

    fn same_as(&self, negatives: usize) -> Option<LossConfig> {
        (negatives == 1).then_some(LossConfig::Dpo(Dpo {}))
    }
}

/// `log(1 + sum_j exp(x_j))`, and `exp(x_i) / (1 + sum_j exp(x_j))` for each i.
pub(super) fn softmax_with_zero(x: &[f64]) -> (f64, Vec<f64>) {
    let largest = x.iter().copied().fold(0.0, f64::max);
    let sum = (-largest).exp() + x.iter().map(|x| (x - largest).exp()).sum::<f64>();
    (largest + sum.ln(), x.iter().map(|x| (x - largest).exp() / sum).collect())
}
