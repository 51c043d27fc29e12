//! LayerNorm over rows, and its gradient.

use super::super::LAYER_NORM_EPSILON;
use crate::simd::{dot, sum, vectorised};

/// Writes `(x - mean) / deviation` into `y` and returns the reciprocal deviation.
#[inline(always)]
pub(super) fn standardise(x: &[f32], y: &mut [f32]) -> f32 {
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
pub(super) fn stretch(y: &[f32], gain: &[f32], bias: &[f32], z: &mut [f32]) {
    for (((z, y), gain), bias) in z.iter_mut().zip(y).zip(gain).zip(bias) {
        *z = y.mul_add(*gain, *bias);
    }
}

/// Adds one row's part to the gradients of `gain` and `bias`, and its gradient to that of `x`.
///
/// With `y = (x - mean) scale` and `g = gradient * gain`, where `gradient` is that of the output:
/// `dL/dx = scale (g - mean(g) - y mean(g y))`. `gradient` is left as `g`.
#[inline(always)]
pub(super) fn backward_row(
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
