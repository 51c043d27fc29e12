//! Histories that are read once, and what continues them, on the host and without gradients.

use super::super::layout::Handles;
use super::attention::Shape;
use super::block::Block;
use super::branches::History;
use super::layer_norm::{self, normalise};
use super::linear::linear;
use super::operations::{side_by_side, size};
use super::parts::{Parts, Size};
use crate::kernels::{Matrix, ROWS, vectorised};
use crate::parameters::Parameters;
use crate::tensors::to_host;
use crate::windows::Windows;

/// A transformer's weights, to read histories once and then any number of continuations.
#[derive(Clone, Debug)]
pub struct Continuer {
    dim: usize,
    /// `[symbols + 1, dim]`.
    symbols: Vec<f32>,
    /// `[context, dim]`.
    positions: Vec<f32>,
    /// Every block's weights, see [`Parts`].
    blocks: Vec<(Vec<f32>, Size)>,
    /// Gain and bias of the final LayerNorm.
    norm: [Vec<f32>; 2],
}

/// What was read of a history.
#[derive(Clone, Debug)]
pub struct Past {
    length: usize,
    /// Of every block.
    blocks: Vec<History>,
    /// The hidden state after it, `[dim]`.
    state: Vec<f32>,
}

/// Continuations of one history, which grow.
#[derive(Clone, Debug)]
pub struct Branches<'a> {
    continuer: &'a Continuer,
    past: &'a Past,
    /// The rows that each sees behind the history, itself last.
    ways: Vec<Vec<u32>>,
    /// Keys and values of all rows in every block, `[rows, 2 dim]`.
    blocks: Vec<Vec<f32>>,
}

impl Continuer {
    /// From the weights of a model on any device.
    pub(in crate::sasrec) fn new(weights: &Parameters, handles: &Handles, heads: usize) -> Self {
        let values = |handle| to_host(weights[handle].clone());
        let blocks = handles
            .blocks
            .iter()
            .map(|block| (to_host(side_by_side(weights, block)), size(weights, block, heads)));
        Self {
            dim: weights[handles.items].dims()[1],
            symbols: values(handles.items),
            positions: values(handles.positions),
            blocks: blocks.collect(),
            norm: [handles.norm.gain, handles.norm.bias].map(values),
        }
    }

    /// The symbols' embeddings without that of the padding, `[symbols, dim]`.
    #[must_use]
    pub fn table(&self) -> &[f32] {
        &self.symbols[..self.symbols.len() - self.dim]
    }

    /// Reads a history, to which up to `longest` symbols are added.
    ///
    /// # Panics
    /// When it is empty, or leaves no room for these in the context.
    #[must_use]
    pub fn read(&self, history: &[u32], longest: usize) -> Past {
        let length = history.len();
        assert!((length + longest) * self.dim <= self.positions.len(), "too long for the model");
        let mut windows = Windows::default();
        windows.push(history);
        let mut x = self.embed(history, 0..length);
        let mut blocks = Vec::with_capacity(self.blocks.len());
        for (weights, size) in &self.blocks {
            let shape = Shape { length, heads: size.heads, dim: self.dim };
            let (output, kept) = of(weights, *size, &windows).forward(&x);
            // One window is one group.
            blocks.push(History::new(kept[0].qkv(), shape, longest));
            x = output;
        }
        Past { length, blocks, state: self.normalised(&x[(length - 1) * self.dim..]) }
    }

    /// The embeddings of symbols at some positions, `[symbols, dim]`.
    fn embed(&self, symbols: &[u32], positions: impl Iterator<Item = usize>) -> Vec<f32> {
        super::embedding::rows(&self.symbols, &self.positions, symbols, positions, self.dim)
    }

    fn normalised(&self, x: &[f32]) -> Vec<f32> {
        let [gain, bias] = &self.norm;
        layer_norm::forward(x, gain, bias)
    }
}

/// A block without dropout.
fn of<'a>(weights: &'a [f32], size: Size, windows: &'a Windows) -> Block<'a> {
    Block { weights, size, windows, masks: None, balance: 0.0 }
}

impl Past {
    /// The hidden state after the history, `[dim]`.
    #[must_use]
    pub fn state(&self) -> &[f32] {
        &self.state
    }
}

impl<'a> Branches<'a> {
    /// Nothing yet behind a history that `continuer` has read.
    #[must_use]
    pub fn new(continuer: &'a Continuer, past: &'a Past) -> Self {
        let blocks = vec![Vec::new(); past.blocks.len()];
        Self { continuer, past, ways: Vec::new(), blocks }
    }

    /// Adds symbols, each after the row `before` it, or after the history; returns the hidden states after them,
    /// `[symbols, dim]`. They are the next rows.
    ///
    /// # Panics
    /// When a symbol does not follow an earlier row, or a continuation is too long.
    pub fn extend(&mut self, symbols: &[u32], before: &[Option<u32>]) -> Vec<f32> {
        assert_eq!(symbols.len(), before.len(), "what each symbol follows");
        let (dim, first) = (self.continuer.dim, self.ways.len());
        for before in before {
            let mut way = before.map_or(Vec::new(), |row| self.ways[row as usize].clone());
            way.push(self.ways.len() as u32);
            self.ways.push(way);
        }
        let ways = &self.ways[first..];
        let places = ways.iter().map(|way| self.past.length + way.len() - 1);
        let mut x = self.continuer.embed(symbols, places);
        let windows = Windows::default();
        let blocks = self.continuer.blocks.iter().zip(&self.past.blocks).zip(&mut self.blocks);
        for (((weights, size), history), branched) in blocks {
            let parts = Parts::of(weights, *size);
            let mut z = vec![0.0; x.len()];
            normalise(&x, parts.attention_gain, parts.attention_bias, &mut z);
            let mut qkv = vec![0.0; symbols.len().next_multiple_of(ROWS) * 3 * dim];
            let rows = &mut qkv[..symbols.len() * 3 * dim];
            linear(rows, &z, Matrix::new(parts.qkv_weight, 3 * dim), parts.qkv_bias);
            for row in rows.chunks_exact(3 * dim) {
                branched.extend_from_slice(&row[dim..]);
            }
            let mut mixed = vec![0.0; x.len()];
            vectorised(
                #[inline(always)]
                || history.attend(&qkv, branched, ways, &mut mixed),
            );
            of(weights, *size, &windows).rest(&mixed, &x, &mut z, None);
            x = z;
        }
        self.continuer.normalised(&x)
    }
}
