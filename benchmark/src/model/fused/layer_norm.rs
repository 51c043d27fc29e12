//! LayerNorm over rows, and its gradient.

use super::super::LAYER_NORM_EPSILON;
use crate::simd::{dot, sum, vectorised};

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

/// `(x - mean) / deviation * gain + bias` for each row of `x`.
pub(super) fn forward(x: &[f32], gain: &[f32], bias: &[f32]) -> Vec<f32> {
    let dim = gain.len();
    let mut output = vec![0.0; x.len()];
    vectorised(
        #[inline(always)]
        || {
            for (y, x) in output.chunks_exact_mut(dim).zip(x.chunks_exact(dim)) {
                standardise(x, y);
                for ((y, gain), bias) in y.iter_mut().zip(gain).zip(bias) {
                    *y = *y * gain + bias;
                }
            }
        },
    );
    output
}

/// Gradients of `x`, `gain` and `bias`, from that of the output.
///
/// With `y = (x - mean) scale` and `g = gradient * gain`:
/// `dL/dx = scale (g - mean(g) - y mean(g y))`.
pub(super) fn backward(gradient: &[f32], x: &[f32], gain: &[f32]) -> [Vec<f32>; 3] {
    let dim = gain.len();
    let mut x_gradient = vec![0.0; x.len()];
    let mut gain_gradient = vec![0.0; dim];
    let mut bias_gradient = vec![0.0; dim];
    let mut y = vec![0.0_f32; dim];
    vectorised(
        #[inline(always)]
        || {
            let rows = gradient.chunks_exact(dim).zip(x.chunks_exact(dim));
            for ((gradient, x), g) in rows.zip(x_gradient.chunks_exact_mut(dim)) {
                let scale = standardise(x, &mut y);
                let sums = gain_gradient.iter_mut().zip(bias_gradient.iter_mut());
                for (((gain, bias), gradient), y) in sums.zip(gradient).zip(&y) {
                    *gain += gradient * y;
                    *bias += gradient;
                }
                for ((g, gradient), gain) in g.iter_mut().zip(gradient).zip(gain) {
                    *g = gradient * gain;
                }
                let mean_g = sum(g) / dim as f32;
                let mean_gy = dot(g, &y) / dim as f32;
                for (g, y) in g.iter_mut().zip(&y) {
                    *g = scale * (*g - mean_g - y * mean_gy);
                }
            }
        },
    );
    [x_gradient, gain_gradient, bias_gradient]
}
