//! What a loss is.

use burn::Tensor;

use crate::autodiff::by_differentiation;
use crate::inputs::{ClosedForm, LossInputs, Needs, Sample};
use crate::margin::MarginLoss;
use crate::settings::LossSettings;

/// A loss over one positive and K negatives.
pub trait Loss: LossSettings {
    /// What it needs.
    fn needs(&self) -> Needs;

    /// The loss of every sample, `[P]`.
    fn per_sample(&self, inputs: LossInputs, beta: f64) -> Tensor<1>;

    /// Loss and gradient of every sample, in double precision; by automatic differentiation of
    /// [`per_sample`](Self::per_sample) unless written by hand.
    fn closed_forms(&self, samples: &[Sample<'_>], beta: f64) -> Vec<ClosedForm> {
        by_differentiation(self.needs(), &|inputs| self.per_sample(inputs, beta), samples)
    }

    /// The loss as one that modifiers can be applied to.
    fn as_margin(&self) -> Option<&dyn MarginLoss> {
        None
    }
}
