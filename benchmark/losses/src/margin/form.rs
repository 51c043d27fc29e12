//! Every margin loss is a loss.

use burn::Tensor;

use super::closed::closed_form;
use super::contract::MarginLoss;
use super::tensors::per_sample;
use crate::inputs::{ClosedForm, LossInputs, Needs, Sample};
use crate::loss::Loss;

impl<T: MarginLoss> Loss for T {
    fn needs(&self) -> Needs {
        let keys = self.chooser().is_some_and(|chooser| chooser.needs_keys());
        self.form().needs(keys)
    }

    fn per_sample(&self, inputs: LossInputs, beta: f64) -> Tensor<1> {
        per_sample(&self.form(), self.chooser(), &inputs, beta)
    }

    fn closed_forms(&self, samples: &[Sample<'_>], beta: f64) -> Vec<ClosedForm> {
        let (form, chooser) = (self.form(), self.chooser());
        samples.iter().map(|sample| closed_form(&form, chooser, sample, beta)).collect()
    }

    fn as_margin(&self) -> Option<&dyn MarginLoss> {
        Some(self)
    }
}
