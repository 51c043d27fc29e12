//! Causal softmax attention window by window and head by head, and its gradient.
//!
//! The shares of one position are one short row that never leaves the cache; the gradient computes
//! them again rather than keeping them.

use super::simd::{add_scaled, softmax, sum, vectorised};

/// How the rows are divided.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shape {
    /// Positions per window.
    pub(super) length: usize,
    /// Heads, side by side in the columns.
    pub(super) heads: usize,
    /// Columns.
    pub(super) dim: usize,
}

impl Shape {
    fn head_dim(self) -> usize {
        self.dim / self.heads
    }

    /// The factor on the scores.
    fn scale(self) -> f32 {
        (1.0 / (self.head_dim() as f64).sqrt()) as f32
    }

    /// First entries of every window and head in a row-major `[windows * length, dim]`.
    fn starts(self, len: usize) -> impl Iterator<Item = usize> {
        let window = self.length * self.dim;
        (0..len / window).flat_map(move |index| {
            (0..self.heads).map(move |head| index * window + head * self.head_dim())
        })
    }

    /// The row of position `index` of the window and head at `start`.
    #[inline(always)]
    fn row(self, values: &[f32], start: usize, index: usize) -> &[f32] {
        &values[start + index * self.dim..][..self.head_dim()]
    }

    #[inline(always)]
    fn row_mut(self, values: &mut [f32], start: usize, index: usize) -> &mut [f32] {
        let width = self.head_dim();
        &mut values[start + index * self.dim..][..width]
    }

    /// A window and head turned to `[head_dim, length]`, so that products with all positions are
    /// sums of rows.
    #[inline(always)]
    fn transpose(self, values: &[f32], start: usize, turned: &mut [f32]) {
        for index in 0..self.length {
            for (column, &value) in self.row(values, start, index).iter().enumerate() {
                turned[column * self.length + index] = value;
            }
        }
    }
}

/// `row[j] = x · y_j` for `j < row.len()`, from `y` turned to `[dim, length]`.
#[inline(always)]
fn products(row: &mut [f32], x: &[f32], turned: &[f32], length: usize) {
    row.fill(0.0);
    for (column, &x) in x.iter().enumerate() {
        add_scaled(row, x, &turned[column * length..][..row.len()]);
    }
}

/// The shares that the position with this query gives to itself and the positions before it.
#[inline(always)]
fn shares(row: &mut [f32], query: &[f32], turned_keys: &[f32], shape: Shape) {
    products(row, query, turned_keys, shape.length);
    let scale = shape.scale();
    for score in row.iter_mut() {
        *score *= scale;
    }
    softmax(row);
}

/// The attended values.
pub(super) fn forward(query: &[f32], key: &[f32], value: &[f32], shape: Shape) -> Vec<f32> {
    let mut output = vec![0.0; query.len()];
    let mut turned_keys = vec![0.0; shape.head_dim() * shape.length];
    let mut row = vec![0.0; shape.length];
    vectorised(
        #[inline(always)]
        || {
            for start in shape.starts(query.len()) {
                shape.transpose(key, start, &mut turned_keys);
                for index in 0..shape.length {
                    let row = &mut row[..=index];
                    shares(row, shape.row(query, start, index), &turned_keys, shape);
                    let output = shape.row_mut(&mut output, start, index);
                    for (other, &share) in row.iter().enumerate() {
                        add_scaled(output, share, shape.row(value, start, other));
                    }
                }
            }
        },
    );
    output
}

/// Gradients of query, key and value, from that of the output.
///
/// With shares `p` and `q = gradient · value_j`: `dL/dscore_j = p_j (q_j - sum_k p_k q_k)`.
pub(super) fn backward(
    gradient: &[f32],
    query: &[f32],
    key: &[f32],
    value: &[f32],
    shape: Shape,
) -> [Vec<f32>; 3] {
    let [mut query_gradient, mut key_gradient, mut value_gradient] =
        [(); 3].map(|()| vec![0.0; query.len()]);
    let [mut turned_keys, mut turned_values] =
        [(); 2].map(|()| vec![0.0; shape.head_dim() * shape.length]);
    let [mut shares_row, mut products_row] = [(); 2].map(|()| vec![0.0; shape.length]);
    vectorised(
        #[inline(always)]
        || {
            for start in shape.starts(query.len()) {
                shape.transpose(key, start, &mut turned_keys);
                shape.transpose(value, start, &mut turned_values);
                for index in 0..shape.length {
                    let (p, q) = (&mut shares_row[..=index], &mut products_row[..=index]);
                    let (query, gradient) =
                        (shape.row(query, start, index), shape.row(gradient, start, index));
                    shares(p, query, &turned_keys, shape);
                    products(q, gradient, &turned_values, shape.length);
                    let mean = sum(p.len(), |other| p[other] * q[other]);
                    let query_gradient = shape.row_mut(&mut query_gradient, start, index);
                    for other in 0..=index {
                        let score = p[other] * (q[other] - mean) * shape.scale();
                        add_scaled(query_gradient, score, shape.row(key, start, other));
                        add_scaled(shape.row_mut(&mut key_gradient, start, other), score, query);
                        let value_gradient = shape.row_mut(&mut value_gradient, start, other);
                        add_scaled(value_gradient, p[other], gradient);
                    }
                }
            }
        },
    );
    [query_gradient, key_gradient, value_gradient]
}
