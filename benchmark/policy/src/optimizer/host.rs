//! AdamW on the host.

use burn::Tensor;

use super::settings::{BETA_1, BETA_2, EPSILON, Settings};
use super::state::OptimizerState;
use crate::kernels::{dot, vectorised};
use crate::parameters::{Gradients, Parameters, PerParameter};
use crate::tensors::{from_host, to_host};

/// The state over a policy's parameters.
#[derive(Debug)]
pub struct HostAdamW {
    settings: Settings,
    steps: i32,
    /// Means of gradients and of their squares; None before a parameter's first gradient.
    moments: PerParameter<Option<[Vec<f32>; 2]>>,
}

/// What a step does to every parameter alike.
#[derive(Clone, Copy)]
struct Rates {
    /// Of the weights, from decay.
    keep: f64,
    /// Learning rate over the first moment's correction.
    rate: f64,
    /// The second moment's correction.
    correction: f64,
}

impl HostAdamW {
    /// Fresh state for these parameters.
    #[must_use]
    pub fn new(parameters: &Parameters, settings: Settings) -> Self {
        Self { settings, steps: 0, moments: parameters.map(|_| None) }
    }

    /// What it needs to go on.
    #[must_use]
    pub fn state(&self) -> OptimizerState {
        OptimizerState { steps: self.steps, moments: self.moments.iter().cloned().collect() }
    }

    /// Goes on from a state that [`fits`](OptimizerState::fits) its parameters.
    pub fn restore(&mut self, state: &OptimizerState) {
        self.steps = state.steps;
        self.moments = state.moments.iter().cloned().collect();
    }

    /// One step; returns the global norm of the gradients before clipping.
    ///
    /// Parameters without a gradient stay as they are.
    pub fn step(
        &mut self,
        weights: &mut Parameters,
        gradients: Gradients,
        learning_rate: f64,
    ) -> f64 {
        self.steps += 1;
        let rates = Rates {
            keep: 1.0 - learning_rate * self.settings.weight_decay,
            rate: learning_rate / (1.0 - BETA_1.powi(self.steps)),
            correction: 1.0 - BETA_2.powi(self.steps),
        };
        let gradients = on_host(gradients);
        let norm = norm(&gradients);
        let scale = self.settings.clip.map_or(1.0, |clip| 1.0 / (norm / clip).max(1.0)) as f32;
        for ((weight, gradient), moments) in
            weights.iter_mut().zip(gradients).zip(self.moments.iter_mut())
        {
            let Some((gradient, columns)) = gradient else { continue };
            let device = weight.device();
            let placeholder = Tensor::empty([1, 1], &device);
            let mut values = to_host(std::mem::replace(weight, placeholder));
            let [first, second] =
                moments.get_or_insert_with(|| [(); 2].map(|()| vec![0.0; gradient.len()]));
            update(&mut values, &gradient, scale, first, second, rates);
            let rows = values.len() / columns;
            *weight = from_host(values, [rows, columns], &device);
        }
        norm
    }
}

/// The global norm of some gradients.
pub(crate) fn global_norm(gradients: &Gradients) -> f64 {
    norm(&on_host(gradients.clone()))
}

/// Gradients in the memory of the host, with their numbers of columns.
type OnHost = PerParameter<Option<(Vec<f32>, usize)>>;

fn on_host(gradients: Gradients) -> OnHost {
    let gradients = gradients.into_iter().map(|gradient| {
        gradient.map(|gradient| {
            let columns = gradient.dims()[1];
            (to_host(gradient), columns)
        })
    });
    gradients.collect()
}

fn norm(gradients: &OnHost) -> f64 {
    let squares = gradients.iter().flatten();
    squares.map(|(gradient, columns)| squared(gradient, *columns)).sum::<f64>().sqrt()
}

/// The sum of squares, row by row, and over rows in double precision.
fn squared(gradient: &[f32], columns: usize) -> f64 {
    let mut sum = 0.0;
    vectorised(
        #[inline(always)]
        || {
            for row in gradient.chunks_exact(columns) {
                sum += f64::from(dot(row, row));
            }
        },
    );
    sum
}

fn update(
    weights: &mut [f32],
    gradients: &[f32],
    scale: f32,
    first: &mut [f32],
    second: &mut [f32],
    rates: Rates,
) {
    let (beta_1, beta_2) = (BETA_1 as f32, BETA_2 as f32);
    let (one_1, one_2) = ((1.0 - BETA_1) as f32, (1.0 - BETA_2) as f32);
    let (keep, rate) = (rates.keep as f32, rates.rate as f32);
    let (correction, epsilon) = ((1.0 / rates.correction) as f32, EPSILON as f32);
    vectorised(
        #[inline(always)]
        || {
            let moments = first.iter_mut().zip(second);
            for ((weight, gradient), (first, second)) in
                weights.iter_mut().zip(gradients).zip(moments)
            {
                let gradient = gradient * scale;
                *first = beta_1 * *first + one_1 * gradient;
                *second = beta_2 * *second + one_2 * gradient * gradient;
                let step = rate * *first / ((*second * correction).sqrt() + epsilon);
                *weight = keep * *weight - step;
            }
        },
    );
}
