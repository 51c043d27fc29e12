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
use crate::tensors::replicas_of;
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

/// A block's output for the input `x`, `[R, windows * length, dim]`.
pub(super) fn block(
    x: Tensor<3>,
    weights: &Parameters,
    (index, block): (usize, &BlockHandles),
    windows: &Windows,
    heads: usize,
    pass: &mut Pass,
) -> Tensor<3> {
    let (length, dropout) = (windows.longest(), &mut pass.dropout);
    let normalised = layer_norm(x.clone(), weights, block.attention_norm);
    let project = |layer: LinearHandles| linear(normalised.clone(), weights, layer);
    let (query, key, value) = (project(block.query), project(block.key), project(block.value));
    let mixed = attention(query, key, value, length, heads, dropout);
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

/// Softmax attention of every position over itself and the positions before it in its window; all
/// tensors are `[R, windows * length, dim]`, the heads side by side in the columns. Dropout acts on
/// the shares.
fn attention(
    query: Tensor<3>,
    key: Tensor<3>,
    value: Tensor<3>,
    length: usize,
    heads: usize,
    dropout: &mut Option<Dropout>,
) -> Tensor<3> {
    let [replicas, rows, dim] = query.dims();
    let (windows, head) = (rows / length, dim / heads);
    let mask = causal_mask(length, &query.device().without_autodiff());
    let [query, key, value] = [query, key, value]
        .map(|x| x.reshape([replicas * windows, length, heads, head]).swap_dims(1, 2));
    let scores = query.matmul(key.swap_dims(2, 3)) * (1.0 / (head as f64).sqrt()) + mask;
    let by_replica = [replicas, windows * heads, length, length];
    let shares = drop(softmax(scores, 3).reshape(by_replica), dropout);
    let shares = shares.reshape([replicas * windows, heads, length, length]);
    shares.matmul(value).swap_dims(1, 2).reshape([replicas, rows, dim])
}

/// `[1, 1, L, L]`: 0 where the column is not after the row, [`MASKED`] elsewhere.
fn causal_mask(length: usize, device: &Device) -> Tensor<4> {
    let mask: Vec<f32> = (0..length * length)
        .map(|index| if index % length <= index / length { 0.0 } else { MASKED })
        .collect();
    Tensor::from_data(TensorData::new(mask, [1, 1, length, length]), device)
}
