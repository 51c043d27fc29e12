//! One training step of several replicas of the model as one tensor program: what fills a large GPU
//! with a small model.
//!
//! Replicas share batch and dropout; each has weights, items, loss and strength of its own. Behind
//! the hidden states gradients are in closed form, but for those of the losses themselves; before
//! them burn differentiates. Every look-up's gradient is a sum by gathering, so that a step is
//! deterministic wherever matrix products are.

use burn::Tensor;
use burn::tensor::Int;
use burn::tensor::activation::{log_softmax, softmax};

use crate::batches::Batch;
use crate::gradients::leaves;
use crate::model::{Dropout, NOWHERE, RowSums, Sasrec, ids, scatter};

/// The replicas and what they see.
#[derive(Debug)]
pub struct Packed<'a> {
    /// The architecture.
    pub model: &'a Sasrec,
    /// Weights without autodiff, each replica's rows below the other's.
    pub weights: &'a [Tensor<2>],
    /// The batch.
    pub batch: &'a Batch,
}

/// The items that are scored at every position, row-major `[P, E]`.
#[derive(Clone, Debug)]
pub enum Scored {
    /// The same in all replicas.
    Shared(Vec<u32>),
    /// Each replica's own, one after the other; `None` fills up where a replica scores fewer.
    Own(Vec<Option<u32>>),
}

/// A step's losses, gradients and scores, still on the device.
#[derive(Debug)]
pub struct PackedStep {
    /// Mean loss over the positions of every replica, `[R]`.
    pub losses: Tensor<1>,
    /// In the order of the weights, None for a weight that does not enter.
    pub gradients: Vec<Option<Tensor<2>>>,
    /// The policies' scores of the scored items, `[R, P, E]`; None for the softmax over all items.
    pub scores: Option<Tensor<3>>,
}

/// What the part behind the hidden states gives: losses, and gradients of hidden states
/// (`[R, P, dim]`) and of the items (`[R, n_items + 1, dim]`).
struct Head {
    losses: Tensor<1>,
    hidden: Tensor<3>,
    items: Tensor<3>,
}

impl Packed<'_> {
    /// How many there are.
    #[must_use]
    pub fn replicas(&self) -> usize {
        self.model.replicas(self.weights)
    }

    /// The items' embeddings, `[R, n_items + 1, dim]`.
    fn table(&self) -> Tensor<3> {
        let [rows, dim] = self.weights[0].dims();
        let replicas = self.replicas();
        self.weights[0].clone().reshape([replicas, rows / replicas, dim])
    }

    /// Softmax over all items; the mean of `-log p(target)`.
    #[must_use]
    pub fn cross_entropy(&self, dropout: Option<Dropout>) -> PackedStep {
        let (losses, gradients) = self.differentiate(dropout, |hidden| {
            let [replicas, samples, dim] = hidden.dims();
            let n_items = self.model.n_items();
            let device = hidden.device();
            let table = self.table();
            let items = table.clone().slice([0..replicas, 0..n_items, 0..dim]);
            let scores = hidden.clone().matmul(items.clone().swap_dims(1, 2));
            let targets: Vec<u32> =
                self.batch.positions.iter().map(|position| position.target).collect();
            let wanted: Tensor<3, Int> = ids(&targets, &device).reshape([1, samples, 1]);
            let wanted = wanted.repeat_dim(0, replicas);
            let chosen = log_softmax(scores.clone(), 2).gather(2, wanted);
            let losses = chosen.mean_dim(1).neg().reshape([replicas]);
            // d loss / d scores = (softmax - one-hot of the target) / P.
            let shares = softmax(scores, 2) / samples as f64;
            let of_targets = table.select(1, ids(&targets, &device)) / samples as f64;
            let sums = RowSums::new(&targets, n_items + 1);
            let through_softmax = shares.clone().swap_dims(1, 2).matmul(hidden.clone());
            let padding = Tensor::zeros([replicas, 1, dim], &device);
            Head {
                losses,
                hidden: shares.matmul(items) - of_targets,
                items: Tensor::cat(vec![through_softmax, padding], 1)
                    - sums.of(hidden / samples as f64),
            }
        });
        PackedStep { losses, gradients, scores: None }
    }

    /// The means over the positions of each replica's loss, given by its index and the scores
    /// `[P, n]` of its first `each[replica]` items.
    #[must_use]
    pub fn scored(
        &self,
        items: &Scored,
        each: &[usize],
        dropout: Option<Dropout>,
        loss: impl Fn(usize, Tensor<2>) -> Tensor<1>,
    ) -> PackedStep {
        let mut kept = None;
        let (losses, gradients) = self.differentiate(dropout, |hidden| {
            let [replicas, samples, dim] = hidden.dims();
            let (chosen, sums) = self.look_up(items);
            let most = chosen.dims()[1] / samples;
            let chosen = chosen.reshape([replicas, samples, most, dim]);
            let hidden = hidden.unsqueeze_dim::<4>(2);
            let scores = (chosen.clone() * hidden.clone()).sum_dim(3).squeeze_dim::<3>(3);
            kept = Some(scores.clone());
            let (losses, errors): (Vec<_>, Vec<_>) = (0..replicas)
                .map(|replica| {
                    let own = [replica..replica + 1, 0..samples, 0..each[replica]];
                    let own = scores.clone().slice(own).reshape([samples, each[replica]]);
                    error_of(own, most, |scores| loss(replica, scores))
                })
                .unzip();
            let errors = Tensor::cat(errors, 0).reshape([replicas, samples, most, 1]);
            let through_items = (errors.clone() * hidden).reshape([replicas, samples * most, dim]);
            let through_items = match items {
                Scored::Shared(_) => through_items,
                Scored::Own(_) => through_items.reshape([1, replicas * samples * most, dim]),
            };
            let rows = self.model.n_items() + 1;
            Head {
                losses: Tensor::cat(losses, 0),
                hidden: (errors * chosen).sum_dim(2).squeeze_dim(2),
                items: sums.of(through_items).reshape([replicas, rows, dim]),
            }
        });
        PackedStep { losses, gradients, scores: kept }
    }

    /// The embeddings of the scored items, `[R, P * E, dim]`, and where their gradients belong.
    fn look_up(&self, items: &Scored) -> (Tensor<3>, RowSums) {
        let (table, replicas) = (self.table(), self.replicas());
        let [_, rows, dim] = table.dims();
        let device = table.device();
        match items {
            Scored::Shared(items) => {
                (table.select(1, ids(items, &device)), RowSums::new(items, rows))
            }
            Scored::Own(items) => {
                let each = items.len() / replicas;
                let place = |(index, item): (usize, &Option<u32>)| {
                    item.map(|item| (index / each * rows) as u32 + item)
                };
                let places: Vec<Option<u32>> = items.iter().enumerate().map(place).collect();
                // Any row of the replica's own: another's might not be finite.
                let filled = |(index, place): (usize, &Option<u32>)| {
                    place.unwrap_or((index / each * rows) as u32)
                };
                let found: Vec<u32> = places.iter().enumerate().map(filled).collect();
                let table = table.reshape([1, replicas * rows, dim]);
                let chosen = table.select(1, ids(&found, &device));
                let belongs: Vec<u32> =
                    places.into_iter().map(|place| place.unwrap_or(NOWHERE)).collect();
                let chosen = chosen.reshape([replicas, each, dim]);
                (chosen, RowSums::new(&belongs, replicas * rows))
            }
        }
    }

    /// Losses and gradients; `head` gets the hidden states of the trained positions, `[R, P, dim]`.
    fn differentiate(
        &self,
        dropout: Option<Dropout>,
        head: impl FnOnce(Tensor<3>) -> Head,
    ) -> (Tensor<1>, Vec<Option<Tensor<2>>>) {
        let (mut dropout, windows) = (dropout, &*self.batch.windows);
        let table = self.table();
        let [replicas, table_rows, dim] = table.dims();
        let device = table.device();
        let inputs = self.model.padded_items(windows);
        let embedded = table.select(1, ids(&inputs, &device)).autodiff().require_grad();
        let leaves = leaves(self.weights);
        let padded = self.model.padded_hidden(embedded.clone(), &leaves, windows, dropout.as_mut());
        let table_of_rows = windows.rows_in_table();
        let trained: Vec<u32> =
            self.batch.rows().iter().map(|&row| table_of_rows[row as usize]).collect();
        let head = head(padded.clone().inner().select(1, ids(&trained, &device)));

        // The gradient of this sum is that of the loss.
        let through = scatter(head.hidden, &trained, inputs.len());
        let mut gradients = (padded * through).sum().backward();
        let mut found: Vec<Option<Tensor<2>>> =
            leaves.iter().map(|leaf| leaf.grad_remove(&mut gradients)).collect();
        let embedded = embedded.grad_remove(&mut gradients).expect("items enter hidden states");
        let real = |row: &u32| if *row == self.model.padding() { NOWHERE } else { *row };
        let belongs: Vec<u32> = inputs.iter().map(real).collect();
        let items = head.items + RowSums::new(&belongs, table_rows).of(embedded);
        found[0] = Some(items.reshape([replicas * table_rows, dim]));
        (head.losses, found)
    }
}

/// A replica's mean loss, `[1]`, and its gradient, `[P, most]` with zeros after its own scores.
fn error_of(
    scores: Tensor<2>,
    most: usize,
    loss: impl FnOnce(Tensor<2>) -> Tensor<1>,
) -> (Tensor<1>, Tensor<2>) {
    let [samples, each] = scores.dims();
    let device = scores.device();
    let leaf = scores.autodiff().require_grad();
    let mean = loss(leaf.clone()).mean();
    let error = leaf.grad_remove(&mut mean.backward()).expect("scores enter the loss");
    let rest = Tensor::zeros([samples, most - each], &device);
    let error = if most > each { Tensor::cat(vec![error, rest], 1) } else { error };
    (mean.inner(), error)
}
