//! Pairwise DPO: `mean_i -log sigma(m_i)`.
//!
//! K = 1 is Rafailov et al., "Direct Preference Optimization" (2023); K > 1 averages K pairs, the
//! baseline of Chen et al., "On Softmax Direct Preference Optimization for Recommendation" (2024).

use burn::Tensor;
use burn::tensor::activation::log_sigmoid;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ClosedForm, PreferenceLoss, log_ratios, margins, sigmoid, softplus};

/// Pairwise DPO; it has no settings of its own.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Dpo {}

impl PreferenceLoss for Dpo {
    fn label(&self) -> String {
        "dpo".into()
    }

    fn per_sample(&self, policy: Tensor<2>, reference: Tensor<2>, beta: f64) -> Tensor<1> {
        pairwise(policy, reference, beta)
    }

    fn closed_form(&self, policy: &[f64], reference: &[f64], beta: f64) -> ClosedForm {
        pairwise_closed_form(policy, reference, beta)
    }
}

/// `mean_i -log sigma(m_i)`, shape `[P]`.
pub(super) fn pairwise(policy: Tensor<2>, reference: Tensor<2>, beta: f64) -> Tensor<1> {
    log_sigmoid(margins(policy, reference, beta)).mean_dim(1).neg().squeeze_dim(1)
}

/// Weight of negative i: `(beta / K) sigma(-m_i)`.
pub(super) fn pairwise_closed_form(policy: &[f64], reference: &[f64], beta: f64) -> ClosedForm {
    let rho = log_ratios(policy, reference);
    let negatives = (rho.len() - 1) as f64;
    let margins: Vec<f64> = rho[1..].iter().map(|rho_i| beta * (rho[0] - rho_i)).collect();
    let negative_weights: Vec<f64> =
        margins.iter().map(|margin| beta / negatives * sigmoid(-margin)).collect();
    ClosedForm {
        loss: margins.iter().map(|margin| softplus(-margin)).sum::<f64>() / negatives,
        at_reference: std::f64::consts::LN_2,
        positive_weight: negative_weights.iter().sum(),
        positive_weight_at_reference: beta / 2.0,
        negative_weights,
        strengths: None,
    }
}
