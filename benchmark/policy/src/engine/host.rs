//! Loss and gradients of one training step.
//!
//! On a GPU see [`crate::packed`]. On the CPU the part behind the hidden
//! states (item scores, or the softmax over the catalogue) is done on the host with its gradient
//! in closed form: no tensor of the size positions x items x dim is ever made. The host's part
//! joins the graph through the scalar `sum(hidden * dL/dhidden)`, whose gradient is exactly the
//! wanted one; `dL/ditems` is added to that of the items. Tests compare both with automatic
//! differentiation of the whole.

use burn::Tensor;
use burn::tensor::TensorData;
use burn::tensor::activation::log_sigmoid;
use rayon::prelude::*;

use crate::batches::Batch;
use crate::losses::LossConfig;
use crate::matrix::{By, Matrix, Output, product};
use crate::model::{Dropout, Sasrec, select};
use crate::packed::{Packed, PackedStep, Scored};
use crate::simd::{add_scaled, dot, softmax_rows, vectorised};

/// Where the part behind the hidden states is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Head {
    /// On the host, with gradients in closed form.
    Host,
    /// On the device, see [`crate::packed`].
    Device,
}

/// A step's loss, its gradients in the order of the weights, and the policy's scores.
#[derive(Debug)]
pub struct Step {
    /// Mean loss over the positions.
    pub loss: Number,
    /// Gradients, None for a weight that does not enter.
    pub gradients: Vec<Option<Tensor<2>>>,
    /// The policy's scores of the scored items.
    pub scores: Scores,
}

/// Scores that the device may still be computing, row-major `[P, E]`.
#[derive(Clone, Debug)]
pub enum Scores {
    /// The step scored all items.
    None,
    /// They are known.
    Known(Vec<f32>),
    /// They will be.
    Coming(Box<Tensor<3>>),
}

impl Scores {
    /// Waits for them; empty where there are none.
    #[must_use]
    pub fn read(self) -> Vec<f32> {
        match self {
            Self::None => Vec::new(),
            Self::Known(scores) => scores,
            Self::Coming(tensor) => host(*tensor),
        }
    }
}

/// A number that the device may still be computing.
#[derive(Clone, Debug)]
pub enum Number {
    /// It is known.
    Known(f64),
    /// It will be, `[1]`.
    Coming(Box<Tensor<1>>),
}

impl Number {
    /// Waits for it.
    #[must_use]
    pub fn read(self) -> f64 {
        match self {
            Self::Known(value) => value,
            Self::Coming(tensor) => scalar(*tensor),
        }
    }
}

/// What every kind of step needs.
#[derive(Debug)]
pub struct Forward<'a> {
    /// The architecture.
    pub model: &'a Sasrec,
    /// Weights without autodiff.
    pub weights: &'a [Tensor<2>],
    /// The batch.
    pub batch: &'a Batch,
    /// Where the head is computed.
    pub head: Head,
}

/// Marks weights as leaves of a new graph.
pub(crate) fn leaves(weights: &[Tensor<2>]) -> Vec<Tensor<2>> {
    weights.iter().map(|weight| weight.clone().autodiff().require_grad()).collect()
}

fn backward(loss: &Tensor<1>, leaves: &[Tensor<2>]) -> Vec<Option<Tensor<2>>> {
    let mut gradients = loss.backward();
    leaves.iter().map(|leaf| leaf.grad_remove(&mut gradients)).collect()
}

/// A tensor's values, without a copy where nobody else holds them and they are on the host.
pub(crate) fn host<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.inner().try_into_vec_as().expect("tensors here are 32-bit floats")
}

impl Forward<'_> {
    /// Hidden states of the trained positions, `[P, dim]`.
    fn hidden(&self, leaves: &[Tensor<2>], dropout: Option<Dropout>) -> Tensor<2> {
        let mut dropout = dropout;
        let hidden = self.model.hidden(leaves, &self.batch.windows, dropout.as_mut());
        select(hidden, &self.batch.rows())
    }

    /// The gradient of a loss known through `dL/dhidden` (`[P, dim]`) and `dL/ditems`
    /// (`[n_items, dim]`).
    fn join(
        &self,
        leaves: &[Tensor<2>],
        hidden: Tensor<2>,
        [hidden_gradient, items_gradient]: [Vec<f32>; 2],
    ) -> Vec<Option<Tensor<2>>> {
        let device = hidden.device().without_autodiff();
        let data = TensorData::new(hidden_gradient, hidden.shape());
        let mut gradients = backward(&(hidden * Tensor::from_data(data, &device)).sum(), leaves);
        let items = gradients.first_mut().expect("the items are the first weight");
        let through_hidden = items.take().expect("the windows' items enter the hidden states");
        let shape = through_hidden.shape();
        let mut sum = host(through_hidden);
        vectorised(
            #[inline(always)]
            || add_scaled(&mut sum, 1.0, &items_gradient),
        );
        *items = Some(Tensor::from_data(TensorData::new(sum, shape), &device));
        gradients
    }

    /// Softmax over all items; the mean of `-log p(target)`.
    #[must_use]
    pub fn cross_entropy(&self, dropout: Option<Dropout>) -> Step {
        if self.head == Head::Device {
            return one(self.packed().cross_entropy(dropout));
        }
        let leaves = leaves(self.weights);
        let hidden = self.hidden(&leaves, dropout);
        let dim = self.model.config().dim;
        let states = host(hidden.clone());
        let items = host(self.model.item_embeddings(self.weights));
        let targets = self.batch.positions.iter().map(|position| position.target);
        let (loss, parts) = softmax_loss(&states, &items, &targets.collect::<Vec<_>>(), dim);
        let gradients = self.join(&leaves, hidden, parts);
        Step { loss: Number::Known(loss), gradients, scores: Scores::None }
    }

    /// The mean of `loss`, a function of the scores `[P, n]` of the given items (row-major
    /// `[P, n]`), over the positions.
    #[must_use]
    fn scored(
        &self,
        items: &[u32],
        dropout: Option<Dropout>,
        loss: impl Fn(Tensor<2>) -> Tensor<1>,
    ) -> Step {
        if self.head == Head::Device {
            return one(self.packed().scored(
                &Scored::Shared(items.to_vec()),
                &[items.len() / self.batch.positions.len()],
                dropout,
                |_, scores| loss(scores),
            ));
        }
        let leaves = leaves(self.weights);
        let hidden = self.hidden(&leaves, dropout);
        let [samples, dim] = hidden.dims();
        let each = items.len() / samples;
        let device = hidden.device().without_autodiff();
        let states = host(hidden.clone());
        let embeddings = host(self.model.item_embeddings(self.weights));
        let scores = dot_rows(&states, &embeddings, items, dim);
        let leaf: Tensor<2> =
            Tensor::from_data(TensorData::new(scores.clone(), [samples, each]), &device);
        let leaf = leaf.autodiff().require_grad();
        let mean = loss(leaf.clone()).mean();
        let error = leaf.grad_remove(&mut mean.backward()).expect("scores enter the loss");
        let parts = dot_rows_backward(&host(error), &states, &embeddings, items, dim);
        let gradients = self.join(&leaves, hidden, parts);
        Step { loss: Number::Known(scalar(mean)), gradients, scores: Scores::Known(scores) }
    }

    fn packed(&self) -> Packed<'_> {
        Packed { model: self.model, weights: self.weights, batch: self.batch }
    }

    /// A preference loss over items with the positive first, given the reference's scores of the
    /// same items (both row-major `[P, 1 + K]`).
    #[must_use]
    pub fn preference(
        &self,
        items: &[u32],
        reference: &[f32],
        loss: &LossConfig,
        beta: f64,
        dropout: Option<Dropout>,
    ) -> Step {
        let samples = self.batch.positions.len();
        let device = self.weights[0].device();
        let shape = [samples, items.len() / samples];
        let reference = Tensor::from_data(TensorData::new(reference.to_vec(), shape), &device);
        self.scored(items, dropout, |scores| {
            loss.as_loss().per_sample(scores, reference.clone(), beta)
        })
    }

    /// SASRec's own objective over items with the positive first, then negatives: the binary
    /// cross-entropies of the positive and of the negatives' mean, added.
    #[must_use]
    pub fn bce(&self, items: &[u32], dropout: Option<Dropout>) -> Step {
        self.scored(items, dropout, |scores| {
            let [samples, each] = scores.dims();
            let positive = scores.clone().slice([0..samples, 0..1]);
            let negatives = scores.slice([0..samples, 1..each]);
            let loss = log_sigmoid(positive) + log_sigmoid(negatives.neg()).mean_dim(1);
            loss.neg().squeeze_dim(1)
        })
    }
}

/// The step of the only replica.
fn one(step: PackedStep) -> Step {
    Step {
        loss: Number::Coming(Box::new(step.losses)),
        gradients: step.gradients,
        scores: step.scores.map_or(Scores::None, |scores| Scores::Coming(Box::new(scores))),
    }
}

fn scalar(tensor: Tensor<1>) -> f64 {
    f64::from(tensor.into_scalar::<f32>())
}

/// Scores of all items that are held at once: few enough to stay in the cache.
const SCORES: usize = 1 << 19;

/// The mean of `-log p(target)` with `p` the softmax of the products of a state (`[P, dim]`) with
/// all `items` (`[n, dim]`), and its gradients with respect to states and items.
///
/// The scores are computed and used up part by part, while they are in the cache.
fn softmax_loss(
    states: &[f32],
    items: &[f32],
    targets: &[u32],
    dim: usize,
) -> (f64, [Vec<f32>; 2]) {
    let n_items = items.len() / dim;
    let items = Matrix::new(items, dim);
    let mut loss = 0.0;
    let mut state_gradient = vec![0.0; states.len()];
    let mut items_gradient = vec![0.0; n_items * dim];
    let together = (SCORES / n_items).clamp(16, targets.len().max(16));
    let mut scores = vec![0.0; together.min(targets.len()) * n_items];
    let scale = (1.0 / targets.len() as f64) as f32;
    let parts = states.chunks(together * dim).zip(state_gradient.chunks_mut(together * dim));
    for ((states, state_gradient), targets) in parts.zip(targets.chunks(together)) {
        let states = Matrix::new(states, dim);
        let scores = &mut scores[..targets.len() * n_items];
        product(scores, Output::Replaced, 1.0, states, items.turned(), By::AllThreads);
        scores.par_chunks_mut(8 * n_items).for_each(|rows| softmax_rows(rows, n_items));
        for (row, target) in scores.chunks_exact_mut(n_items).zip(targets) {
            let share = &mut row[*target as usize];
            // A share that is not a number stays so, for the caller to see.
            let shown = if *share < f32::MIN_POSITIVE { f32::MIN_POSITIVE } else { *share };
            loss -= f64::from(shown).ln();
            *share -= 1.0;
        }
        let error = Matrix::new(scores, n_items);
        product(state_gradient, Output::Replaced, scale, error, items, By::AllThreads);
        product(
            &mut items_gradient,
            Output::AddedTo,
            scale,
            error.turned(),
            states,
            By::AllThreads,
        );
    }
    (loss / targets.len() as f64, [state_gradient, items_gradient])
}

/// For each row of `states` (`[P, dim]`) its products with the rows of `embeddings` named by
/// `items` (`[P, n]`).
#[must_use]
pub fn dot_rows(states: &[f32], embeddings: &[f32], items: &[u32], dim: usize) -> Vec<f32> {
    let each = items.len() / (states.len() / dim);
    let mut products = Vec::with_capacity(items.len());
    vectorised(
        #[inline(always)]
        || {
            for (state, items) in states.chunks_exact(dim).zip(items.chunks_exact(each)) {
                for &item in items {
                    products.push(dot(state, &embeddings[item as usize * dim..][..dim]));
                }
            }
        },
    );
    products
}

/// Gradients of [`dot_rows`] with respect to `states` and `embeddings`, given that of the
/// products.
fn dot_rows_backward(
    error: &[f32],
    states: &[f32],
    embeddings: &[f32],
    items: &[u32],
    dim: usize,
) -> [Vec<f32>; 2] {
    let each = items.len() / (states.len() / dim);
    let mut states_gradient = vec![0.0_f32; states.len()];
    let mut embeddings_gradient = vec![0.0_f32; embeddings.len()];
    vectorised(
        #[inline(always)]
        || {
            let rows = states.chunks_exact(dim).zip(states_gradient.chunks_exact_mut(dim));
            let scored = error.chunks_exact(each).zip(items.chunks_exact(each));
            for ((state, state_gradient), (errors, items)) in rows.zip(scored) {
                for (&error, &item) in errors.iter().zip(items) {
                    let range = item as usize * dim..(item as usize + 1) * dim;
                    add_scaled(state_gradient, error, &embeddings[range.clone()]);
                    add_scaled(&mut embeddings_gradient[range], error, state);
                }
            }
        },
    );
    [states_gradient, embeddings_gradient]
}
