//! AdamW on a device, for several replicas at once; each has rates and a gradient norm of its own.

use burn::Tensor;
use burn::tensor::{Device, TensorData};

use super::{BETA_1, BETA_2, EPSILON, Settings};

/// The state over a list of weights, each of which holds one replica's rows below the other's.
#[derive(Debug)]
pub struct PackedAdamW {
    replicas: Vec<Settings>,
    steps: i32,
    /// Means of gradients and of their squares, `[R, scalars]`; None before a weight's first gradient.
    moments: Vec<Option<[Tensor<2>; 2]>>,
}

impl PackedAdamW {
    /// Fresh state for `weights` tensors, with the settings of every replica.
    #[must_use]
    pub fn new(weights: usize, replicas: Vec<Settings>) -> Self {
        Self { replicas, steps: 0, moments: vec![None; weights] }
    }

    /// One step at each replica's learning rate; returns the global norms of the gradients before
    /// clipping, `[R]`, without waiting for them.
    ///
    /// Weights without a gradient stay as they are.
    ///
    /// # Panics
    /// When no weight has a gradient.
    pub fn step(
        &mut self,
        weights: &mut [Tensor<2>],
        gradients: Vec<Option<Tensor<2>>>,
        learning_rates: &[f64],
    ) -> Tensor<1> {
        self.steps += 1;
        let count = self.replicas.len();
        let by_replica = |tensor: Tensor<2>| {
            let scalars = tensor.shape().num_elements() / count;
            tensor.reshape([count, scalars])
        };
        let gradients: Vec<Option<Tensor<2>>> =
            gradients.into_iter().map(|gradient| gradient.map(by_replica)).collect();
        let device = gradients.iter().flatten().next().expect("some weight is trained").device();
        let squares = gradients.iter().flatten().map(|g| g.clone().square().sum_dim(1));
        let norms = Tensor::cat(squares.collect(), 1).sum_dim(1).sqrt();
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
            weights.iter_mut().zip(gradients).zip(&mut self.moments)
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

/// One value per replica, `[R, 1]`.
fn column(values: impl Iterator<Item = f64>, device: &Device) -> Tensor<2> {
    let values: Vec<f32> = values.map(|value| value as f32).collect();
    let rows = values.len();
    Tensor::from_data(TensorData::new(values, [rows, 1]), device)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tensor(rows: &[[f32; 2]]) -> Tensor<2> {
        let values = rows.concat();
        Tensor::from_data(TensorData::new(values, [rows.len(), 2]), &Device::flex())
    }

    fn values(tensor: &Tensor<2>) -> Vec<f32> {
        tensor.clone().try_into_vec_as().unwrap()
    }

    /// Two replicas of two weights side by side, against each of them alone.
    #[test]
    fn replicas_do_not_see_each_other() {
        let settings = [
            Settings { weight_decay: 0.5, clip: None },
            Settings { weight_decay: 0.0, clip: Some(1.0) },
        ];
        let rates = [0.1, 0.02];
        let first = [[1.0, -2.0], [0.5, 3.0]];
        let second = [[4.0, 0.25], [-1.0, 2.0]];
        let gradient = |step: usize, row: usize| [0.3 * step as f32 - 1.0, 2.0 + row as f32];
        let mut together = vec![tensor(&first), tensor(&second)];
        let mut optimizer = PackedAdamW::new(2, settings.to_vec());
        let mut norms = Vec::new();
        for step in 0..4 {
            let given = [0, 1].map(|w| Some(tensor(&[gradient(step, w), gradient(step + 1, w)])));
            let found = optimizer.step(&mut together, given.to_vec(), &rates);
            norms.push(found.try_into_vec_as::<f32>().unwrap());
        }
        for replica in 0..2 {
            let mut alone =
                vec![tensor(&first[replica..=replica]), tensor(&second[replica..=replica])];
            let mut optimizer = PackedAdamW::new(2, vec![settings[replica]]);
            for (step, norms) in norms.iter().enumerate() {
                let given = [0, 1].map(|w| Some(tensor(&[gradient(step + replica, w)])));
                let found = optimizer.step(&mut alone, given.to_vec(), &rates[replica..=replica]);
                assert_eq!(found.into_scalar::<f32>(), norms[replica]);
            }
            for (alone, together) in alone.iter().zip(&together) {
                assert_eq!(values(alone), values(together)[2 * replica..][..2]);
            }
        }
    }
}
