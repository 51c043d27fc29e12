//! Both forms of AdamW, against the paper and each other.

use burn::Tensor;
use burn::tensor::Device;

use super::device::DeviceAdamW;
use super::host::HostAdamW;
use super::settings::Settings;
use crate::parameters::{Gradients, Parameters};
use crate::tensors::{from_host, scalar};

enum AdamW {
    Host(HostAdamW),
    Device(DeviceAdamW),
}

impl AdamW {
    /// Both forms, fresh.
    fn both(weights: &Parameters, settings: Settings) -> [Self; 2] {
        [
            Self::Host(HostAdamW::new(weights, settings)),
            Self::Device(DeviceAdamW::new(weights, vec![settings])),
        ]
    }

    fn step(&mut self, weights: &mut Parameters, gradients: Gradients, rate: f64) -> f64 {
        match self {
            Self::Host(optimizer) => optimizer.step(weights, gradients, rate),
            Self::Device(optimizer) => scalar(optimizer.step(weights, gradients, &[rate])),
        }
    }
}

fn tensor(values: &[f64]) -> Tensor<2> {
    let values: Vec<f32> = values.iter().map(|&value| value as f32).collect();
    let columns = values.len();
    from_host(values, [1, columns], &Device::flex())
}

fn values(tensors: &Parameters) -> Vec<f64> {
    let values = |tensor: &Tensor<2>| tensor.clone().try_into_vec_as::<f32>().unwrap();
    tensors.iter().flat_map(values).map(f64::from).collect()
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
    let (rate, decay) = (0.1, 0.5);
    let start: Parameters = [tensor(&[1.0, -2.0]), tensor(&[3.0])].into_iter().collect();
    for mut optimizer in AdamW::both(&start, Settings { weight_decay: decay, clip: None }) {
        let mut weights = start.clone();
        let mut expected = [1.0, -2.0, 3.0];
        let mut scalars = [(); 3].map(|()| Scalar { first: 0.0, second: 0.0, steps: 0 });
        for step in 0..5 {
            let gradients = [0.3 - 0.2 * f64::from(step), 2.0, -1e-3];
            let given = [Some(tensor(&gradients[..2])), Some(tensor(&gradients[2..]))];
            let norm = optimizer.step(&mut weights, given.into_iter().collect(), rate);
            let exact = gradients.iter().map(|g| g * g).sum::<f64>().sqrt();
            assert!((norm - exact).abs() < 1e-6 * exact);
            for ((weight, scalar), gradient) in expected.iter_mut().zip(&mut scalars).zip(gradients)
            {
                *weight = scalar.step(*weight, gradient, rate, decay);
            }
        }
        for (found, expected) in values(&weights).iter().zip(expected) {
            assert!((found - expected).abs() < 1e-5, "{found} {expected}");
        }
    }
}

/// Clipping scales all gradients by the same factor, so that with the first step of AdamW,
/// which only sees signs, it shows in the moments: two steps tell.
#[test]
fn clipping_uses_the_norm_of_all_gradients_together() {
    let start: Parameters = [tensor(&[0.0]), tensor(&[0.0])].into_iter().collect();
    let run = |form: usize, clip: Option<f64>, scale: f64| {
        let mut weights = start.clone();
        let optimizers = AdamW::both(&start, Settings { weight_decay: 0.0, clip });
        let mut optimizer = optimizers.into_iter().nth(form).expect("two forms");
        for gradients in [[3.0, 4.0], [0.3, 0.4]] {
            let scaled = if gradients[0] > 1.0 { scale } else { 1.0 };
            let given = gradients.map(|g| Some(tensor(&[g * scaled])));
            let _ = optimizer.step(&mut weights, given.into_iter().collect(), 0.1);
        }
        values(&weights)
    };
    for form in [0, 1] {
        // The norm of (3, 4) is 5; clipped to 1 it is a fifth. (0.3, 0.4) is left alone.
        let (clipped, by_hand) = (run(form, Some(1.0), 1.0), run(form, None, 0.2));
        for (clipped, by_hand) in clipped.iter().zip(&by_hand) {
            assert!((clipped - by_hand).abs() < 1e-6, "{clipped} {by_hand}");
        }
        assert_ne!(clipped, run(form, None, 1.0));
    }
}

#[test]
fn a_parameter_without_a_gradient_stays() {
    let start: Parameters = [tensor(&[1.0]), tensor(&[2.0])].into_iter().collect();
    for mut optimizer in AdamW::both(&start, Settings { weight_decay: 0.0, clip: Some(1.0) }) {
        let mut weights = start.clone();
        let given = [Some(tensor(&[1.0])), None];
        let _ = optimizer.step(&mut weights, given.into_iter().collect(), 0.1);
        assert_ne!(values(&weights)[0], 1.0);
        assert_eq!(values(&weights)[1], 2.0);
    }
}

fn rows(rows: &[[f32; 2]]) -> Tensor<2> {
    from_host(rows.concat(), [rows.len(), 2], &Device::flex())
}

/// Two replicas of two parameters side by side, against each of them alone.
#[test]
fn replicas_do_not_see_each_other() {
    let settings = [
        Settings { weight_decay: 0.5, clip: None },
        Settings { weight_decay: 0.0, clip: Some(1.0) },
    ];
    let rates = [0.1, 0.02];
    let [first, second] = [[[1.0, -2.0], [0.5, 3.0]], [[4.0, 0.25], [-1.0, 2.0]]];
    let gradient = |step: usize, row: usize| [0.3 * step as f32 - 1.0, 2.0 + row as f32];
    let mut together: Parameters = [rows(&first), rows(&second)].into_iter().collect();
    let mut optimizer = DeviceAdamW::new(&together, settings.to_vec());
    let mut norms = Vec::new();
    for step in 0..4 {
        let given = [0, 1].map(|w| Some(rows(&[gradient(step, w), gradient(step + 1, w)])));
        let found = optimizer.step(&mut together, given.into_iter().collect(), &rates);
        norms.push(found.try_into_vec_as::<f32>().unwrap());
    }
    for replica in 0..2 {
        let own = replica..=replica;
        let start = [rows(&first[own.clone()]), rows(&second[own.clone()])];
        let mut alone: Parameters = start.into_iter().collect();
        let mut optimizer = DeviceAdamW::new(&alone, vec![settings[replica]]);
        for (step, norms) in norms.iter().enumerate() {
            let given = [0, 1].map(|w| Some(rows(&[gradient(step + replica, w)])));
            let found =
                optimizer.step(&mut alone, given.into_iter().collect(), &rates[own.clone()]);
            assert_eq!(found.into_scalar::<f32>(), norms[replica]);
        }
        assert_eq!(values(&alone), values(&together.replica(replica, 2)));
    }
}
