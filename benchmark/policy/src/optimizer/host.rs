//! AdamW with one global norm for clipping.
//!
//! Loshchilov and Hutter, "Decoupled Weight Decay Regularization" (2019). burn's own clipping is
//! per tensor; here the norm is that of all gradients together, and its value is recorded. With a
//! host head the update is one loop in place, otherwise tensor operations ([`PackedAdamW`]).

mod packed;

pub use packed::PackedAdamW;

use burn::Tensor;
use burn::tensor::TensorData;

use crate::gradients::{Head, Number, host};
use crate::simd::{dot, vectorised};

const BETA_1: f64 = 0.9;
const BETA_2: f64 = 0.999;
const EPSILON: f64 = 1e-8;

/// What stays the same over all steps.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// The weights' decay, decoupled from the gradient.
    pub weight_decay: f64,
    /// The largest global gradient norm, if there is one.
    pub clip: Option<f64>,
}

/// AdamW's state over a list of weights.
#[derive(Debug)]
pub struct AdamW {
    settings: Settings,
    steps: i32,
    moments: Moments,
}

#[derive(Debug)]
enum Moments {
    /// Means of gradients and of their squares; None before a weight's first gradient.
    Host(Vec<Option<[Vec<f32>; 2]>>),
    Device(PackedAdamW),
}

/// What a step does to every weight alike.
#[derive(Clone, Copy)]
struct Rates {
    /// Of the weights, from decay.
    keep: f64,
    /// Learning rate over the first moment's correction.
    rate: f64,
    /// The second moment's correction.
    correction: f64,
}

impl AdamW {
    /// Fresh state for `weights` tensors.
    #[must_use]
    pub fn new(weights: usize, settings: Settings, head: Head) -> Self {
        let moments = match head {
            Head::Host => Moments::Host(vec![None; weights]),
            Head::Device => Moments::Device(PackedAdamW::new(weights, vec![settings])),
        };
        Self { settings, steps: 0, moments }
    }

    /// One step; returns the global norm of the gradients before clipping.
    ///
    /// Weights without a gradient stay as they are.
    pub fn step(
        &mut self,
        weights: &mut [Tensor<2>],
        gradients: Vec<Option<Tensor<2>>>,
        learning_rate: f64,
    ) -> Number {
        self.steps += 1;
        let rates = Rates {
            keep: 1.0 - learning_rate * self.settings.weight_decay,
            rate: learning_rate / (1.0 - BETA_1.powi(self.steps)),
            correction: 1.0 - BETA_2.powi(self.steps),
        };
        match &mut self.moments {
            Moments::Host(moments) => {
                let clip = self.settings.clip;
                Number::Known(on_host(weights, gradients, moments, clip, rates))
            }
            Moments::Device(optimizer) => {
                let norm = optimizer.step(weights, gradients, &[learning_rate]);
                Number::Coming(Box::new(norm))
            }
        }
    }
}

fn on_host(
    weights: &mut [Tensor<2>],
    gradients: Vec<Option<Tensor<2>>>,
    moments: &mut [Option<[Vec<f32>; 2]>],
    clip: Option<f64>,
    rates: Rates,
) -> f64 {
    let gradients: Vec<Option<(Vec<f32>, usize)>> = gradients
        .into_iter()
        .map(|gradient| {
            gradient.map(|gradient| {
                let columns = gradient.dims()[1];
                (host(gradient), columns)
            })
        })
        .collect();
    let squares = gradients.iter().flatten();
    let norm = squares.map(|(gradient, columns)| squared(gradient, *columns)).sum::<f64>().sqrt();
    let scale = clip.map_or(1.0, |clip| 1.0 / (norm / clip).max(1.0)) as f32;
    for ((weight, gradient), moments) in weights.iter_mut().zip(gradients).zip(moments) {
        let Some((gradient, columns)) = gradient else { continue };
        let device = weight.device();
        let placeholder = Tensor::empty([1, 1], &device);
        let mut values = host(std::mem::replace(weight, placeholder));
        let [first, second] =
            moments.get_or_insert_with(|| [(); 2].map(|()| vec![0.0; gradient.len()]));
        update(&mut values, &gradient, scale, first, second, rates);
        let rows = values.len() / columns;
        *weight = Tensor::from_data(TensorData::new(values, [rows, columns]), &device);
    }
    norm
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

#[cfg(test)]
mod tests {
    use burn::tensor::{Device, TensorData};

    use super::*;

    fn tensor(values: &[f64]) -> Tensor<2> {
        let values: Vec<f32> = values.iter().map(|&value| value as f32).collect();
        Tensor::from_data(TensorData::new(values.clone(), [1, values.len()]), &Device::flex())
    }

    fn values(tensor: &Tensor<2>) -> Vec<f64> {
        let values: Vec<f32> = tensor.clone().try_into_vec_as().unwrap();
        values.into_iter().map(f64::from).collect()
    }

    /// The algorithm as its paper states it, for one scalar, in double precision.
    struct Scalar {
        first: f64,
        second: f64,
        steps: i32,
    }

    impl Scalar {
        fn step(&mut self, weight: f64, gradient: f64, rate: f64, decay: f64) -> f64 {
            self.steps += 1;
            self.first = 0.9 * self.first + 0.1 * gradient;
            self.second = 0.999 * self.second + 0.001 * gradient * gradient;
            let first = self.first / (1.0 - 0.9_f64.powi(self.steps));
            let second = self.second / (1.0 - 0.999_f64.powi(self.steps));
            weight - rate * decay * weight - rate * first / (second.sqrt() + 1e-8)
        }
    }

    #[test]
    fn steps_follow_the_paper() {
        for head in [Head::Host, Head::Device] {
            follow_the_paper(head);
        }
    }

    fn follow_the_paper(head: Head) {
        let (rate, decay) = (0.1, 0.5);
        let mut weights = vec![tensor(&[1.0, -2.0]), tensor(&[3.0])];
        let mut optimizer = AdamW::new(2, Settings { weight_decay: decay, clip: None }, head);
        let mut expected = [1.0, -2.0, 3.0];
        let mut scalars = [(); 3].map(|()| Scalar { first: 0.0, second: 0.0, steps: 0 });
        for step in 0..5 {
            let gradients = [0.3 - 0.2 * f64::from(step), 2.0, -1e-3];
            let given = vec![Some(tensor(&gradients[..2])), Some(tensor(&gradients[2..]))];
            let norm = optimizer.step(&mut weights, given, rate).read();
            let exact = gradients.iter().map(|g| g * g).sum::<f64>().sqrt();
            assert!((norm - exact).abs() < 1e-6 * exact);
            for ((weight, scalar), gradient) in expected.iter_mut().zip(&mut scalars).zip(gradients)
            {
                *weight = scalar.step(*weight, gradient, rate, decay);
            }
        }
        let found = [values(&weights[0]), values(&weights[1])].concat();
        for (found, expected) in found.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-5, "{found} {expected}");
        }
    }

    /// Clipping scales all gradients by the same factor, so that with the first step of AdamW,
    /// which only sees signs, it shows in the moments: two steps tell.
    #[test]
    fn clipping_uses_the_norm_of_all_gradients_together() {
        for head in [Head::Host, Head::Device] {
            clip_by_the_norm_of_all(head);
        }
    }

    fn clip_by_the_norm_of_all(head: Head) {
        let run = |clip: Option<f64>, scale: f64| {
            let mut weights = vec![tensor(&[0.0]), tensor(&[0.0])];
            let mut optimizer = AdamW::new(2, Settings { weight_decay: 0.0, clip }, head);
            for gradients in [[3.0, 4.0], [0.3, 0.4]] {
                let scaled = if gradients[0] > 1.0 { scale } else { 1.0 };
                let given = gradients.map(|g| Some(tensor(&[g * scaled])));
                let _ = optimizer.step(&mut weights, given.into(), 0.1);
            }
            [values(&weights[0]), values(&weights[1])].concat()
        };
        // The norm of (3, 4) is 5; clipped to 1 it is a fifth. (0.3, 0.4) is left alone.
        let (clipped, by_hand) = (run(Some(1.0), 1.0), run(None, 0.2));
        for (clipped, by_hand) in clipped.iter().zip(&by_hand) {
            assert!((clipped - by_hand).abs() < 1e-6, "{clipped} {by_hand}");
        }
        assert_ne!(run(Some(1.0), 1.0), run(None, 1.0));
    }

    #[test]
    fn a_weight_without_a_gradient_stays() {
        for head in [Head::Host, Head::Device] {
            let mut weights = vec![tensor(&[1.0]), tensor(&[2.0])];
            let mut optimizer =
                AdamW::new(2, Settings { weight_decay: 0.0, clip: Some(1.0) }, head);
            let _ = optimizer.step(&mut weights, vec![Some(tensor(&[1.0])), None], 0.1);
            assert_eq!(values(&weights[1]), [2.0]);
        }
    }
}
