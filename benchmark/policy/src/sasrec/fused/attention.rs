//! Causal softmax attention of one window, head by head, and its gradient.
//!
//! One head is copied into small matrices padded to whole blocks, which stay in the cache. The
//! shares, a matrix of one number for each pair of positions, are kept for the gradient.

use crate::dropout::Mask;
use crate::kernels::{Block, LANES, Left, ROWS, add_scaled, dot, product_rows, softmax};

/// The size of a window.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shape {
    /// Positions.
    pub(super) length: usize,
    /// Heads, side by side in the columns.
    pub(super) heads: usize,
    /// Columns of each of query, key and value.
    pub(super) dim: usize,
}

impl Shape {
    /// How many blocks the shares of all heads take.
    pub(super) fn shares(self) -> usize {
        self.heads * self.pairs()
    }

    /// Blocks of a `[positions, positions]` matrix.
    fn pairs(self) -> usize {
        self.length.next_multiple_of(ROWS) * self.length_blocks()
    }

    pub(super) fn head_dim(self) -> usize {
        self.dim / self.heads
    }

    /// Positions, padded so that rows can be computed in groups and columns in blocks.
    fn padded(self) -> usize {
        self.length.next_multiple_of(LANES.max(ROWS))
    }

    /// Blocks in a row of a `[positions, head_dim]` matrix.
    pub(super) fn head_blocks(self) -> usize {
        self.head_dim().div_ceil(LANES)
    }

    /// Blocks in a row of a `[positions, positions]` matrix.
    fn length_blocks(self) -> usize {
        self.padded() / LANES
    }

    /// The factor on the scores.
    pub(super) fn scale(self) -> f32 {
        (1.0 / (self.head_dim() as f64).sqrt()) as f32
    }
}

/// Some columns of a matrix of `width` columns, one row per position.
#[derive(Clone, Copy)]
struct Columns {
    first: usize,
    width: usize,
}

impl Columns {
    /// Those of one head of query (0), key (1) or value (2), which lie side by side.
    fn of(part: usize, head: usize, shape: Shape) -> Self {
        Self { first: part * shape.dim + head * shape.head_dim(), width: 3 * shape.dim }
    }

    /// Those of one head of the output.
    fn of_output(head: usize, shape: Shape) -> Self {
        Self { first: head * shape.head_dim(), width: shape.dim }
    }

    #[inline(always)]
    fn row(self, index: usize, shape: Shape) -> std::ops::Range<usize> {
        let from = index * self.width + self.first;
        from..from + shape.head_dim()
    }
}

/// `[padded, head_blocks]` blocks.
struct Rows(Vec<Block>);

/// `[head_dim, length_blocks]` blocks: a head's columns as rows.
struct Turned(Vec<Block>);

impl Rows {
    fn new(largest: Shape) -> Self {
        Self(vec![[0.0; LANES]; largest.padded() * largest.head_blocks()])
    }

    #[inline(always)]
    fn load(&mut self, values: &[f32], columns: Columns, shape: Shape) {
        let width = shape.head_blocks() * LANES;
        let rows = self.0.as_flattened_mut().chunks_exact_mut(width);
        for (index, row) in rows.take(shape.length).enumerate() {
            row[..shape.head_dim()].copy_from_slice(&values[columns.row(index, shape)]);
        }
    }

    #[inline(always)]
    fn store(&self, values: &mut [f32], columns: Columns, shape: Shape) {
        let width = shape.head_blocks() * LANES;
        let rows = self.0.as_flattened().chunks_exact(width);
        for (index, row) in rows.take(shape.length).enumerate() {
            values[columns.row(index, shape)].copy_from_slice(&row[..shape.head_dim()]);
        }
    }

    /// As the left factor of a product, by position.
    #[inline(always)]
    fn left(&self, shape: Shape) -> Left<'_> {
        let by_row = shape.head_blocks() * LANES;
        Left { values: self.0.as_flattened(), by_row, by_column: 1 }
    }
}

impl Turned {
    fn new(largest: Shape) -> Self {
        Self(vec![[0.0; LANES]; largest.head_dim() * largest.length_blocks()])
    }

    #[inline(always)]
    fn load(&mut self, values: &[f32], columns: Columns, shape: Shape) {
        let width = shape.length_blocks();
        for block in 0..width {
            // Positions beyond the last read the last: nothing that counts sees them.
            let rows: [&[f32]; LANES] = std::array::from_fn(|lane| {
                let index = (block * LANES + lane).min(shape.length - 1);
                &values[columns.row(index, shape)]
            });
            let columns = self.0.chunks_exact_mut(width).take(shape.head_dim());
            for (column, turned) in columns.enumerate() {
                turned[block] = std::array::from_fn(|lane| rows[lane][column]);
            }
        }
    }
}

/// `left_i · right_j` for every position `i` and all positions `j` that it can see; what lies
/// beyond is left undefined.
#[inline(always)]
fn products(pairs: &mut [Block], left: &Rows, right: &Turned, shape: Shape) {
    let width = shape.length_blocks();
    for first in (0..shape.length).step_by(ROWS) {
        let blocks = (first + ROWS).div_ceil(LANES).min(width);
        let inner = 0..shape.head_dim();
        product_rows(pairs, left.left(shape), &right.0, width, first, inner, blocks);
    }
}

/// Turns scores into shares: softmax over the positions up to each, zero beyond; where the window branches,
/// over those alone that lie on the way to each.
#[inline(always)]
fn to_shares(pairs: &mut [Block], followed: Option<&[u32]>, shape: Shape) {
    // Up to here every position follows the one before it, and nothing is hidden.
    let trunk = followed.map_or(0, |followed| {
        let in_a_row =
            followed[1..].iter().zip(0..).take_while(|(before, place)| **before == *place);
        1 + in_a_row.count()
    });
    let rows = pairs.as_flattened_mut().chunks_exact_mut(shape.padded());
    for (index, row) in rows.take(shape.length).enumerate() {
        let blocks = (index + 1).next_multiple_of(LANES);
        for score in &mut row[..blocks] {
            *score *= shape.scale();
        }
        // Minus infinity has share zero, which lets the softmax run over whole blocks.
        row[index + 1..blocks].fill(f32::NEG_INFINITY);
        if let Some(followed) = followed {
            let mut on_the_way = index;
            while on_the_way >= trunk {
                let before = followed[on_the_way] as usize;
                row[before + 1..on_the_way].fill(f32::NEG_INFINITY);
                on_the_way = before;
            }
        }
        softmax(&mut row[..blocks]);
        row[blocks..].fill(0.0);
    }
}

/// Drops pairs of one head.
#[inline(always)]
fn drop(pairs: &mut [Block], mask: &Mask, dropout: Dropped<'_>, head: usize, shape: Shape) {
    let rows = pairs.as_flattened_mut().chunks_exact_mut(shape.padded());
    for (index, row) in rows.take(shape.length).enumerate() {
        let from = dropout.first + (head * dropout.longest + index) * dropout.longest;
        mask.apply(&mut row[..=index], from);
    }
}

/// Pairs as the left factor, by the position that looks: sums over the positions that it sees.
#[inline(always)]
fn by_looking(pairs: &[Block], shape: Shape) -> Left<'_> {
    Left { values: pairs.as_flattened(), by_row: shape.padded(), by_column: 1 }
}

/// Pairs as the left factor, by the position that is seen: sums over the positions that see it.
#[inline(always)]
fn by_seen(pairs: &[Block], shape: Shape) -> Left<'_> {
    Left { values: pairs.as_flattened(), by_row: 1, by_column: shape.padded() }
}

/// `output_i = sum_j pairs_ij values_j` over the positions `j` that `i` can see.
#[inline(always)]
fn seen(output: &mut Rows, pairs: &[Block], values: &Rows, shape: Shape) {
    let width = shape.head_blocks();
    for first in (0..shape.length).step_by(ROWS) {
        let inner = 0..(first + ROWS).min(shape.length);
        product_rows(
            &mut output.0,
            by_looking(pairs, shape),
            &values.0,
            width,
            first,
            inner,
            width,
        );
    }
}

/// `output_j = sum_i pairs_ij values_i` over the positions `i` that can see `j`.
#[inline(always)]
fn seeing(output: &mut Rows, pairs: &[Block], values: &Rows, shape: Shape) {
    let width = shape.head_blocks();
    for first in (0..shape.length).step_by(ROWS) {
        let inner = first..shape.length;
        product_rows(&mut output.0, by_seen(pairs, shape), &values.0, width, first, inner, width);
    }
}

/// The dropout of a window's shares, a site of `[windows, heads, longest, longest]` entries.
#[derive(Clone, Copy)]
pub(super) struct Dropped<'a> {
    /// None without dropout.
    pub(super) mask: Option<&'a Mask>,
    /// The window's first entry.
    pub(super) first: usize,
    /// Positions of the longest window.
    pub(super) longest: usize,
}

/// The matrices of one head, large enough for every window.
pub(super) struct Scratch {
    queries: Rows,
    keys: Rows,
    values: Rows,
    result: Rows,
    turned: Turned,
    dropped: Vec<Block>,
    scores: Vec<Block>,
}

impl Scratch {
    /// For windows of at most the size `largest`.
    pub(super) fn new(largest: Shape) -> Self {
        let pairs = || vec![[0.0; LANES]; largest.pairs()];
        Self {
            queries: Rows::new(largest),
            keys: Rows::new(largest),
            values: Rows::new(largest),
            result: Rows::new(largest),
            turned: Turned::new(largest),
            dropped: pairs(),
            scores: pairs(),
        }
    }

    /// The attended values `[length, dim]` of one window, from `[length, 3 dim]` of query, key and
    /// value; leaves the shares in `shares`. `followed` says what each position follows in a window that branches.
    #[inline(always)]
    pub(super) fn forward(
        &mut self,
        qkv: &[f32],
        followed: Option<&[u32]>,
        dropout: Dropped<'_>,
        shape: Shape,
        shares: &mut [Block],
        output: &mut [f32],
    ) {
        for (head, shares) in shares.chunks_exact_mut(shape.pairs()).enumerate() {
            self.queries.load(qkv, Columns::of(0, head, shape), shape);
            self.turned.load(qkv, Columns::of(1, head, shape), shape);
            self.values.load(qkv, Columns::of(2, head, shape), shape);
            products(shares, &self.queries, &self.turned, shape);
            to_shares(shares, followed, shape);
            let shares = after(shares, &mut self.dropped, dropout, head, shape);
            seen(&mut self.result, shares, &self.values, shape);
            self.result.store(output, Columns::of_output(head, shape), shape);
        }
    }

    /// The gradient `[length, 3 dim]` of query, key and value, from that of the output.
    ///
    /// With shares `p`, dropout factors `m` and `q_ij = m_ij gradient_i · value_j`:
    /// `dL/dscore_ij = p_ij (q_ij - sum_k p_ik q_ik)`. What a position does not see has share zero.
    #[inline(always)]
    pub(super) fn backward(
        &mut self,
        gradient: &[f32],
        qkv: &[f32],
        shares: &[Block],
        dropout: Dropped<'_>,
        shape: Shape,
        qkv_gradient: &mut [f32],
    ) {
        for (head, shares) in shares.chunks_exact(shape.pairs()).enumerate() {
            let [query, key, value] = [0, 1, 2].map(|part| Columns::of(part, head, shape));
            self.queries.load(qkv, query, shape);
            self.keys.load(qkv, key, shape);
            self.turned.load(qkv, value, shape);
            // In the place of the values, which are needed turned alone.
            let gradients = &mut self.values;
            gradients.load(gradient, Columns::of_output(head, shape), shape);

            let dropped = after(shares, &mut self.dropped, dropout, head, shape);
            seeing(&mut self.result, dropped, gradients, shape);
            self.result.store(qkv_gradient, value, shape);

            products(&mut self.scores, gradients, &self.turned, shape);
            if let Some(mask) = dropout.mask {
                drop(&mut self.scores, mask, dropout, head, shape);
            }
            let rows = self.scores.as_flattened_mut().chunks_exact_mut(shape.padded());
            let shares = shares.as_flattened().chunks_exact(shape.padded());
            for (index, (q, p)) in rows.zip(shares).take(shape.length).enumerate() {
                let blocks = (index + 1).next_multiple_of(LANES);
                // Beyond the position itself the shares are zero.
                q[index + 1..].fill(0.0);
                let (p, q) = (&p[..blocks], &mut q[..blocks]);
                let mean = dot(p, q);
                for (q, p) in q.iter_mut().zip(p) {
                    *q = p * (*q - mean) * shape.scale();
                }
            }
            seen(&mut self.result, &self.scores, &self.keys, shape);
            self.result.store(qkv_gradient, query, shape);
            seeing(&mut self.result, &self.scores, &self.queries, shape);
            self.result.store(qkv_gradient, key, shape);
        }
    }
}

/// The shares after dropout, in `place` if there is any.
#[inline(always)]
fn after<'a>(
    shares: &'a [Block],
    place: &'a mut [Block],
    dropout: Dropped<'_>,
    head: usize,
    shape: Shape,
) -> &'a [Block] {
    let Some(mask) = dropout.mask else { return shares };
    let place = &mut place[..shares.len()];
    place.copy_from_slice(shares);
    drop(place, mask, dropout, head, shape);
    place
}

/// The attended values `[dim]` of a window's last position, from its query and from `[length, 2
/// dim]` of key and value.
#[inline(always)]
pub(super) fn attend_last(query: &[f32], seen: &[f32], shape: Shape, output: &mut [f32]) {
    let width = shape.head_dim();
    let mut shares = vec![0.0; shape.length];
    for (head, (query, output)) in
        query.chunks_exact(width).zip(output.chunks_exact_mut(width)).enumerate()
    {
        let rows = seen.chunks_exact(2 * shape.dim);
        for (share, row) in shares.iter_mut().zip(rows.clone()) {
            *share = dot(query, &row[head * width..][..width]) * shape.scale();
        }
        softmax(&mut shares);
        output.fill(0.0);
        for (share, row) in shares.iter().zip(rows) {
            add_scaled(output, *share, &row[shape.dim + head * width..][..width]);
        }
    }
}
