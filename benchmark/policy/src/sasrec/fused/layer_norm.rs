//! LayerNorm over rows, and its gradient.

use super::super::settings::LAYER_NORM_EPSILON;
use crate::kernels::{dot, sum, vectorised};

/// Writes `(x - mean) / deviation` into `y` and returns the reciprocal deviation.
#[inline(always)]
fn standardise(x: &[f32], y: &mut [f32]) -> f32 {
    let n = x.len() as f32;
    let mean = sum(x) / n;
    for (y, x) in y.iter_mut().zip(x) {
        *y = x - mean;
    }
    let variance = dot(y, y) / n;
    let scale = 1.0 / (variance + LAYER_NORM_EPSILON as f32).sqrt();
    for y in y.iter_mut() {
        *y *= scale;
    }
    scale
}

/// `y * gain + bias` into `z`.
#[inline(always)]
fn stretch(y: &[f32], gain: &[f32], bias: &[f32], z: &mut [f32]) {
    for (((z, y), gain), bias) in z.iter_mut().zip(y).zip(gain).zip(bias) {
        *z = y.mul_add(*gain, *bias);
    }
}

/// Adds one row's part to the gradients of `gain` and `bias`, and its gradient to that of `x`.
///
/// With `y = (x - mean) scale` and `g = gradient * gain`, where `gradient` is that of the output:
/// `dL/dx = scale (g - mean(g) - y mean(g y))`. `gradient` is left as `g`.
#[inline(always)]
fn backward_row(
    gradient: &mut [f32],
    y: &[f32],
    scale: f32,
    gain: &[f32],
    (gain_gradient, bias_gradient): (&mut [f32], &mut [f32]),
    x_gradient: &mut [f32],
) {
    let sums = gain_gradient.iter_mut().zip(bias_gradient);
    for ((((gain_sum, bias_sum), g), y), gain) in sums.zip(gradient.iter_mut()).zip(y).zip(gain) {
        *gain_sum = g.mul_add(*y, *gain_sum);
        *bias_sum += *g;
        *g *= gain;
    }
    let n = y.len() as f32;
    let mean_g = sum(gradient) / n;
    let mean_gy = dot(gradient, y) / n;
    for ((x, g), y) in x_gradient.iter_mut().zip(gradient).zip(y) {
        *x += scale * (*g - mean_g - y * mean_gy);
    }
}

/// Standardised rows and their reciprocal deviations; LayerNorm's output into `z`.
pub(super) fn normalise(
    x: &[f32],
    gain: &[f32],
    bias: &[f32],
    z: &mut [f32],
) -> (Vec<f32>, Vec<f32>) {
    let dim = gain.len();
    let mut standard = vec![0.0; x.len()];
    let mut scales = vec![0.0; x.len() / dim];
    vectorised(
        #[inline(always)]
        || {
            let rows = x.chunks_exact(dim).zip(standard.chunks_exact_mut(dim));
            for (((x, y), z), scale) in rows.zip(z.chunks_exact_mut(dim)).zip(&mut scales) {
                *scale = standardise(x, y);
                stretch(y, gain, bias, z);
            }
        },
    );
    (standard, scales)
}

/// LayerNorm's output again, from standardised rows.
pub(super) fn stretched(standard: &[f32], gain: &[f32], bias: &[f32], z: &mut [f32]) {
    let dim = gain.len();
    vectorised(
        #[inline(always)]
        || {
            for (y, z) in standard.chunks_exact(dim).zip(z.chunks_exact_mut(dim)) {
                stretch(y, gain, bias, z);
            }
        },
    );
}

/// LayerNorm's gradients: adds that of its input to `x_gradient`, uses up that of its output.
pub(super) fn norm_gradient(
    gradient: &mut [f32],
    (standard, scales): &(Vec<f32>, Vec<f32>),
    gain: &[f32],
    (gain_gradient, bias_gradient): (&mut [f32], &mut [f32]),
    x_gradient: &mut [f32],
) {
    let dim = gain.len();
    vectorised(
        #[inline(always)]
        || {
            let rows = gradient.chunks_exact_mut(dim).zip(standard.chunks_exact(dim)).zip(scales);
            for (((gradient, y), scale), x) in rows.zip(x_gradient.chunks_exact_mut(dim)) {
                let sums = (&mut *gain_gradient, &mut *bias_gradient);
                backward_row(gradient, y, *scale, gain, sums, x);
            }
        },
    );
}

/// `(x - mean) / deviation * gain + bias` for each row of `x`.
pub(super) fn forward(x: &[f32], gain: &[f32], bias: &[f32]) -> Vec<f32> {
    let dim = gain.len();
    let mut output = vec![0.0; x.len()];
    let mut y = vec![0.0; dim];
    vectorised(
        #[inline(always)]
        || {
            for (z, x) in output.chunks_exact_mut(dim).zip(x.chunks_exact(dim)) {
                standardise(x, &mut y);
                stretch(&y, gain, bias, z);
            }
        },
    );
    output
}

/// Gradients of `x`, `gain` and `bias`, from that of the output.
pub(super) fn backward(gradient: &[f32], x: &[f32], gain: &[f32]) -> [Vec<f32>; 3] {
    let dim = gain.len();
    let mut x_gradient = vec![0.0; x.len()];
    let [mut gain_gradient, mut bias_gradient] = [(); 2].map(|()| vec![0.0; dim]);
    let [mut y, mut g] = [(); 2].map(|()| vec![0.0_f32; dim]);
    vectorised(
        #[inline(always)]
        || {
            let rows = gradient.chunks_exact(dim).zip(x.chunks_exact(dim));
            for ((gradient, x), x_gradient) in rows.zip(x_gradient.chunks_exact_mut(dim)) {
                let scale = standardise(x, &mut y);
                g.copy_from_slice(gradient);
                let sums = (gain_gradient.as_mut_slice(), bias_gradient.as_mut_slice());
                backward_row(&mut g, &y, scale, gain, sums, x_gradient);
            }
        },
    );
    [x_gradient, gain_gradient, bias_gradient]
}
