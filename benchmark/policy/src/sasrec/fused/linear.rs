//! Linear layers over rows, and their gradients.

use crate::kernels::{By, Matrix, Output, add_scaled, product, vectorised};

/// `x weight + bias` for every row.
pub(super) fn linear(output: &mut [f32], x: &[f32], weight: Matrix<'_>, bias: &[f32]) {
    vectorised(
        #[inline(always)]
        || {
            for row in output.chunks_exact_mut(bias.len()) {
                row.copy_from_slice(bias);
            }
        },
    );
    let x = Matrix::new(x, weight.rows());
    product(output, Output::AddedTo, 1.0, x, weight, By::OneThread);
}

/// The gradients of weight and bias of [`linear`], from its input and its output's gradient.
pub(super) fn weight_gradients(weight: &mut [f32], bias: &mut [f32], x: &[f32], gradient: &[f32]) {
    let rows = Matrix::new(gradient, bias.len());
    let x = Matrix::new(x, weight.len() / bias.len());
    product(weight, Output::Replaced, 1.0, x.turned(), rows, By::OneThread);
    vectorised(
        #[inline(always)]
        || {
            for row in gradient.chunks_exact(bias.len()) {
                add_scaled(bias, 1.0, row);
            }
        },
    );
}

/// The gradient of the input of [`linear`], of `width` outputs.
pub(super) fn input_gradient(
    x_gradient: &mut [f32],
    gradient: &[f32],
    weight: &[f32],
    width: usize,
) {
    let gradient = Matrix::new(gradient, width);
    let weight = Matrix::new(weight, width);
    product(x_gradient, Output::Replaced, 1.0, gradient, weight.turned(), By::OneThread);
}
