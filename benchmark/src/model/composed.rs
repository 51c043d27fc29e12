//! A block of the transformer from burn's own tensor operations, for any backend.

use burn::Tensor;
use burn::tensor::activation::{relu, softmax};
use burn::tensor::{Device, TensorData};

use super::{Dropout, LAYER_NORM_EPSILON, drop};

/// Added to attention scores of positions that must not be seen.
const MASKED: f32 = -1e4;

/// `(x - mean) / sqrt(variance + epsilon) * gain + bias` over the rows of `x`.
pub(super) fn layer_norm(x: Tensor<2>, gain: &Tensor<2>, bias: &Tensor<2>) -> Tensor<2> {
    let centred = x.clone() - x.mean_dim(1);
    let variance = centred.clone().square().mean_dim(1);
    let scale = (variance + LAYER_NORM_EPSILON).sqrt().recip();
    centred * scale * gain.clone() + bias.clone()
}

/// A block's output for the input `x`, `[windows * length, dim]`; `weights` are in the order of the
/// model's layout.
pub(super) fn block(
    x: Tensor<2>,
    weights: &[Tensor<2>],
    length: usize,
    heads: usize,
    dropout: &mut Option<&mut Dropout>,
) -> Tensor<2> {
    let normalised = layer_norm(x.clone(), &weights[0], &weights[1]);
    let project = |part: usize| linear(normalised.clone(), &weights[part], &weights[part + 1]);
    let (query, key, value) = (project(2), project(4), project(6));
    let mixed = attention(query, key, value, length, heads, dropout);
    let x = x + drop(linear(mixed, &weights[8], &weights[9]), dropout);
    let normalised = layer_norm(x.clone(), &weights[10], &weights[11]);
    let inner = relu(linear(normalised, &weights[12], &weights[13]));
    let outer = linear(drop(inner, dropout), &weights[14], &weights[15]);
    x + drop(outer, dropout)
}

fn linear(x: Tensor<2>, weight: &Tensor<2>, bias: &Tensor<2>) -> Tensor<2> {
    x.matmul(weight.clone()) + bias.clone()
}

/// Softmax attention of every position over itself and the positions before it in its window; all
/// tensors are `[windows * length, dim]`, the heads side by side in the columns. Dropout acts on
/// the shares.
fn attention(
    query: Tensor<2>,
    key: Tensor<2>,
    value: Tensor<2>,
    length: usize,
    heads: usize,
    dropout: &mut Option<&mut Dropout>,
) -> Tensor<2> {
    let [rows, dim] = query.dims();
    let (windows, head) = (rows / length, dim / heads);
    let mask = causal_mask(length, &query.device().without_autodiff());
    let [query, key, value] =
        [query, key, value].map(|x| x.reshape([windows, length, heads, head]).swap_dims(1, 2));
    let scores = query.matmul(key.swap_dims(2, 3)) * (1.0 / (head as f64).sqrt()) + mask;
    let shares = drop(softmax(scores, 3), dropout);
    shares.matmul(value).swap_dims(1, 2).reshape([rows, dim])
}

/// `[1, 1, L, L]`: 0 where the column is not after the row, [`MASKED`] elsewhere.
fn causal_mask(length: usize, device: &Device) -> Tensor<4> {
    let mask: Vec<f32> = (0..length * length)
        .map(|index| if index % length <= index / length { 0.0 } else { MASKED })
        .collect();
    Tensor::from_data(TensorData::new(mask, [1, 1, length, length]), device)
}
