//! Attention of rows that branch off a history that was read before.
//!
//! A row sees the whole history, the rows on its way from there, and itself. The history's part is a product of
//! matrices; the way is short and goes row by row.

use super::attention::Shape;
use crate::kernels::{Block, LANES, Left, ROWS, add_scaled, dot, product_rows, softmax};

/// One block's keys and values of a history, as the products need them.
#[derive(Clone, Debug)]
pub(super) struct History {
    shape: Shape,
    /// Blocks in a row of scores: those of the history, then those of the longest way behind it.
    width: usize,
    /// `[heads, head_dim, width]` blocks: a head's columns as rows.
    keys: Vec<Block>,
    /// `[heads, length, head_blocks]` blocks.
    values: Vec<Block>,
}

impl History {
    /// From `[length, 3 dim]` of query, key and value, with room for ways of `longest` rows.
    pub(super) fn new(qkv: &[f32], shape: Shape, longest: usize) -> Self {
        let (dim, head_dim) = (shape.dim, shape.head_dim());
        let width = shape.length.div_ceil(LANES) + longest.div_ceil(LANES);
        let mut keys = vec![[0.0; LANES]; dim * width];
        let mut values = vec![[0.0; LANES]; shape.heads * shape.length * shape.head_blocks()];
        for (place, row) in qkv.chunks_exact(3 * dim).enumerate() {
            for (column, key) in row[dim..2 * dim].iter().enumerate() {
                keys.as_flattened_mut()[column * width * LANES + place] = *key;
            }
            for (head, value) in row[2 * dim..].chunks_exact(head_dim).enumerate() {
                let from = (head * shape.length + place) * shape.head_blocks();
                values[from..].as_flattened_mut()[..head_dim].copy_from_slice(value);
            }
        }
        Self { shape, width, keys, values }
    }

    /// The attended values `[rows, dim]` of some rows, into `output`: from their queries, keys and values, `[rows,
    /// 3 dim]` with zeros for whole groups of rows behind them, and from `[all rows, 2 dim]` of key and value of
    /// the rows that branched off so far, these included. `ways` are the ones among them that each sees.
    #[inline(always)]
    pub(super) fn attend(
        &self,
        qkv: &[f32],
        branched: &[f32],
        ways: &[Vec<u32>],
        output: &mut [f32],
    ) {
        let Self { shape: Shape { length, heads, dim }, width, .. } = *self;
        let (head_dim, head_blocks) = (self.shape.head_dim(), self.shape.head_blocks());
        let before = length.next_multiple_of(LANES);
        let mut shares = vec![[0.0; LANES]; ROWS * width];
        let mut mixed = vec![[0.0; LANES]; ROWS * head_blocks];
        for head in 0..heads {
            let keys = &self.keys[head * head_dim * width..][..head_dim * width];
            let values = &self.values[head * length * head_blocks..][..length * head_blocks];
            let of_head = |row: u32, part: usize| {
                let from = (2 * row as usize + part) * dim + head * head_dim;
                &branched[from..from + head_dim]
            };
            for (group, ways) in ways.chunks(ROWS).enumerate() {
                let queries = &qkv[group * ROWS * 3 * dim + head * head_dim..];
                let left = Left { values: queries, by_row: 3 * dim, by_column: 1 };
                product_rows(&mut shares, left, keys, width, 0, 0..head_dim, before / LANES);
                let rows = shares.as_flattened_mut().chunks_exact_mut(width * LANES);
                for ((row, way), query) in rows.zip(ways).zip(queries.chunks(3 * dim)) {
                    let end = before + way.len();
                    let blocks = end.next_multiple_of(LANES);
                    for (share, &seen) in row[before..].iter_mut().zip(way) {
                        *share = dot(&query[..head_dim], of_head(seen, 0));
                    }
                    for share in &mut row[..blocks] {
                        *share *= self.shape.scale();
                    }
                    // Minus infinity has share zero, which lets the softmax run over whole blocks.
                    row[length..before].fill(f32::NEG_INFINITY);
                    row[end..blocks].fill(f32::NEG_INFINITY);
                    softmax(&mut row[..blocks]);
                }
                let left = shares.as_flattened();
                let left = Left { values: left, by_row: width * LANES, by_column: 1 };
                product_rows(&mut mixed, left, values, head_blocks, 0, 0..length, head_blocks);
                let rows = shares.as_flattened().chunks_exact(width * LANES);
                let mixed = mixed.as_flattened().chunks_exact(head_blocks * LANES);
                let output = output[group * ROWS * dim..].chunks_mut(dim);
                for (((row, way), mixed), output) in rows.zip(ways).zip(mixed).zip(output) {
                    let output = &mut output[head * head_dim..][..head_dim];
                    output.copy_from_slice(&mixed[..head_dim]);
                    for (share, &seen) in row[before..].iter().zip(way) {
                        add_scaled(output, *share, of_head(seen, 1));
                    }
                }
            }
        }
    }
}
