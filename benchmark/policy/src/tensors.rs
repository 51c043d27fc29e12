//! Between tensors and the memory of the host.

use burn::Tensor;
use burn::tensor::{Device, Int, TensorData};

/// A tensor's values, without a copy where nobody else holds them and they are on the host.
///
/// # Panics
/// When they are not 32-bit floats.
#[must_use]
pub fn to_host<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.inner().try_into_vec_as().expect("tensors here are 32-bit floats")
}

/// A table of values, row-major.
pub(crate) fn from_host(values: Vec<f32>, shape: [usize; 2], device: &Device) -> Tensor<2> {
    Tensor::from_data(TensorData::new(values, shape), device)
}

/// A weight's replicas, which lie one's rows below the other's: `[R, rows, cols]`.
pub(crate) fn replicas_of(weight: &Tensor<2>, replicas: usize) -> Tensor<3> {
    let [rows, cols] = weight.dims();
    weight.clone().reshape([replicas, rows / replicas, cols])
}

/// The only value of a tensor.
pub(crate) fn scalar(tensor: Tensor<1>) -> f64 {
    f64::from(tensor.into_scalar::<f32>())
}

/// A tensor of indices, `[n]`.
pub(crate) fn indices(rows: &[u32], device: &Device) -> Tensor<1, Int> {
    let rows: Vec<i32> = rows.iter().map(|&row| row as i32).collect();
    let length = rows.len();
    Tensor::from_data(TensorData::new(rows, [length]), device)
}

/// Some rows of a matrix.
#[must_use]
pub fn select_rows(matrix: Tensor<2>, rows: &[u32]) -> Tensor<2> {
    let all = rows.len() == matrix.dims()[0] && rows.iter().zip(0..).all(|(row, i)| *row == i);
    if all {
        return matrix;
    }
    let device = matrix.device().without_autodiff();
    matrix.select(0, indices(rows, &device))
}
