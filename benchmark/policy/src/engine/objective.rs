//! What a step computes, and on what.

use std::sync::Arc;

use burn::Tensor;
use burn::tensor::Device;
use burn::tensor::activation::log_sigmoid;
use prefsweep_losses::{LossConfig, LossInputs, SideInputs};

use crate::tensors::from_host;
use crate::windows::Windows;

/// What a step computes on.
#[derive(Clone, Copy, Debug)]
pub struct Inputs<'a> {
    /// The histories.
    pub windows: &'a Arc<Windows>,
    /// The trained positions: rows of the hidden states, each once.
    pub rows: &'a [u32],
    /// The next item at each of them.
    pub targets: &'a [u32],
}

/// The items that are scored at every position, row-major `[P, E]`, the positive first.
#[derive(Clone, Debug)]
pub enum ScoredItems {
    /// The same in all replicas.
    Shared(Vec<u32>),
    /// Each replica's own, one after the other; `None` fills up where a replica scores fewer.
    Own(Vec<Option<u32>>),
}

/// One replica's preference loss on a step.
#[derive(Clone, Copy, Debug)]
pub struct Term<'a> {
    /// The loss.
    pub loss: &'a LossConfig,
    /// Its strength.
    pub beta: f64,
    /// Number of negatives, K: of the scored items the first 1 + K enter.
    pub negatives: usize,
    /// The reference's scores of them, row-major `[P, 1 + K]`; empty where the loss needs none.
    pub reference: &'a [f32],
    /// What else the loss needs.
    pub side: SideInputs<'a>,
}

/// What a step minimises: the mean over positions of one of these.
#[derive(Clone, Copy, Debug)]
pub enum Objective<'a> {
    /// `-log p(target)`, with `p` the softmax over all items.
    CrossEntropy,
    /// SASRec's own: the binary cross-entropies of the positive and of the negatives' mean, added, over
    /// items that are the same in all replicas.
    Bce {
        /// Row-major `[P, 1 + K]`, the positive first.
        items: &'a [u32],
    },
    /// A preference loss.
    Preference {
        /// The positive and the negatives.
        items: &'a ScoredItems,
        /// Every replica's loss.
        terms: &'a [Term<'a>],
    },
}

/// A loss over scored items.
#[derive(Clone, Copy)]
pub(super) enum ItemLoss<'a> {
    Bce,
    Preference(Term<'a>),
}

impl ItemLoss<'_> {
    /// Whether it depends on the log-normaliser of the policy.
    pub(super) fn needs_log_normaliser(self) -> bool {
        match self {
            Self::Bce => false,
            Self::Preference(term) => term.loss.as_loss().needs().log_normaliser,
        }
    }

    /// How many of the `scored` items of a position enter.
    pub(super) fn scores(self, scored: usize) -> usize {
        match self {
            Self::Bce => scored,
            Self::Preference(term) => 1 + term.negatives,
        }
    }

    /// The loss of every sample, `[P]`; `device` is without autodiff.
    pub(super) fn per_sample(
        self,
        scores: Tensor<2>,
        log_normaliser: Option<Tensor<2>>,
        device: &Device,
        on_host: bool,
    ) -> Tensor<1> {
        let term = match self {
            Self::Bce => return bce(scores),
            Self::Preference(term) => term,
        };
        let [samples, each] = scores.dims();
        let (loss, side) = (term.loss.as_loss(), term.side);
        let table =
            |values: &[f32], columns| from_host(values.to_vec(), [samples, columns], device);
        let inputs = LossInputs {
            scores,
            log_normaliser,
            reference: loss.needs().reference.then(|| table(term.reference, each)),
            reference_log_normaliser: side.reference_log_normaliser.map(|values| table(values, 1)),
            log_counts: side.log_counts.map(|values| table(values, each - 1)),
            keys: side.keys.map(|values| table(values, each - 1)),
            lengths: side.lengths.map(|values| table(values, each)),
            ratings: side.ratings.map(|values| table(values, each)),
            catalogue: side.catalogue,
            on_host,
        };
        loss.per_sample(inputs, term.beta)
    }
}

fn bce(scores: Tensor<2>) -> Tensor<1> {
    let [samples, each] = scores.dims();
    let positive = scores.clone().slice([0..samples, 0..1]);
    let negatives = scores.slice([0..samples, 1..each]);
    let loss = log_sigmoid(positive) + log_sigmoid(negatives.neg()).mean_dim(1);
    loss.neg().squeeze_dim(1)
}
