//! What an optimiser needs to go on where it was.

use serde::{Deserialize, Serialize};

use crate::parameters::Parameters;

/// Steps taken and moments: all that changes from step to step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OptimizerState {
    pub(super) steps: i32,
    /// Means of gradients and of their squares, for each parameter; None before its first gradient.
    pub(super) moments: Vec<Option<[Vec<f32>; 2]>>,
}

impl OptimizerState {
    /// Whether it is that of an optimiser of these parameters.
    #[must_use]
    pub fn fits(&self, parameters: &Parameters) -> bool {
        let fits = |(tensor, moments): (&burn::Tensor<2>, &Option<[Vec<f32>; 2]>)| {
            let scalars = tensor.shape().num_elements();
            moments.iter().flatten().all(|values| values.len() == scalars)
        };
        self.moments.len() == parameters.iter().len()
            && parameters.iter().zip(&self.moments).all(fits)
    }
}
