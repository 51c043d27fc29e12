//! The recommender: a SASRec-style causal transformer with tied item embeddings.
//!
//! Kang and McAuley, "Self-Attentive Sequential Recommendation" (2018), with pre-norm blocks, a
//! final LayerNorm and learned positions. Windows are padded on the right: with a causal mask no
//! real position can see the padding, so no padding mask is needed.
//!
//! Weights are plain rank-2 tensors in the order of [`Sasrec::layout`], which is also the order
//! on disk and in the optimiser; biases and gains are `[1, n]`.

mod composed;
mod dropout;
mod fused;
mod weights;

pub use dropout::Dropout;
pub use weights::{Parameter, Weights, WeightsError};

use burn::Tensor;
use burn::tensor::activation::relu;
use burn::tensor::{Device, Int, TensorData};

use crate::config::ModelConfig;
use weights::Init;

/// The stabiliser in LayerNorm's denominator, as in the original implementation.
const LAYER_NORM_EPSILON: f64 = 1e-8;

/// The architecture; the weights are kept apart, see [`Weights`].
#[derive(Clone, Debug)]
pub struct Sasrec {
    config: ModelConfig,
    n_items: usize,
    fused: bool,
}

/// Indices into the weights, in the order of [`Sasrec::layout`].
const ITEMS: usize = 0;
const POSITIONS: usize = 1;
const FIRST_BLOCK: usize = 2;
const PER_BLOCK: usize = 16;

impl Sasrec {
    /// The model for a catalogue of `n_items` items.
    #[must_use]
    pub fn new(config: &ModelConfig, n_items: usize) -> Self {
        Self { config: config.clone(), n_items, fused: true }
    }

    /// The same model without fused operations, to compare with.
    #[must_use]
    pub fn without_fused_operations(mut self) -> Self {
        self.fused = false;
        self
    }

    /// The architecture's settings.
    #[must_use]
    pub fn config(&self) -> &ModelConfig {
        &self.config
    }

    /// Number of items in the catalogue.
    #[must_use]
    pub fn n_items(&self) -> usize {
        self.n_items
    }

    /// The item id that fills the end of short windows.
    #[must_use]
    pub fn padding(&self) -> u32 {
        u32::try_from(self.n_items).expect("item ids are 32-bit")
    }

    /// Names, shapes and initial distributions of all weights.
    #[must_use]
    pub fn layout(&self) -> Vec<Parameter> {
        let (dim, inner) = (self.config.dim, self.config.feed_forward);
        let parameter = |name: String, rows, cols, init| Parameter { name, rows, cols, init };
        let mut layout = vec![
            // One row more than items: the padding.
            parameter("items".into(), self.n_items + 1, dim, Init::Normal),
            parameter("positions".into(), self.config.max_len, dim, Init::Normal),
        ];
        for block in 0..self.config.blocks {
            for (name, rows, cols, init) in [
                ("attention_norm.gain", 1, dim, Init::Ones),
                ("attention_norm.bias", 1, dim, Init::Zeros),
                ("query.weight", dim, dim, Init::Normal),
                ("query.bias", 1, dim, Init::Zeros),
                ("key.weight", dim, dim, Init::Normal),
                ("key.bias", 1, dim, Init::Zeros),
                ("value.weight", dim, dim, Init::Normal),
                ("value.bias", 1, dim, Init::Zeros),
                ("output.weight", dim, dim, Init::Normal),
                ("output.bias", 1, dim, Init::Zeros),
                ("feed_forward_norm.gain", 1, dim, Init::Ones),
                ("feed_forward_norm.bias", 1, dim, Init::Zeros),
                ("inner.weight", dim, inner, Init::Normal),
                ("inner.bias", 1, inner, Init::Zeros),
                ("outer.weight", inner, dim, Init::Normal),
                ("outer.bias", 1, dim, Init::Zeros),
            ] {
                layout.push(parameter(format!("blocks.{block}.{name}"), rows, cols, init));
            }
        }
        layout.push(parameter("norm.gain".into(), 1, dim, Init::Ones));
        layout.push(parameter("norm.bias".into(), 1, dim, Init::Zeros));
        layout
    }

    /// Hidden states of every position, shape `[B * L, dim]`.
    ///
    /// `items` holds `B` windows of `L <= max_len` item ids, row-major, padded on the right.
    /// `weights` decide the device and whether gradients are recorded.
    #[must_use]
    pub fn hidden(
        &self,
        weights: &[Tensor<2>],
        items: &[u32],
        length: usize,
        mut dropout: Option<&mut Dropout>,
    ) -> Tensor<2> {
        let dim = self.config.dim;
        let windows = items.len() / length;
        let device = weights[ITEMS].device().without_autodiff();
        let embedded = weights[ITEMS].clone().select(0, ids(items, &device));
        let embedded = embedded * (dim as f64).sqrt();
        let positions = weights[POSITIONS].clone().slice([0..length, 0..dim]).unsqueeze_dim::<3>(0);
        let x = embedded.reshape([windows, length, dim]) + positions;
        let mut x = drop(x.reshape([windows * length, dim]), &mut dropout);
        let fused = self.fused && fused::available(&device);
        let layer_norm = if fused { fused::layer_norm } else { composed::layer_norm };
        for block in 0..self.config.blocks {
            let from = FIRST_BLOCK + block * PER_BLOCK;
            let block = &weights[from..from + PER_BLOCK];
            let attended = self.attention(
                layer_norm(x.clone(), &block[0], &block[1]),
                &block[2..10],
                length,
                fused,
                &mut dropout,
            );
            x = x + drop(attended, &mut dropout);
            let inner =
                linear(layer_norm(x.clone(), &block[10], &block[11]), &block[12], &block[13]);
            let outer = linear(drop(relu(inner), &mut dropout), &block[14], &block[15]);
            x = x + drop(outer, &mut dropout);
        }
        let last = weights.len() - 2;
        layer_norm(x, &weights[last], &weights[last + 1])
    }

    fn attention(
        &self,
        x: Tensor<2>,
        weights: &[Tensor<2>],
        length: usize,
        fused: bool,
        dropout: &mut Option<&mut Dropout>,
    ) -> Tensor<2> {
        let heads = self.config.heads;
        let project =
            |index: usize| linear(x.clone(), &weights[2 * index], &weights[2 * index + 1]);
        let (query, key, value) = (project(0), project(1), project(2));
        let mixed = if fused && dropout.is_none() {
            fused::attention(query, key, value, length, heads)
        } else {
            composed::attention(query, key, value, length, heads, dropout)
        };
        linear(mixed, &weights[6], &weights[7])
    }

    /// Scores of all items, shape `[P, n_items]`, for hidden states `[P, dim]`.
    #[must_use]
    pub fn score_all(&self, weights: &[Tensor<2>], hidden: Tensor<2>) -> Tensor<2> {
        hidden.matmul(self.item_embeddings(weights).transpose())
    }

    /// Scores of the given items, shape `[P, n]`, for hidden states `[P, dim]`; `items` is
    /// row-major `[P, n]`.
    #[must_use]
    pub fn score(&self, weights: &[Tensor<2>], hidden: Tensor<2>, items: &[u32]) -> Tensor<2> {
        let [samples, dim] = hidden.dims();
        let each = items.len() / samples;
        let device = weights[ITEMS].device().without_autodiff();
        let chosen = weights[ITEMS].clone().select(0, ids(items, &device));
        let chosen = chosen.reshape([samples, each, dim]);
        chosen.matmul(hidden.unsqueeze_dim::<3>(2)).squeeze_dim(2)
    }

    /// The item embeddings without the padding row, `[n_items, dim]`.
    #[must_use]
    pub fn item_embeddings(&self, weights: &[Tensor<2>]) -> Tensor<2> {
        weights[ITEMS].clone().slice([0..self.n_items, 0..self.config.dim])
    }
}

fn ids(items: &[u32], device: &Device) -> Tensor<1, Int> {
    let items: Vec<i32> = items.iter().map(|&item| item as i32).collect();
    let length = items.len();
    Tensor::from_data(TensorData::new(items, [length]), device)
}

fn drop<const D: usize>(x: Tensor<D>, dropout: &mut Option<&mut Dropout>) -> Tensor<D> {
    match dropout {
        Some(dropout) => dropout.apply(x),
        None => x,
    }
}

fn linear(x: Tensor<2>, weight: &Tensor<2>, bias: &Tensor<2>) -> Tensor<2> {
    x.matmul(weight.clone()) + bias.clone()
}
