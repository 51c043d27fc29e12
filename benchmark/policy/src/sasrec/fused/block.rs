//! One block of the transformer, pre-norm: attention, then feed-forward, each added to its input.
//!
//! Windows are computed in groups that are small enough to stay in the cache and large enough for
//! matrix products; groups run in parallel. How windows are grouped depends on their lengths alone
//! and the groups' gradients are added in order, so that the number of threads changes nothing.

use std::ops::Range;

use rayon::prelude::*;

use super::attention::{Dropped, Scratch, Shape, attend_last};
use super::experts::{Experts, Routed, Units};
use super::groups::{Group, groups};
use super::layer_norm::{norm_gradient, normalise, stretched};
use super::linear::{input_gradient, linear, weight_gradients};
use super::parts::{Count, Parts, Size};
use crate::dropout::{Dropout, Mask};
use crate::kernels::{LANES, Matrix, add_scaled, vectorised};
use crate::windows::Windows;

/// Groups for each thread whose gradients of all weights are held at once: what is held does not grow with the number of
/// groups, and threads seldom wait for each other.
const HELD_PER_THREAD: usize = 8;

/// The dropout masks of a block, over windows padded to the longest.
#[derive(Clone, Debug)]
pub(super) struct Masks {
    shares: Mask,
    attended: Mask,
    inner: Mask,
    outer: Mask,
}

impl Masks {
    /// The masks of the next block, in the order in which the composed form draws them.
    pub(super) fn draw(dropout: &mut Dropout, windows: &Windows, size: Size) -> Self {
        let (count, longest) = (windows.lengths.len(), windows.longest());
        let rows = count * longest;
        Self {
            shares: dropout.mask(size.heads * rows * longest),
            attended: dropout.mask(rows * size.dim),
            inner: dropout.mask(rows * size.active_units()),
            outer: dropout.mask(rows * size.dim),
        }
    }
}

/// What the gradient needs of the forward pass, for one group.
#[derive(Clone, Debug)]
pub(super) struct Kept {
    /// Standardised input of each LayerNorm, and its reciprocal deviation per row.
    attention: (Vec<f32>, Vec<f32>),
    forward: (Vec<f32>, Vec<f32>),
    qkv: Vec<f32>,
    shares: Vec<[f32; LANES]>,
    mixed: Vec<f32>,
    /// The feed-forward part.
    inner: Inner,
}

/// What the gradient needs of a feed-forward part.
#[derive(Clone, Debug)]
pub(super) enum Inner {
    /// The inner layer after activation and dropout.
    Dense(Vec<f32>),
    Experts(Routed),
}

impl Kept {
    /// Query, key and value of the group's rows, `[rows, 3 dim]`.
    pub(super) fn qkv(&self) -> &[f32] {
        &self.qkv
    }

    /// The experts that the group's rows use, `[rows, active]`; none where the block is dense.
    pub(super) fn chosen(&self) -> &[u32] {
        match &self.inner {
            Inner::Dense(_) => &[],
            Inner::Experts(routed) => &routed.chosen,
        }
    }
}

/// A block at work on some windows.
#[derive(Clone, Copy)]
pub(super) struct Block<'a> {
    /// All weights, one after the other, see [`Parts`].
    pub(super) weights: &'a [f32],
    pub(super) size: Size,
    pub(super) windows: &'a Windows,
    pub(super) masks: Option<&'a Masks>,
    /// Weight of the load balancing of experts, whose gradient [`backward`](Self::backward) adds.
    pub(super) balance: f64,
}

impl<'a> Block<'a> {
    /// The block's output `[rows, dim]` for the input `x`, and what its gradient needs.
    pub(super) fn forward(self, x: &[f32]) -> (Vec<f32>, Vec<Kept>) {
        let mut output = vec![0.0; x.len()];
        let groups = groups(&self.windows.lengths);
        let outputs = self.split(&mut output, &groups);
        let kept = groups
            .par_iter()
            .zip(outputs)
            .map(|(group, output)| self.forward_group(group, &x[self.range(group)], output))
            .collect();
        (output, kept)
    }

    /// The block's output, and the experts that the rows use, `[rows, active]`: each group's memory is used
    /// again by the next.
    pub(super) fn output(self, x: &[f32]) -> (Vec<f32>, Vec<u32>) {
        let mut output = vec![0.0; x.len()];
        let groups = groups(&self.windows.lengths);
        let outputs = self.split(&mut output, &groups);
        let chosen: Vec<Vec<u32>> = groups
            .par_iter()
            .zip(outputs)
            .map(|(group, output)| {
                let kept = self.forward_group(group, &x[self.range(group)], output);
                kept.chosen().to_vec()
            })
            .collect();
        (output, chosen.concat())
    }

    /// Gradients of the input and of the weights, from that of the output.
    pub(super) fn backward(self, gradient: Vec<f32>, kept: &[Kept]) -> [Vec<f32>; 2] {
        let mut x_gradient = gradient;
        let groups = groups(&self.windows.lengths);
        let mut parts = self.split(&mut x_gradient, &groups);
        let balance = self.balance_gradient(kept);
        let mut sum = vec![0.0; self.weights.len()];
        // How many are held changes no sum: groups are added one after the other.
        let held = HELD_PER_THREAD * rayon::current_num_threads();
        let all = groups.chunks(held).zip(kept.chunks(held)).zip(parts.chunks_mut(held));
        for ((groups, kept), parts) in all {
            let gradients: Vec<Vec<f32>> = groups
                .par_iter()
                .zip(kept)
                .zip(parts)
                .map(|((group, kept), part)| self.backward_group(group, kept, &balance, part))
                .collect();
            for gradient in gradients {
                vectorised(
                    #[inline(always)]
                    || add_scaled(&mut sum, 1.0, &gradient),
                );
            }
        }
        [x_gradient, sum]
    }

    /// The gradient of every row's probability of each expert by the load balancing, `[experts]`: that of
    /// `balance E sum_e f_e P_e` with the share `f_e` of assignments and the mean probability `P_e`.
    fn balance_gradient(self, kept: &[Kept]) -> Vec<f32> {
        let Some(count) = self.size.experts else { return Vec::new() };
        let mut shares = vec![0.0; count.experts];
        for &expert in kept.iter().flat_map(Kept::chosen) {
            shares[expert as usize] += 1.0;
        }
        let rows = self.windows.items.len() as f64;
        let scale = self.balance * count.experts as f64 / (rows * count.active as f64) / rows;
        shares.into_iter().map(|assigned: f64| (scale * assigned) as f32).collect()
    }

    fn experts(self, count: Count) -> Experts<'a> {
        Experts { weights: Parts::of(self.weights, self.size), size: self.size, count }
    }

    /// A group's part of a `[rows, dim]` matrix.
    fn range(self, group: &Group) -> Range<usize> {
        group.rows.start * self.size.dim..group.rows.end * self.size.dim
    }

    fn split<'b>(self, mut rows: &'b mut [f32], groups: &[Group]) -> Vec<&'b mut [f32]> {
        let mut parts = Vec::with_capacity(groups.len());
        for group in groups {
            let (part, rest) = rows.split_at_mut(self.range(group).len());
            parts.push(part);
            rows = rest;
        }
        parts
    }

    fn shape(self, length: usize) -> Shape {
        Shape { length, heads: self.size.heads, dim: self.size.dim }
    }

    /// The windows of a group: index, shape and rows within the group.
    fn windows(self, group: &Group) -> impl Iterator<Item = (usize, Shape, Range<usize>)> {
        let mut row = 0;
        group.windows.clone().map(move |window| {
            let length = self.windows.lengths[window];
            row += length;
            (window, self.shape(length), row - length..row)
        })
    }

    fn scratch(self, group: &Group) -> Scratch {
        let lengths = &self.windows.lengths[group.windows.clone()];
        Scratch::new(self.shape(lengths.iter().copied().max().unwrap_or(1)))
    }

    /// Applies a mask of `width` columns to the rows of a group.
    #[inline(always)]
    fn drop(self, rows: &mut [f32], mask: Option<&Mask>, width: usize, group: &Group) {
        let Some(mask) = mask else { return };
        let longest = self.windows.longest();
        for (window, _, within) in self.windows(group) {
            let part = &mut rows[within.start * width..within.end * width];
            mask.apply(part, window * longest * width);
        }
    }

    /// The dropout of a window's shares.
    fn dropped(self, window: usize) -> Dropped<'a> {
        let longest = self.windows.longest();
        let first = window * self.size.heads * longest * longest;
        Dropped { mask: self.masks.map(|masks| &masks.shares), first, longest }
    }

    fn forward_group(self, group: &Group, x: &[f32], output: &mut [f32]) -> Kept {
        let dim = self.size.dim;
        let weights = Parts::of(self.weights, self.size);
        let rows = group.rows.len();
        let mut scratch = self.scratch(group);
        let mut z = vec![0.0; rows * dim];

        let attention = normalise(x, weights.attention_gain, weights.attention_bias, &mut z);
        let mut qkv = vec![0.0; rows * 3 * dim];
        linear(&mut qkv, &z, Matrix::new(weights.qkv_weight, 3 * dim), weights.qkv_bias);
        let mut mixed = vec![0.0; rows * dim];
        let shares = self.windows(group).map(|(_, shape, _)| shape.shares()).sum();
        let mut shares = vec![[0.0; LANES]; shares];
        vectorised(
            #[inline(always)]
            || {
                let mut rest = shares.as_mut_slice();
                for (window, shape, rows) in self.windows(group) {
                    let (kept, later) = rest.split_at_mut(shape.shares());
                    rest = later;
                    let qkv = &qkv[rows.start * 3 * dim..rows.end * 3 * dim];
                    let first = group.rows.start;
                    let followed = self.windows.followed(first + rows.start..first + rows.end);
                    let mixed = &mut mixed[rows.start * dim..rows.end * dim];
                    scratch.forward(qkv, followed, self.dropped(window), shape, kept, mixed);
                }
            },
        );
        let (forward, inner) = self.rest(&mixed, x, output, Some(group));
        Kept { attention, forward, qkv, shares, mixed, inner }
    }

    /// What follows the attention: its output's projection, then the feed-forward part. Dropout is
    /// that of `group`. Returns what the gradient needs: the second LayerNorm and the inner layer.
    pub(super) fn rest(
        self,
        mixed: &[f32],
        x: &[f32],
        output: &mut [f32],
        group: Option<&Group>,
    ) -> ((Vec<f32>, Vec<f32>), Inner) {
        let dim = self.size.dim;
        let weights = Parts::of(self.weights, self.size);
        let masks = self.masks.zip(group);
        let mut z = vec![0.0; x.len()];

        linear(output, mixed, Matrix::new(weights.output_weight, dim), weights.output_bias);
        vectorised(
            #[inline(always)]
            || {
                if let Some((masks, group)) = masks {
                    self.drop(output, Some(&masks.attended), dim, group);
                }
                add_scaled(output, 1.0, x);
            },
        );

        let forward = normalise(output, weights.forward_gain, weights.forward_bias, &mut z);
        let inner = match self.size.experts {
            None => Inner::Dense(self.dense(&mut z, masks)),
            Some(count) => {
                let rows = masks.map(|(_, group)| self.padded_rows(group));
                let dropped = masks.zip(rows.as_ref());
                let dropped = dropped.map(|((masks, _), rows)| Units { mask: &masks.inner, rows });
                Inner::Experts(self.experts(count).forward(&mut z, dropped.as_ref()))
            }
        };
        vectorised(
            #[inline(always)]
            || {
                if let Some((masks, group)) = masks {
                    self.drop(&mut z, Some(&masks.outer), dim, group);
                }
                add_scaled(output, 1.0, &z);
            },
        );
        (forward, inner)
    }

    /// The dense feed-forward layers' output for the rows `z`, in their place; returns the inner layer.
    fn dense(self, z: &mut [f32], masks: Option<(&Masks, &Group)>) -> Vec<f32> {
        let Size { dim, inner: width, .. } = self.size;
        let weights = Parts::of(self.weights, self.size);
        let mut inner = vec![0.0; z.len() / dim * width];
        linear(&mut inner, z, Matrix::new(weights.inner_weight, width), weights.inner_bias);
        vectorised(
            #[inline(always)]
            || {
                for value in &mut inner {
                    *value = if *value <= 0.0 { 0.0 } else { *value };
                }
                if let Some((masks, group)) = masks {
                    self.drop(&mut inner, Some(&masks.inner), width, group);
                }
            },
        );
        linear(z, &inner, Matrix::new(weights.outer_weight, dim), weights.outer_bias);
        inner
    }

    /// Of each row of a group its row in the windows padded to the longest.
    fn padded_rows(self, group: &Group) -> Vec<usize> {
        let longest = self.windows.longest();
        let windows = self.windows(group);
        windows
            .flat_map(|(window, _, rows)| (0..rows.len()).map(move |row| window * longest + row))
            .collect()
    }

    /// The block's output at the last position of every window, `[windows, dim]`, without dropout:
    /// all other positions only lend their keys and values.
    pub(super) fn last(self, x: &[f32]) -> Vec<f32> {
        let dim = self.size.dim;
        let mut output = vec![0.0; self.windows.lengths.len() * dim];
        let groups = groups(&self.windows.lengths);
        let mut outputs = Vec::with_capacity(groups.len());
        let mut after = output.as_mut_slice();
        for group in &groups {
            let (part, rest) = after.split_at_mut(group.windows.len() * dim);
            outputs.push(part);
            after = rest;
        }
        groups.par_iter().zip(outputs).for_each(|(group, output)| {
            self.last_of_group(group, &x[self.range(group)], output);
        });
        output
    }

    fn last_of_group(self, group: &Group, x: &[f32], output: &mut [f32]) {
        let dim = self.size.dim;
        let weights = Parts::of(self.weights, self.size);
        let (weight, bias) = (Matrix::new(weights.qkv_weight, 3 * dim), weights.qkv_bias);
        let mut z = vec![0.0; x.len()];
        normalise(x, weights.attention_gain, weights.attention_bias, &mut z);
        let last = |rows: &[f32]| -> Vec<f32> {
            let ends = self.windows(group).map(|(_, _, rows)| rows.end);
            ends.flat_map(|end| rows[(end - 1) * dim..end * dim].iter().copied()).collect()
        };
        let mut queries = vec![0.0; output.len()];
        linear(&mut queries, &last(&z), weight.columns(0..dim), &bias[..dim]);
        let mut seen = vec![0.0; 2 * x.len()];
        linear(&mut seen, &z, weight.columns(dim..3 * dim), &bias[dim..]);
        let mut mixed = vec![0.0; output.len()];
        vectorised(
            #[inline(always)]
            || {
                let rows = queries.chunks_exact(dim).zip(mixed.chunks_exact_mut(dim));
                for ((query, mixed), (_, shape, rows)) in rows.zip(self.windows(group)) {
                    let seen = &seen[rows.start * 2 * dim..rows.end * 2 * dim];
                    attend_last(query, seen, shape, mixed);
                }
            },
        );
        self.rest(&mixed, &last(x), output, None);
    }

    /// Turns the gradient of a group's output into that of its input.
    fn backward_group(
        self,
        group: &Group,
        kept: &Kept,
        balance: &[f32],
        gradient: &mut [f32],
    ) -> Vec<f32> {
        let dim = self.size.dim;
        let weights = Parts::of(self.weights, self.size);
        let mut gradients = vec![0.0; self.weights.len()];
        let mut sums = Parts::of_mut(&mut gradients, self.size);
        let rows = group.rows.len();
        let mut z = vec![0.0; rows * dim];
        let mut into = vec![0.0; rows * dim];

        into.copy_from_slice(gradient);
        vectorised(
            #[inline(always)]
            || self.drop(&mut into, self.masks.map(|masks| &masks.outer), dim, group),
        );
        let factor = self.masks.map_or(1.0, |masks| masks.inner.keep());
        stretched(&kept.forward.0, weights.forward_gain, weights.forward_bias, &mut z);
        match (&kept.inner, self.size.experts) {
            (Inner::Experts(routed), Some(count)) => {
                let experts = self.experts(count);
                experts.backward(&z, routed, &mut into, balance, factor, &mut sums);
            }
            (Inner::Dense(inner), _) => {
                self.dense_backward(&z, inner, &mut into, factor, &mut sums);
            }
            (Inner::Experts(_), None) => unreachable!("a dense block routes nothing"),
        }
        let norm = (sums.forward_gain, sums.forward_bias);
        norm_gradient(&mut into, &kept.forward, weights.forward_gain, norm, gradient);

        into.copy_from_slice(gradient);
        vectorised(
            #[inline(always)]
            || self.drop(&mut into, self.masks.map(|masks| &masks.attended), dim, group),
        );
        weight_gradients(sums.output_weight, sums.output_bias, &kept.mixed, &into);
        let mut mixed = vec![0.0; rows * dim];
        input_gradient(&mut mixed, &into, weights.output_weight, dim);
        let mut qkv = vec![0.0; rows * 3 * dim];
        let mut scratch = self.scratch(group);
        vectorised(
            #[inline(always)]
            || {
                let mut rest = kept.shares.as_slice();
                for (window, shape, rows) in self.windows(group) {
                    let (shares, later) = rest.split_at(shape.shares());
                    rest = later;
                    let wide = rows.start * 3 * dim..rows.end * 3 * dim;
                    scratch.backward(
                        &mixed[rows.start * dim..rows.end * dim],
                        &kept.qkv[wide.clone()],
                        shares,
                        self.dropped(window),
                        shape,
                        &mut qkv[wide],
                    );
                }
            },
        );
        stretched(&kept.attention.0, weights.attention_gain, weights.attention_bias, &mut z);
        weight_gradients(sums.qkv_weight, sums.qkv_bias, &z, &qkv);
        input_gradient(&mut into, &qkv, weights.qkv_weight, 3 * dim);
        let norm = (sums.attention_gain, sums.attention_bias);
        norm_gradient(&mut into, &kept.attention, weights.attention_gain, norm, gradient);
        gradients
    }

    /// Turns the gradient of the dense layers' output into that of their input `z`.
    fn dense_backward(
        self,
        z: &[f32],
        inner: &[f32],
        gradient: &mut [f32],
        factor: f32,
        sums: &mut Parts<&mut [f32]>,
    ) {
        let Size { dim, inner: width, .. } = self.size;
        let weights = Parts::of(self.weights, self.size);
        weight_gradients(sums.outer_weight, sums.outer_bias, inner, gradient);
        let mut units = vec![0.0; inner.len()];
        input_gradient(&mut units, gradient, weights.outer_weight, dim);
        vectorised(
            #[inline(always)]
            || {
                // What is positive was neither cut nor dropped.
                for (gradient, value) in units.iter_mut().zip(inner) {
                    *gradient *= if *value > 0.0 { factor } else { 0.0 };
                }
            },
        );
        weight_gradients(sums.inner_weight, sums.inner_bias, z, &units);
        input_gradient(gradient, &units, weights.inner_weight, width);
    }
}
