//! Functions that losses are made of, as numbers and as tensors, without overflow.

use burn::Tensor;
use burn::tensor::DType;

/// `1 / (1 + exp(-x))`.
pub(crate) fn sigmoid(x: f64) -> f64 {
    if x >= 0.0 { 1.0 / (1.0 + (-x).exp()) } else { x.exp() / (1.0 + x.exp()) }
}

/// `log(1 + exp(x))`.
pub(crate) fn softplus(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}

/// `log(1 + sum_j exp(x_j))`, and `exp(x_i) / (1 + sum_j exp(x_j))` for each i.
pub(crate) fn softmax_with_zero(x: &[f64]) -> (f64, Vec<f64>) {
    let largest = x.iter().copied().fold(0.0, f64::max);
    let sum = (-largest).exp() + x.iter().map(|x| (x - largest).exp()).sum::<f64>();
    (largest + sum.ln(), x.iter().map(|x| (x - largest).exp() / sum).collect())
}

/// Splits `[P, 1 + K]` into the positive's column `[P, 1]` and the negatives' `[P, K]`.
pub(crate) fn split(scores: Tensor<2>) -> (Tensor<2>, Tensor<2>) {
    let [samples, items] = scores.dims();
    (scores.clone().slice([0..samples, 0..1]), scores.slice([0..samples, 1..items]))
}

/// `log(1 + sum_j exp(x_j))` over the last dimension, shape `[P]`.
pub(crate) fn log_one_plus_sum_exp(x: Tensor<2>) -> Tensor<1> {
    let largest = x.clone().detach().max_dim(1).clamp_min(0.0);
    let sum = (x - largest.clone()).exp().sum_dim(1) + (-largest.clone()).exp();
    (sum.log() + largest).squeeze_dim(1)
}

/// A tensor's numbers in double precision, row-major. In training tensors have 32 bits, in closed forms
/// by differentiation 64.
pub(crate) fn numbers(tensor: Tensor<2>) -> Vec<f64> {
    match tensor.dtype() {
        DType::F64 => tensor.try_into_vec_as().expect("these tensors hold floats"),
        _ => {
            let values: Vec<f32> = tensor.try_into_vec_as().expect("these tensors hold floats");
            values.into_iter().map(f64::from).collect()
        }
    }
}
