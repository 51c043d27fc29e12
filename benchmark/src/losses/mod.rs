//! The preference losses and their registry.
//!
//! Notation, for one training position: the positive item `w`, negatives `i = 1..K`, policy
//! scores `s`, reference scores `r` (both before the softmax: its normaliser cancels in every
//! loss here), log-ratio `rho(y) = s(y) - r(y)`, margin `m_i = beta (rho(w) - rho(i))`.
//!
//! To add a loss: write a file with a settings struct that implements [`PreferenceLoss`], and add
//! one line to the registry below.

mod dmpo;
mod dpo;
mod dynamic_po;
mod ro_dpo;
mod s_dpo;

pub use dmpo::Dmpo;
pub use dpo::Dpo;
pub use dynamic_po::{Boundary, DynamicPo, Margin, Over};
pub use ro_dpo::RoDpo;
pub use s_dpo::SDpo;

use burn::Tensor;
use prefsweep_datasets::InvalidSetting;

use crate::registry::registry;

registry! {
    LossConfig, "Loss", a "loss"; dyn PreferenceLoss by as_loss;
    "dpo" => Dpo,
    "s_dpo" => SDpo,
    "dmpo" => Dmpo,
    "ro_dpo" => RoDpo,
    "dynamic_po" => DynamicPo,
}

impl LossConfig {
    /// The name in tables and plots.
    #[must_use]
    pub fn label(&self) -> String {
        self.as_loss().label()
    }
}

/// A loss over one positive and K negatives.
pub trait PreferenceLoss {
    /// The name in tables and plots, with the settings that differ from the defaults.
    fn label(&self) -> String;

    /// The loss of every sample, shape `[P]`.
    ///
    /// `policy` (differentiable) and `reference` (a constant) are scores of shape `[P, 1 + K]`,
    /// the positive in column 0.
    fn per_sample(&self, policy: Tensor<2>, reference: Tensor<2>, beta: f64) -> Tensor<1>;

    /// Loss and gradient of one sample in closed form, from its `1 + K` policy and reference
    /// scores, the positive first.
    fn closed_form(&self, policy: &[f64], reference: &[f64], beta: f64) -> ClosedForm;

    /// Where the negatives come from.
    fn sampling(&self) -> Sampling {
        Sampling::Configured
    }

    /// The loss that is the same function at this number of negatives, if it has another name
    /// there; such cells are trained once.
    fn same_as(&self, _negatives: usize) -> Option<LossConfig> {
        None
    }

    /// Whether the settings are possible with this number of negatives.
    ///
    /// # Errors
    /// The setting that is not, its key relative to `sweep.losses`.
    fn check(&self, _negatives: usize) -> Result<(), InvalidSetting> {
        Ok(())
    }
}

/// Where a loss's negatives come from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Sampling {
    /// As `preference.sampler` says.
    Configured,
    /// From the policy's own top items.
    PolicyPool {
        /// Items in the pool.
        size: usize,
        /// Steps between refreshes of the policy that fills the pool.
        refresh: usize,
        /// None: uniform over the pool; otherwise softmax of the scores at this temperature.
        temperature: Option<f64>,
    },
}

/// A sample's loss and gradient in closed form.
#[derive(Clone, Debug, PartialEq)]
pub struct ClosedForm {
    /// The loss.
    pub loss: f64,
    /// The loss if every log-ratio were zero (policy = reference), all else equal.
    pub at_reference: f64,
    /// `-dL/d rho(w)`, at least 0.
    pub positive_weight: f64,
    /// `positive_weight` if every log-ratio were zero, all else equal.
    pub positive_weight_at_reference: f64,
    /// `dL/d rho(i)` for each negative, at least 0.
    pub negative_weights: Vec<f64>,
    /// Where every negative's margin has a strength of its own: that strength, 0 for a negative
    /// that does not enter the loss. None where all have the strength `beta`.
    pub strengths: Option<Vec<f64>>,
}

/// `rho`, the log-ratios of one sample.
fn log_ratios(policy: &[f64], reference: &[f64]) -> Vec<f64> {
    policy.iter().zip(reference).map(|(policy, reference)| policy - reference).collect()
}

/// `1 / (1 + exp(-x))`.
fn sigmoid(x: f64) -> f64 {
    if x >= 0.0 { 1.0 / (1.0 + (-x).exp()) } else { x.exp() / (1.0 + x.exp()) }
}

/// `log(1 + exp(x))` without overflow.
fn softplus(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}

/// Splits `[P, 1 + K]` into the positive's column `[P, 1]` and the negatives' `[P, K]`.
fn split(scores: Tensor<2>) -> (Tensor<2>, Tensor<2>) {
    let [samples, items] = scores.dims();
    (scores.clone().slice([0..samples, 0..1]), scores.slice([0..samples, 1..items]))
}

/// `beta (rho(w) - rho(i))`, shape `[P, K]`.
fn margins(policy: Tensor<2>, reference: Tensor<2>, beta: f64) -> Tensor<2> {
    let (positive, negatives) = split(policy - reference);
    (positive - negatives) * beta
}

/// `log(1 + sum_j exp(x_j))` over the last dimension, shape `[P]`; stable for large `x`.
fn log_one_plus_sum_exp(x: Tensor<2>) -> Tensor<1> {
    let largest = x.clone().detach().max_dim(1).clamp_min(0.0);
    let sum = (x - largest.clone()).exp().sum_dim(1) + (-largest.clone()).exp();
    (sum.log() + largest).squeeze_dim(1)
}
