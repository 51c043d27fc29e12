//! AdamW on a device, for several replicas at once; each has rates and a gradient norm of its own.

use burn::Tensor;
use burn::tensor::{Device, TensorData};

use super::settings::{BETA_1, BETA_2, EPSILON, Settings};
use super::state::OptimizerState;
use crate::parameters::{Gradients, Parameters, PerParameter};
use crate::tensors::{from_host, to_host};

/// The state over a policy's parameters, each of which holds one replica's rows below the other's.
#[derive(Debug)]
pub struct DeviceAdamW {
    replicas: Vec<Settings>,
    steps: i32,
    /// Means of gradients and of their squares, `[R, scalars]`; None before a parameter's first
    /// gradient.
    moments: PerParameter<Option<[Tensor<2>; 2]>>,
}

impl DeviceAdamW {
    /// Fresh state for these parameters, with the settings of every replica.
    #[must_use]
    pub fn new(parameters: &Parameters, replicas: Vec<Settings>) -> Self {
        Self { replicas, steps: 0, moments: parameters.map(|_| None) }
    }

    /// What it needs to go on.
    #[must_use]
    pub fn state(&self) -> OptimizerState {
        let values =
            |moments: &Option<[Tensor<2>; 2]>| moments.clone().map(|pair| pair.map(to_host));
        OptimizerState { steps: self.steps, moments: self.moments.iter().map(values).collect() }
    }

    /// Goes on from a state that [`fits`](OptimizerState::fits) its parameters, which lie on `device`.
    pub fn restore(&mut self, state: &OptimizerState, device: &Device) {
        let count = self.replicas.len();
        let tensor =
            |values: &Vec<f32>| from_host(values.clone(), [count, values.len() / count], device);
        let pair = |moments: &Option<[Vec<f32>; 2]>| {
            moments.as_ref().map(|pair| pair.each_ref().map(tensor))
        };
        self.steps = state.steps;
        self.moments = state.moments.iter().map(pair).collect();
    }

    /// One step at each replica's learning rate; returns the global norms of the gradients before
    /// clipping, `[R]`, without waiting for them.
    ///
    /// Parameters without a gradient stay as they are.
    ///
    /// # Panics
    /// When no parameter has a gradient.
    pub fn step(
        &mut self,
        weights: &mut Parameters,
        gradients: Gradients,
        learning_rates: &[f64],
    ) -> Tensor<1> {
        self.steps += 1;
        let count = self.replicas.len();
        let by_replica = |tensor: Tensor<2>| by_replica(tensor, count);
        let gradients: Gradients =
            gradients.into_iter().map(|gradient| gradient.map(by_replica)).collect();
        let device = gradients.iter().flatten().next().expect("some weight is trained").device();
        let norms = norms(&gradients);
        let clipped = self.replicas.iter().any(|replica| replica.clip.is_some());
        let scale = clipped.then(|| {
            let limits =
                self.replicas.iter().map(|replica| replica.clip.unwrap_or(f64::from(f32::MAX)));
            (norms.clone() / column(limits, &device)).clamp_min(1.0).recip()
        });
        let decays = self.replicas.iter().zip(learning_rates);
        let keep = column(decays.map(|(replica, rate)| 1.0 - rate * replica.weight_decay), &device);
        let correction = 1.0 - BETA_1.powi(self.steps);
        let rate = column(learning_rates.iter().map(|rate| rate / correction), &device);
        let correction = 1.0 - BETA_2.powi(self.steps);
        for ((weight, gradient), moments) in
            weights.iter_mut().zip(gradients).zip(self.moments.iter_mut())
        {
            let Some(mut gradient) = gradient else { continue };
            if let Some(scale) = &scale {
                gradient = gradient * scale.clone();
            }
            let squared = gradient.clone().square();
            let [first, second] = match moments.take() {
                None => [gradient * (1.0 - BETA_1), squared * (1.0 - BETA_2)],
                Some([first, second]) => [
                    first * BETA_1 + gradient * (1.0 - BETA_1),
                    second * BETA_2 + squared * (1.0 - BETA_2),
                ],
            };
            let denominator = (second.clone() / correction).sqrt() + EPSILON;
            let update = first.clone() / denominator * rate.clone();
            let shape = weight.shape();
            *weight = (by_replica(weight.clone()) * keep.clone() - update).reshape(shape);
            *moments = Some([first, second]);
        }
        norms.reshape([count])
    }
}

/// The global norms of some gradients, `[R]`.
pub(crate) fn global_norms(gradients: &Gradients, replicas: usize) -> Tensor<1> {
    let gradients = gradients.map(|gradient| gradient.clone().map(|g| by_replica(g, replicas)));
    norms(&gradients).reshape([replicas])
}

/// Each replica's numbers side by side, `[R, scalars]`.
fn by_replica(tensor: Tensor<2>, replicas: usize) -> Tensor<2> {
    let scalars = tensor.shape().num_elements() / replicas;
    tensor.reshape([replicas, scalars])
}

/// The global norms of gradients `[R, scalars]`, `[R, 1]`.
fn norms(gradients: &Gradients) -> Tensor<2> {
    let squares = gradients.iter().flatten().map(|g| g.clone().square().sum_dim(1));
    Tensor::cat(squares.collect(), 1).sum_dim(1).sqrt()
}

/// One value per replica, `[R, 1]`.
fn column(values: impl Iterator<Item = f64>, device: &Device) -> Tensor<2> {
    let values: Vec<f32> = values.map(|value| value as f32).collect();
    let rows = values.len();
    Tensor::from_data(TensorData::new(values, [rows, 1]), device)
}
