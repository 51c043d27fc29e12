//! LayerNorm over rows, and its gradient.

use super::super::LAYER_NORM_EPSILON;
use super::simd::{sum, vectorised};

/// Mean and reciprocal deviation of a row.
#[inline(always)]
fn moments(row: &[f32]) -> (f32, f32) {
    let n = row.len();
    let mean = sum(n, |index| row[index]) / n as f32;
    let variance = sum(n, |index| (row[index] - mean) * (row[index] - mean)) / n as f32;
    (mean, 1.0 / (variance + LAYER_NORM_EPSILON as f32).sqrt())
}

/// `(x - mean) * scale * gain + bias` for each row of `x`.
pub(super) fn forward(x: &[f32], gain: &[f32], bias: &[f32]) -> Vec<f32> {
    let dim = gain.len();
    let mut output = vec![0.0; x.len()];
    vectorised(
        #[inline(always)]
        || {
            for (output, x) in output.chunks_exact_mut(dim).zip(x.chunks_exact(dim)) {
                let (mean, scale) = moments(x);
                for index in 0..dim {
                    output[index] = (x[index] - mean) * scale * gain[index] + bias[index];
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
    let mut g = vec![0.0_f32; dim];
    vectorised(
        #[inline(always)]
        || {
            let rows = gradient.chunks_exact(dim).zip(x.chunks_exact(dim));
            for ((gradient, x), output) in rows.zip(x_gradient.chunks_exact_mut(dim)) {
                let (mean, scale) = moments(x);
                for index in 0..dim {
                    y[index] = (x[index] - mean) * scale;
                    g[index] = gradient[index] * gain[index];
                    gain_gradient[index] += gradient[index] * y[index];
                    bias_gradient[index] += gradient[index];
                }
                let mean_g = sum(dim, |index| g[index]) / dim as f32;
                let mean_gy = sum(dim, |index| g[index] * y[index]) / dim as f32;
                for index in 0..dim {
                    output[index] = scale * (g[index] - mean_g - y[index] * mean_gy);
                }
            }
        },
    );
    [x_gradient, gain_gradient, bias_gradient]
}
