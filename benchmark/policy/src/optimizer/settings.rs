//! What stays the same over all steps.

pub(super) const BETA_1: f64 = 0.9;
pub(super) const BETA_2: f64 = 0.999;
pub(super) const EPSILON: f64 = 1e-8;

/// What stays the same over all steps.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// The weights' decay, decoupled from the gradient.
    pub weight_decay: f64,
    /// The largest global gradient norm, if there is one.
    pub clip: Option<f64>,
}
