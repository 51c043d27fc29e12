//! Features of a kind, times their weights, and the gradient, on numbers.
//!
//! Every sum has its order, whatever the number of threads.

use prefsweep_datasets::FeatureValues;

use crate::kernels::{By, Matrix, Output, add_scaled, product, vectorised};

/// Adds `scale * F` to the rows of the items, `[n_items, dim]`, where `F` is the mean of the weights of an item's
/// labels, or its vector times the weights, `[width, dim]`.
pub(super) fn add(
    rows: &mut [f32],
    scale: f32,
    values: &FeatureValues,
    weights: &[f32],
    dim: usize,
) {
    match values {
        FeatureValues::Labels(labels) => vectorised(
            #[inline(always)]
            || {
                for (row, labels) in rows.chunks_exact_mut(dim).zip(&labels.of_items) {
                    let scale = scale / labels.len() as f32;
                    for &label in labels {
                        add_scaled(row, scale, &weights[label as usize * dim..][..dim]);
                    }
                }
            },
        ),
        FeatureValues::Vectors(vectors) => {
            let left = Matrix::new(&vectors.values, vectors.width);
            let right = Matrix::new(weights, dim);
            product(rows, Output::AddedTo, scale, left, right, By::AllThreads);
        }
    }
}

/// The gradient of the weights, `[width, dim]`, from that of `F`, `[n_items, dim]`.
pub(super) fn backward(
    gradient: &[f32],
    values: &FeatureValues,
    width: usize,
    dim: usize,
) -> Vec<f32> {
    let mut of_weights = vec![0.0; width * dim];
    match values {
        FeatureValues::Labels(labels) => vectorised(
            #[inline(always)]
            || {
                for (row, labels) in gradient.chunks_exact(dim).zip(&labels.of_items) {
                    let scale = 1.0 / labels.len() as f32;
                    for &label in labels {
                        add_scaled(&mut of_weights[label as usize * dim..][..dim], scale, row);
                    }
                }
            },
        ),
        FeatureValues::Vectors(vectors) => {
            let left = Matrix::new(&vectors.values, width).turned();
            let right = Matrix::new(gradient, dim);
            product(&mut of_weights, Output::Replaced, 1.0, left, right, By::AllThreads);
        }
    }
    of_weights
}
