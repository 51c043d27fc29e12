//! AdamW with one global norm for clipping.
//!
//! Loshchilov and Hutter, "Decoupled Weight Decay Regularization" (2019). burn's own clipping is
//! per tensor; here the norm is that of all gradients together, and its value is recorded.

use burn::Tensor;

const BETA_1: f64 = 0.9;
const BETA_2: f64 = 0.999;
const EPSILON: f64 = 1e-8;

/// AdamW's state over a list of weights.
#[derive(Debug)]
pub struct AdamW {
    weight_decay: f64,
    clip: Option<f64>,
    steps: i32,
    moments: Vec<Option<(Tensor<2>, Tensor<2>)>>,
}

impl AdamW {
    /// Fresh state for `weights` tensors; `clip` is the largest global gradient norm.
    #[must_use]
    pub fn new(weights: usize, weight_decay: f64, clip: Option<f64>) -> Self {
        Self { weight_decay, clip, steps: 0, moments: vec![None; weights] }
    }

    /// One step; returns the global norm of the gradients before clipping, on the device, `[1]`.
    ///
    /// Weights without a gradient stay as they are.
    pub fn step(
        &mut self,
        weights: &mut [Tensor<2>],
        gradients: Vec<Option<Tensor<2>>>,
        learning_rate: f64,
    ) -> Tensor<1> {
        self.steps += 1;
        let norm = global_norm(&gradients);
        let scale = self.clip.map(|clip| (norm.clone() / clip).clamp_min(1.0).recip());
        let correction_1 = 1.0 - BETA_1.powi(self.steps);
        let correction_2 = 1.0 - BETA_2.powi(self.steps);
        for ((weight, gradient), moments) in weights.iter_mut().zip(gradients).zip(&mut self.moments) {
            let Some(mut gradient) = gradient else { continue };
            if let Some(scale) = &scale {
                gradient = gradient * scale.clone().unsqueeze_dim::<2>(0);
            }
            let squared = gradient.clone().square();
            let (first, second) = match moments.take() {
                None => (gradient * (1.0 - BETA_1), squared * (1.0 - BETA_2)),
                Some((first, second)) => (
                    first * BETA_1 + gradient * (1.0 - BETA_1),
                    second * BETA_2 + squared * (1.0 - BETA_2),
                ),
            };
            let denominator = (second.clone() / correction_2).sqrt() + EPSILON;
            let update = first.clone() / denominator * (learning_rate / correction_1);
            let old = weight.clone().inner();
            let decayed =
                if self.weight_decay > 0.0 { old * (1.0 - learning_rate * self.weight_decay) } else { old };
            *weight = decayed - update;
            *moments = Some((first, second));
        }
        norm
    }
}

/// `sqrt(sum of squares)` over all gradients, shape `[1]`.
fn global_norm(gradients: &[Option<Tensor<2>>]) -> Tensor<1> {
    let squares: Vec<Tensor<1>> = gradients
        .iter()
        .flatten()
        // Row sums first: a sum over a whole large tensor may depend on the number of threads.
        .map(|gradient| {
            gradient.clone().square().sum_dim(1).sum_dim(0).squeeze_dim::<1>(1)
        })
        .collect();
    Tensor::cat(squares, 0).sum_dim(0).sqrt()
}
