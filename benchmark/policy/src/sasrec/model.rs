//! The recommender: a SASRec-style causal transformer with tied item embeddings.
//!
//! Kang and McAuley, "Self-Attentive Sequential Recommendation" (2018), with pre-norm blocks, a
//! final LayerNorm and learned positions. Where windows are padded, it is on the right: with a
//! causal mask no real position can see the padding, so no padding mask is needed.
//!
//! Weights are plain rank-2 tensors in the order of [`Sasrec::layout`], which is also the order
//! on disk and in the optimiser; biases and gains are `[1, n]`.

mod composed;
mod dropout;
mod fused;
mod rows;
mod weights;
mod windows;

pub use dropout::Dropout;
pub(crate) use rows::{NOWHERE, RowSums, scatter};
pub use weights::{Parameter, Weights, WeightsError};
pub use windows::Windows;

use std::sync::Arc;

use burn::Tensor;
use burn::tensor::{Device, Int, TensorData};

use crate::config::ModelConfig;
use crate::gradients::host;
use crate::matrix::{By, Matrix, Output, product};
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
    pub(crate) fn padding(&self) -> u32 {
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

    /// Hidden states of every position of every window, shape `[positions, dim]`.
    ///
    /// `weights` decide the device and whether gradients are recorded.
    ///
    /// # Panics
    /// When a window is longer than the model's largest length.
    #[must_use]
    pub fn hidden(
        &self,
        weights: &[Tensor<2>],
        windows: &Arc<Windows>,
        mut dropout: Option<&mut Dropout>,
    ) -> Tensor<2> {
        assert!(windows.longest() <= self.config.max_len, "a window is too long for the model");
        if self.fused && fused::available(&weights[ITEMS].device()) {
            let heads = self.config.heads;
            let (items, positions) = (&weights[ITEMS], &weights[POSITIONS]);
            let mut x = fused::embed(items, positions, windows, dropout.as_deref_mut());
            for block in 0..self.config.blocks {
                let block = self.block(weights, block);
                x = fused::block(x, block, windows, heads, dropout.as_deref_mut());
            }
            let [.., gain, bias] = weights else { unreachable!("the final norm") };
            return fused::layer_norm(x, gain, bias);
        }
        let device = weights[ITEMS].device().without_autodiff();
        let embedded = weights[ITEMS].clone().select(0, ids(&self.padded_items(windows), &device));
        let padded = self.padded_hidden(embedded.unsqueeze_dim(0), weights, windows, dropout);
        select(padded.squeeze_dim(0), &windows.rows_in_table())
    }

    /// Hidden states of several replicas of the model at every place of the windows padded on the
    /// right to the longest, `[R, windows * longest, dim]`.
    ///
    /// `embedded` are the replicas' item embeddings there, of the same shape, for
    /// [`padded_items`](Self::padded_items). Of `weights`, which hold one replica's rows below the
    /// other's, the items are not used.
    pub(crate) fn padded_hidden(
        &self,
        embedded: Tensor<3>,
        weights: &[Tensor<2>],
        windows: &Windows,
        mut dropout: Option<&mut Dropout>,
    ) -> Tensor<3> {
        assert!(windows.longest() <= self.config.max_len, "a window is too long for the model");
        let [replicas, rows, dim] = embedded.dims();
        let length = windows.longest();
        let positions = composed::replicas_of(&weights[POSITIONS], replicas);
        let positions = positions.slice([0..replicas, 0..length, 0..dim]).unsqueeze_dim::<4>(1);
        let embedded = embedded * (dim as f64).sqrt();
        let x = embedded.reshape([replicas, rows / length, length, dim]) + positions;
        let mut x = drop(x.reshape([replicas, rows, dim]), &mut dropout);
        for block in 0..self.config.blocks {
            let block = self.block(weights, block);
            x = composed::block(x, block, length, self.config.heads, &mut dropout);
        }
        let [.., gain, bias] = weights else { unreachable!("the final norm") };
        composed::layer_norm(x, gain, bias)
    }

    /// The items of the windows padded on the right to the longest, window after window.
    pub(crate) fn padded_items(&self, windows: &Windows) -> Vec<u32> {
        let mut items = vec![self.padding(); windows.lengths.len() * windows.longest()];
        for (row, &item) in windows.padded_rows(windows.longest()).zip(&windows.items) {
            items[row] = item;
        }
        items
    }

    /// How many replicas of the model weights hold, one's rows below the other's.
    pub(crate) fn replicas(&self, weights: &[Tensor<2>]) -> usize {
        weights[ITEMS].dims()[0] / (self.n_items + 1)
    }

    /// Hidden states of the last position of every window, shape `[windows, dim]`: what predicts
    /// the next item. `weights` are without autodiff.
    ///
    /// # Panics
    /// When a window is longer than the model's largest length.
    #[must_use]
    pub fn last_hidden(&self, weights: &[Tensor<2>], windows: &Arc<Windows>) -> Tensor<2> {
        let fused = self.fused && fused::available(&weights[ITEMS].device());
        if !fused || self.config.blocks == 0 {
            let last: Vec<u32> = windows.last_rows().map(|row| row as u32).collect();
            return select(self.hidden(weights, windows, None), &last);
        }
        assert!(windows.longest() <= self.config.max_len, "a window is too long for the model");
        let heads = self.config.heads;
        let mut x = fused::embed(&weights[ITEMS], &weights[POSITIONS], windows, None);
        for block in 0..self.config.blocks - 1 {
            x = fused::block(x, self.block(weights, block), windows, heads, None);
        }
        x = fused::last_block(x, self.block(weights, self.config.blocks - 1), windows, heads);
        let [.., gain, bias] = weights else { unreachable!("the final norm") };
        fused::layer_norm(x, gain, bias)
    }

    fn block<'a>(&self, weights: &'a [Tensor<2>], block: usize) -> &'a [Tensor<2>] {
        &weights[FIRST_BLOCK + block * PER_BLOCK..][..PER_BLOCK]
    }

    /// Scores of all items, shape `[P, n_items]`, for hidden states `[P, dim]`.
    #[must_use]
    pub fn score_all(&self, weights: &[Tensor<2>], hidden: Tensor<2>) -> Tensor<2> {
        hidden.matmul(self.item_embeddings(weights).transpose())
    }

    /// What scores windows with these weights.
    #[must_use]
    pub fn scorer<'a>(&'a self, weights: &'a [Tensor<2>]) -> Scorer<'a> {
        let on_host = fused::available(&weights[ITEMS].device());
        let items = on_host.then(|| host(self.item_embeddings(weights)));
        Scorer { model: self, weights, items }
    }

    /// The item embeddings without the padding row, `[n_items, dim]`.
    #[must_use]
    pub fn item_embeddings(&self, weights: &[Tensor<2>]) -> Tensor<2> {
        weights[ITEMS].clone().slice([0..self.n_items, 0..self.config.dim])
    }
}

/// Scores of all items after some windows, again and again with the same weights.
#[derive(Debug)]
pub struct Scorer<'a> {
    model: &'a Sasrec,
    weights: &'a [Tensor<2>],
    /// The items' embeddings, where the host takes the products; one copy for all windows.
    items: Option<Vec<f32>>,
}

impl Scorer<'_> {
    /// Scores of all items after each window, row-major `[windows, n_items]`, into `scores`.
    ///
    /// # Panics
    /// As [`Sasrec::last_hidden`].
    pub fn score(&self, windows: &Arc<Windows>, scores: &mut Vec<f32>) {
        let model = self.model;
        let hidden = model.last_hidden(self.weights, windows);
        let Some(items) = &self.items else {
            *scores = host(model.score_all(self.weights, hidden));
            return;
        };
        // Into the memory of the call before: fresh pages would cost as much as the product.
        scores.resize(windows.lengths.len() * model.n_items, 0.0);
        let (hidden, dim) = (host(hidden), model.config.dim);
        let (hidden, items) = (Matrix::new(&hidden, dim), Matrix::new(items, dim));
        product(scores, Output::Replaced, 1.0, hidden, items.turned(), By::AllThreads);
    }

    /// The longest window that is looked at.
    #[must_use]
    pub fn max_len(&self) -> usize {
        self.model.config.max_len
    }
}

/// Some rows of a matrix.
pub(crate) fn select(matrix: Tensor<2>, rows: &[u32]) -> Tensor<2> {
    let all = rows.len() == matrix.dims()[0] && rows.iter().zip(0..).all(|(row, i)| *row == i);
    if all {
        return matrix;
    }
    let device = matrix.device().without_autodiff();
    matrix.select(0, ids(rows, &device))
}

/// As a tensor of indices.
pub(crate) fn ids(items: &[u32], device: &Device) -> Tensor<1, Int> {
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
