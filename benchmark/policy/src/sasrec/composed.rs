//! A block of the transformer from burn's own tensor operations, for any backend and for several
//! replicas of the model at once: `x` is `[R, rows, dim]`, a weight of `[rows, cols]` is
//! `[R * rows, cols]`. Replicas share windows and dropout.

use burn::Tensor;
use burn::tensor::activation::{relu, softmax};
use burn::tensor::{Device, TensorData};

use super::composed_experts::ExpertWeights;
use super::layout::{BlockHandles, LinearHandles, NormHandles};
use super::settings::LAYER_NORM_EPSILON;
use crate::dropout::{Dropout, drop};
use crate::parameters::Parameters;
use crate::pass::Pass;
use crate::tensors::{indices, replicas_of};
use crate::windows::Windows;

/// Added to attention scores of positions that must not be seen.
const MASKED: f32 = -1e4;

/// `(x - mean) / sqrt(variance + epsilon) * gain + bias` over the rows of `x`.
pub(super) fn layer_norm(x: Tensor<3>, weights: &Parameters, norm: NormHandles) -> Tensor<3> {
    let replicas = x.dims()[0];
    let centred = x.clone() - x.mean_dim(2);
    let variance = centred.clone().square().mean_dim(2);
    let scale = (variance + LAYER_NORM_EPSILON).sqrt().recip();
    centred * scale * replicas_of(&weights[norm.gain], replicas)
        + replicas_of(&weights[norm.bias], replicas)
}

/// Adds to `x`, `[R, windows * length, dim]`, the rows of `positions`, `[R, n, dim]`, at which its items stand.
pub(super) fn add_positions(x: Tensor<3>, positions: Tensor<3>, windows: &Windows) -> Tensor<3> {
    let [replicas, rows, dim] = x.dims();
    let length = windows.longest();
    if !windows.branches() {
        let positions = positions.slice([0..replicas, 0..length, 0..dim]).unsqueeze_dim::<4>(1);
        let x = x.reshape([replicas, rows / length, length, dim]) + positions;
        return x.reshape([replicas, rows, dim]);
    }
    let mut places = vec![0; rows];
    for (row, position) in windows.padded_rows(length).zip(windows.positions()) {
        places[row] = position as u32;
    }
    let device = positions.device().without_autodiff();
    x + positions.select(1, indices(&places, &device))
}

/// A block's output for the input `x`, `[R, windows * length, dim]`; `mask` is that of [`mask()`].
pub(super) fn block(
    x: Tensor<3>,
    weights: &Parameters,
    (index, block): (usize, &BlockHandles),
    (windows, mask): (&Windows, &Tensor<4>),
    heads: usize,
    pass: &mut Pass,
) -> Tensor<3> {
    let dropout = &mut pass.dropout;
    let normalised = layer_norm(x.clone(), weights, block.attention_norm);
    let project = |layer: LinearHandles| linear(normalised.clone(), weights, layer);
    let (query, key, value) = (project(block.query), project(block.key), project(block.value));
    let mixed = attention(query, key, value, mask, heads, dropout);
    let x = x + drop(linear(mixed, weights, block.output), dropout);
    let normalised = layer_norm(x.clone(), weights, block.feed_forward_norm);
    let outer = match block.experts {
        None => {
            let inner = relu(linear(normalised, weights, block.inner));
            linear(drop(inner, dropout), weights, block.outer)
        }
        Some(experts) => {
            let weights = ExpertWeights::of(weights, block, experts, x.dims()[0]);
            weights.feed_forward(normalised, index, &windows.rows_in_table(), pass)
        }
    };
    x + drop(outer, &mut pass.dropout)
}

fn linear(x: Tensor<3>, weights: &Parameters, layer: LinearHandles) -> Tensor<3> {
    let replicas = x.dims()[0];
    x.matmul(replicas_of(&weights[layer.weight], replicas))
        + replicas_of(&weights[layer.bias], replicas)
}

/// Softmax attention of every position over what `mask` lets it see in its window; query, key and value
/// are `[R, windows * length, dim]`, the heads side by side in the columns. Dropout acts on the shares.
fn attention(
    query: Tensor<3>,
    key: Tensor<3>,
    value: Tensor<3>,
    mask: &Tensor<4>,
    heads: usize,
    dropout: &mut Option<Dropout>,
) -> Tensor<3> {
    let [replicas, rows, dim] = query.dims();
    let [masks, _, length, _] = mask.dims();
    let (windows, head) = (rows / length, dim / heads);
    let [query, key, value] = [query, key, value]
        .map(|x| x.reshape([replicas * windows, length, heads, head]).swap_dims(1, 2));
    // One mask for all windows, or one for each window of every replica.
    let mask = if masks == 1 { mask.clone() } else { mask.clone().repeat_dim(0, replicas) };
    let scores = query.matmul(key.swap_dims(2, 3)) * (1.0 / (head as f64).sqrt()) + mask;
    let by_replica = [replicas, windows * heads, length, length];
    let shares = drop(softmax(scores, 3).reshape(by_replica), dropout);
    let shares = shares.reshape([replicas * windows, heads, length, length]);
    shares.matmul(value).swap_dims(1, 2).reshape([replicas, rows, dim])
}

/// 0 where the position of the row sees that of the column, [`MASKED`] elsewhere: `[1, 1, L, L]`, or, where
/// windows branch, `[windows, 1, L, L]`.
pub(super) fn mask(windows: &Windows, device: &Device) -> Tensor<4> {
    let length = windows.longest();
    let pairs = length * length;
    if !windows.branches() {
        let mask: Vec<f32> = (0..pairs)
            .map(|index| if index % length <= index / length { 0.0 } else { MASKED })
            .collect();
        return Tensor::from_data(TensorData::new(mask, [1, 1, length, length]), device);
    }
    let mut mask = vec![MASKED; windows.lengths.len() * pairs];
    let mut first = 0;
    for (mask, &rows) in mask.chunks_exact_mut(pairs).zip(&windows.lengths) {
        let followed = windows.followed(first..first + rows).expect("some window branches");
        for row in 0..rows {
            mask[row * length + row] = 0.0;
            if row > 0 {
                let (above, below) = mask.split_at_mut(row * length);
                let seen = &above[followed[row] as usize * length..][..length];
                for (own, seen) in below[..row].iter_mut().zip(seen) {
                    *own = *seen;
                }
            }
        }
        first += rows;
    }
    Tensor::from_data(TensorData::new(mask, [windows.lengths.len(), 1, length, length]), device)
}
