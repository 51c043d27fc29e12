//! Causal softmax attention window by window and head by head, and its gradient.
//!
//! One head of one window is copied into small matrices padded to whole blocks, which stay in the
//! cache. The gradient computes the shares again rather than keeping them.

use crate::simd::{Block, LANES, Left, ROWS, dot, product, softmax, vectorised};

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

    /// Positions, padded so that rows can be computed in groups and columns in blocks.
    fn padded(self) -> usize {
        self.length.next_multiple_of(LANES.max(ROWS))
    }

    /// Blocks in a row of a `[positions, head_dim]` matrix.
    fn head_blocks(self) -> usize {
        self.head_dim().div_ceil(LANES)
    }

    /// Blocks in a row of a `[positions, positions]` matrix.
    fn length_blocks(self) -> usize {
        self.padded() / LANES
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
}

/// One head of one window, padded with zeros: `[padded, head_blocks]` blocks.
struct Rows(Vec<Block>);

/// One head of one window turned to `[head_dim, length_blocks]` blocks.
struct Columns(Vec<Block>);

/// A `[padded, length_blocks]` matrix of one number per pair of positions.
struct Pairs(Vec<Block>);

impl Rows {
    fn new(shape: Shape) -> Self {
        Self(vec![[0.0; LANES]; shape.padded() * shape.head_blocks()])
    }

    #[inline(always)]
    fn load(&mut self, values: &[f32], start: usize, shape: Shape) {
        let width = shape.head_blocks() * LANES;
        let rows = self.0.as_flattened_mut().chunks_exact_mut(width);
        for (index, row) in rows.take(shape.length).enumerate() {
            let from = start + index * shape.dim;
            row[..shape.head_dim()].copy_from_slice(&values[from..from + shape.head_dim()]);
        }
    }

    #[inline(always)]
    fn store(&self, values: &mut [f32], start: usize, shape: Shape) {
        let width = shape.head_blocks() * LANES;
        let rows = self.0.as_flattened().chunks_exact(width);
        for (index, row) in rows.take(shape.length).enumerate() {
            let from = start + index * shape.dim;
            values[from..from + shape.head_dim()].copy_from_slice(&row[..shape.head_dim()]);
        }
    }

    /// As the left factor of a product, by position.
    #[inline(always)]
    fn left(&self, shape: Shape) -> Left<'_> {
        let by_row = shape.head_blocks() * LANES;
        Left { values: self.0.as_flattened(), by_row, by_column: 1 }
    }
}

impl Columns {
    fn new(shape: Shape) -> Self {
        Self(vec![[0.0; LANES]; shape.head_dim() * shape.length_blocks()])
    }

    #[inline(always)]
    fn load(&mut self, values: &[f32], start: usize, shape: Shape) {
        let width = shape.padded();
        let turned = self.0.as_flattened_mut();
        for index in 0..shape.length {
            let from = start + index * shape.dim;
            for (column, &value) in values[from..from + shape.head_dim()].iter().enumerate() {
                turned[column * width + index] = value;
            }
        }
    }
}

impl Pairs {
    fn new(shape: Shape) -> Self {
        Self(vec![[0.0; LANES]; shape.padded() * shape.length_blocks()])
    }

    /// `left · right_j` for every position and all positions `j` that it can see; what lies beyond
    /// is left undefined.
    #[inline(always)]
    fn products(&mut self, left: &Rows, right: &Columns, shape: Shape) {
        for first in (0..shape.length).step_by(ROWS) {
            let blocks = (first + ROWS).div_ceil(LANES).min(shape.length_blocks());
            let inner = 0..shape.head_dim();
            product(
                &mut self.0,
                left.left(shape),
                &right.0,
                shape.length_blocks(),
                first,
                inner,
                blocks,
            );
        }
    }

    #[inline(always)]
    fn row(&mut self, index: usize, shape: Shape) -> &mut [f32] {
        &mut self.0.as_flattened_mut()[index * shape.padded()..][..shape.padded()]
    }

    /// Turns scores into shares: softmax over the positions up to each, zero beyond.
    #[inline(always)]
    fn shares(&mut self, shape: Shape) {
        for index in 0..shape.length {
            let row = self.row(index, shape);
            let blocks = (index + 1).next_multiple_of(LANES);
            for score in &mut row[..=index] {
                *score *= shape.scale();
            }
            // Minus infinity has share zero, which lets the softmax run over whole blocks.
            row[index + 1..blocks].fill(f32::NEG_INFINITY);
            softmax(&mut row[..blocks]);
            row[blocks..].fill(0.0);
        }
        let used = shape.length * shape.padded();
        self.0.as_flattened_mut()[used..].fill(0.0);
    }

    /// As the left factor, by the position that looks: sums over the positions that it sees.
    #[inline(always)]
    fn left(&self, shape: Shape) -> Left<'_> {
        Left { values: self.0.as_flattened(), by_row: shape.padded(), by_column: 1 }
    }

    /// As the left factor, by the position that is seen: sums over the positions that see it.
    #[inline(always)]
    fn turned(&self, shape: Shape) -> Left<'_> {
        Left { values: self.0.as_flattened(), by_row: 1, by_column: shape.padded() }
    }
}

/// `output_i = sum_j pairs_ij values_j` over the positions `j` that `i` can see.
#[inline(always)]
fn seen(output: &mut Rows, pairs: &Pairs, values: &Rows, shape: Shape) {
    let width = shape.head_blocks();
    for first in (0..shape.length).step_by(ROWS) {
        let inner = 0..(first + ROWS).min(shape.length);
        product(&mut output.0, pairs.left(shape), &values.0, width, first, inner, width);
    }
}

/// `output_j = sum_i pairs_ij values_i` over the positions `i` that can see `j`.
#[inline(always)]
fn seeing(output: &mut Rows, pairs: &Pairs, values: &Rows, shape: Shape) {
    let width = shape.head_blocks();
    for first in (0..shape.length).step_by(ROWS) {
        let inner = first..shape.length;
        product(&mut output.0, pairs.turned(shape), &values.0, width, first, inner, width);
    }
}

/// The attended values.
pub(super) fn forward(query: &[f32], key: &[f32], value: &[f32], shape: Shape) -> Vec<f32> {
    let mut output = vec![0.0; query.len()];
    let [mut queries, mut values, mut attended] = [(); 3].map(|()| Rows::new(shape));
    let mut keys = Columns::new(shape);
    let mut shares = Pairs::new(shape);
    vectorised(
        #[inline(always)]
        || {
            for start in shape.starts(query.len()) {
                queries.load(query, start, shape);
                keys.load(key, start, shape);
                values.load(value, start, shape);
                shares.products(&queries, &keys, shape);
                shares.shares(shape);
                seen(&mut attended, &shares, &values, shape);
                attended.store(&mut output, start, shape);
            }
        },
    );
    output
}

/// Gradients of query, key and value, from that of the output.
///
/// With shares `p_ij` and `q_ij = gradient_i · value_j`:
/// `dL/dscore_ij = p_ij (q_ij - sum_k p_ik q_ik)`.
pub(super) fn backward(
    gradient: &[f32],
    query: &[f32],
    key: &[f32],
    value: &[f32],
    shape: Shape,
) -> [Vec<f32>; 3] {
    let [mut query_gradient, mut key_gradient, mut value_gradient] =
        [(); 3].map(|()| vec![0.0; query.len()]);
    let [mut queries, mut keys, mut gradients, mut result] = [(); 4].map(|()| Rows::new(shape));
    let [mut turned_keys, mut turned_values] = [(); 2].map(|()| Columns::new(shape));
    let [mut shares, mut scores] = [(); 2].map(|()| Pairs::new(shape));
    vectorised(
        #[inline(always)]
        || {
            for start in shape.starts(query.len()) {
                queries.load(query, start, shape);
                keys.load(key, start, shape);
                turned_keys.load(key, start, shape);
                turned_values.load(value, start, shape);
                gradients.load(gradient, start, shape);
                shares.products(&queries, &turned_keys, shape);
                shares.shares(shape);
                seeing(&mut result, &shares, &gradients, shape);
                result.store(&mut value_gradient, start, shape);

                scores.products(&gradients, &turned_values, shape);
                for index in 0..shape.length {
                    let blocks = (index + 1).next_multiple_of(LANES);
                    let (p, q) = (shares.row(index, shape), scores.row(index, shape));
                    // Beyond the position itself the shares are zero.
                    q[index + 1..].fill(0.0);
                    let mean = dot(&p[..blocks], &q[..blocks]);
                    for (q, p) in q[..blocks].iter_mut().zip(&p[..blocks]) {
                        *q = p * (*q - mean) * shape.scale();
                    }
                }
                seen(&mut result, &scores, &keys, shape);
                result.store(&mut query_gradient, start, shape);
                seeing(&mut result, &scores, &queries, shape);
                result.store(&mut key_gradient, start, shape);
            }
        },
    );
    [query_gradient, key_gradient, value_gradient]
}
