//! Steps of several replicas of a policy as one tensor program: what fills a large GPU with a small
//! model.
//!
//! Replicas share windows and dropout; each has weights, items, loss and strength of its own. Behind
//! the hidden states gradients are in closed form, but for those of the losses themselves; before
//! them burn differentiates. Every look-up's gradient is a sum by gathering, so that a step is
//! deterministic wherever matrix products are.

use burn::Tensor;
use burn::tensor::activation::{log_softmax, softmax};
use burn::tensor::{Device, Int};

use super::catalogue::Catalogue;
use super::interface::Engine;
use super::objective::{Inputs, ItemLoss, Objective, ScoredItems};
use super::outcome::{OnDevice, Outcome, Pending};
use super::routing::Routing;
use super::row_sums::{NOWHERE, RowSums, scatter};
use super::state::EngineState;
use crate::device::Backend;
use crate::dropout::Dropout;
use crate::optimizer::{DeviceAdamW, Settings, global_norms};
use crate::parameters::{Gradients, Init, Parameters};
use crate::pass::Pass;
use crate::policy::Policy;
use crate::tensors::indices;

/// Replicas of a policy in training on a device.
#[derive(Debug)]
pub struct DeviceEngine<'a> {
    policy: &'a dyn Policy,
    /// Without autodiff, each replica's rows below the other's.
    weights: Parameters,
    optimizer: DeviceAdamW,
    replicas: usize,
    routing: Routing,
}

/// What is known of a step before its gradients have norms.
struct Values {
    /// `[R]`.
    losses: Tensor<1>,
    /// `[R, P, E]`; None for the softmax over all items.
    scores: Option<Tensor<3>>,
    /// How many of the scores each replica uses.
    each: Vec<usize>,
    /// Of every replica, `[P, 1]`; None where its loss does not need them.
    log_normalisers: Vec<Option<Tensor<2>>>,
}

/// What the part behind the hidden states gives: gradients of hidden states (`[R, P, dim]`) and of the
/// items (`[R, n_items + 1, dim]`).
struct Head {
    values: Values,
    hidden: Tensor<3>,
    items: Tensor<3>,
}

impl<'a> DeviceEngine<'a> {
    /// Replicas that start from the same `weights` (of one, without autodiff), with an optimiser each.
    ///
    /// # Panics
    /// When the policy composes some of its parameters of others.
    #[must_use]
    pub fn new(policy: &'a dyn Policy, weights: &Parameters, optimizers: Vec<Settings>) -> Self {
        let mut layout = policy.layout().iter();
        assert!(layout.all(|parameter| parameter.init != Init::Composed), "for the host alone");
        let replicas = optimizers.len();
        let weights = weights.replicated(replicas);
        let optimizer = DeviceAdamW::new(&weights, optimizers);
        Self { policy, weights, optimizer, replicas, routing: Routing::default() }
    }

    /// The items' embeddings, `[R, n_items + 1, dim]`.
    fn table(&self) -> Tensor<3> {
        let shape = [self.replicas, self.policy.n_items() + 1, self.policy.dim()];
        self.weights[self.policy.items()].clone().reshape(shape)
    }

    fn differentiate(
        &self,
        inputs: &Inputs<'_>,
        objective: &Objective<'_>,
        dropout: Option<Dropout>,
    ) -> (Values, Gradients) {
        match *objective {
            Objective::CrossEntropy => {
                self.through(inputs, dropout, |hidden| self.softmax(hidden, inputs.targets))
            }
            Objective::Bce { items } => {
                let items = ScoredItems::Shared(items.to_vec());
                let losses = vec![ItemLoss::Bce; self.replicas];
                self.through(inputs, dropout, |hidden| self.scored(hidden, &items, &losses))
            }
            Objective::Preference { items, terms } => {
                assert_eq!(terms.len(), self.replicas, "a loss for each replica");
                let losses: Vec<ItemLoss<'_>> =
                    terms.iter().map(|term| ItemLoss::Preference(*term)).collect();
                self.through(inputs, dropout, |hidden| self.scored(hidden, items, &losses))
            }
        }
    }

    /// Losses and gradients; `head` gets the hidden states of the trained positions, `[R, P, dim]`.
    fn through(
        &self,
        inputs: &Inputs<'_>,
        dropout: Option<Dropout>,
        head: impl FnOnce(Tensor<3>) -> Head,
    ) -> (Values, Gradients) {
        let (windows, padding) = (&**inputs.windows, self.policy.padding());
        let table = self.table();
        let [replicas, table_rows, dim] = table.dims();
        let device = table.device();
        let items = windows.padded(padding);
        let embedded = table.select(1, indices(&items, &device)).autodiff().require_grad();
        let leaves = self.weights.leaves();
        let mut pass = Pass::training(dropout, self.routing.balance);
        let padded = self.policy.padded_hidden(embedded.clone(), &leaves, windows, &mut pass);
        let rows_in_table = windows.rows_in_table();
        let trained: Vec<u32> =
            inputs.rows.iter().map(|&row| rows_in_table[row as usize]).collect();
        let head = head(padded.clone().inner().select(1, indices(&trained, &device)));

        // The gradient of this sum is that of the loss.
        let through = scatter(head.hidden, &trained, items.len());
        let mut gradients = pass.with_balance((padded * through).sum()).backward();
        let mut found: Gradients = leaves.map(|leaf| leaf.grad_remove(&mut gradients));
        let embedded = embedded.grad_remove(&mut gradients).expect("items enter hidden states");
        let real = |item: &u32| if *item == padding { NOWHERE } else { *item };
        let belongs: Vec<u32> = items.iter().map(real).collect();
        let items = head.items + RowSums::new(&belongs, table_rows).of(embedded);
        self.routing.freeze(self.policy, &mut found);
        found[self.policy.items()] = Some(items.reshape([replicas * table_rows, dim]));
        (head.values, found)
    }

    /// Softmax over all items; the mean of `-log p(target)`.
    fn softmax(&self, hidden: Tensor<3>, targets: &[u32]) -> Head {
        let [replicas, samples, dim] = hidden.dims();
        let n_items = self.policy.n_items();
        let device = hidden.device();
        let table = self.table();
        let items = table.clone().slice([0..replicas, 0..n_items, 0..dim]);
        let scores = hidden.clone().matmul(items.clone().swap_dims(1, 2));
        let wanted: Tensor<3, Int> = indices(targets, &device).reshape([1, samples, 1]);
        let wanted = wanted.repeat_dim(0, replicas);
        let chosen = log_softmax(scores.clone(), 2).gather(2, wanted);
        let losses = chosen.mean_dim(1).neg().reshape([replicas]);
        // d loss / d scores = (softmax - one-hot of the target) / P.
        let shares = softmax(scores, 2) / samples as f64;
        let of_targets = table.select(1, indices(targets, &device)) / samples as f64;
        let sums = RowSums::new(targets, n_items + 1);
        let through_softmax = shares.clone().swap_dims(1, 2).matmul(hidden.clone());
        let padding = Tensor::zeros([replicas, 1, dim], &device);
        Head {
            values: Values {
                losses,
                scores: None,
                each: vec![0; replicas],
                log_normalisers: vec![None; replicas],
            },
            hidden: shares.matmul(items) - of_targets,
            items: Tensor::cat(vec![through_softmax, padding], 1)
                - sums.of(hidden / samples as f64),
        }
    }

    /// The means over the positions of each replica's loss over the scores of `items`.
    fn scored(&self, hidden: Tensor<3>, items: &ScoredItems, losses: &[ItemLoss<'_>]) -> Head {
        let [replicas, samples, dim] = hidden.dims();
        let device = hidden.device();
        let (found, sums) = self.look_up(items);
        let most = found.dims()[1] / samples;
        let chosen = found.reshape([replicas, samples, most, dim]);
        let states = hidden.clone().unsqueeze_dim::<4>(2);
        let scores = (chosen.clone() * states.clone()).sum_dim(3).squeeze_dim::<3>(3);
        let on_host = Backend::of(&device).is_cpu();
        let mut parts = Parts::default();
        for (replica, &loss) in losses.iter().enumerate() {
            let each = loss.scores(most);
            let own = scores.clone().slice([replica..replica + 1, 0..samples, 0..each]);
            let own = own.reshape([samples, each]);
            let catalogue = loss.needs_log_normaliser().then(|| self.catalogue(&hidden, replica));
            let log_normaliser = catalogue.as_ref().map(|all| all.log_normaliser.clone());
            let part =
                differentiate(own, log_normaliser.clone(), most, |scores, log_normaliser| {
                    loss.per_sample(scores, log_normaliser, &device, on_host)
                });
            parts.losses.push(part.loss);
            parts.errors.push(part.error);
            parts.each.push(each);
            parts.log_normalisers.push(log_normaliser);
            let gradients = catalogue.zip(part.normaliser_error);
            parts.through_catalogue.push(gradients.map(|(all, error)| all.gradients(error)));
        }
        let errors = Tensor::cat(parts.errors, 0).reshape([replicas, samples, most, 1]);
        let through_items = (errors.clone() * states).reshape([replicas, samples * most, dim]);
        let through_items = match items {
            ScoredItems::Shared(_) => through_items,
            ScoredItems::Own(_) => through_items.reshape([1, replicas * samples * most, dim]),
        };
        let rows = self.policy.n_items() + 1;
        let mut hidden = (errors * chosen).sum_dim(2).squeeze_dim(2);
        let mut items = sums.of(through_items).reshape([replicas, rows, dim]);
        if parts.through_catalogue.iter().any(Option::is_some) {
            let (of_states, of_items) = parts.through_catalogue.into_iter().map(both).unzip();
            hidden = hidden + by_replica(of_states, samples, dim, &device);
            items = items + by_replica(of_items, rows, dim, &device);
        }
        let values = Values {
            losses: Tensor::cat(parts.losses, 0),
            scores: Some(scores),
            each: parts.each,
            log_normalisers: parts.log_normalisers,
        };
        Head { values, hidden, items }
    }

    /// The softmax over all items of one replica, for `hidden` states of all, `[R, P, dim]`.
    fn catalogue(&self, hidden: &Tensor<3>, replica: usize) -> Catalogue {
        let [_, samples, dim] = hidden.dims();
        let (own, n_items) = (replica..replica + 1, self.policy.n_items());
        let states = hidden.clone().slice([own.clone(), 0..samples, 0..dim]);
        let items = self.table().slice([own, 0..n_items, 0..dim]);
        Catalogue::new(states.squeeze_dim(0), items.squeeze_dim(0))
    }

    /// The embeddings of the scored items, `[R, P * E, dim]`, and where their gradients belong.
    fn look_up(&self, items: &ScoredItems) -> (Tensor<3>, RowSums) {
        let (table, replicas) = (self.table(), self.replicas);
        let [_, rows, dim] = table.dims();
        let device = table.device();
        match items {
            ScoredItems::Shared(items) => {
                (table.select(1, indices(items, &device)), RowSums::new(items, rows))
            }
            ScoredItems::Own(items) => {
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
                let chosen = table.select(1, indices(&found, &device));
                let belongs: Vec<u32> =
                    places.into_iter().map(|place| place.unwrap_or(NOWHERE)).collect();
                let chosen = chosen.reshape([replicas, each, dim]);
                (chosen, RowSums::new(&belongs, replicas * rows))
            }
        }
    }
}

impl Values {
    fn with_norms(self, norms: Tensor<1>) -> Pending {
        let Self { losses, scores, each, log_normalisers } = self;
        Pending::coming(OnDevice { losses, norms, scores, each, log_normalisers })
    }
}

/// What is collected over the replicas.
#[derive(Default)]
struct Parts {
    losses: Vec<Tensor<1>>,
    errors: Vec<Tensor<2>>,
    each: Vec<usize>,
    log_normalisers: Vec<Option<Tensor<2>>>,
    /// Gradients of states and items through the log-normaliser.
    through_catalogue: Vec<Option<[Tensor<2>; 2]>>,
}

/// A replica's mean loss, `[1]`, and its gradients.
struct Differentiated {
    loss: Tensor<1>,
    /// Of the scores, `[P, most]` with zeros after the replica's own.
    error: Tensor<2>,
    /// Of the log-normalisers, `[P, 1]`.
    normaliser_error: Option<Tensor<2>>,
}

fn differentiate(
    scores: Tensor<2>,
    log_normaliser: Option<Tensor<2>>,
    most: usize,
    loss: impl FnOnce(Tensor<2>, Option<Tensor<2>>) -> Tensor<1>,
) -> Differentiated {
    let [samples, each] = scores.dims();
    let device = scores.device();
    let leaf = scores.autodiff().require_grad();
    let log_normaliser = log_normaliser.map(|tensor| tensor.autodiff().require_grad());
    let mean = loss(leaf.clone(), log_normaliser.clone()).mean();
    let mut gradients = mean.backward();
    let error = leaf.grad_remove(&mut gradients).expect("scores enter the loss");
    let rest = Tensor::zeros([samples, most - each], &device);
    let error = if most > each { Tensor::cat(vec![error, rest], 1) } else { error };
    let normaliser_error = log_normaliser.and_then(|leaf| leaf.grad_remove(&mut gradients));
    Differentiated { loss: mean.inner(), error, normaliser_error }
}

/// The gradients of states and of items, each where there is one.
fn both(gradients: Option<[Tensor<2>; 2]>) -> (Option<Tensor<2>>, Option<Tensor<2>>) {
    gradients.map(|[states, items]| (states, items)).unzip()
}

/// One replica's part after the other, `[R, rows, dim]`; zeros where there is none, and in rows beyond
/// those that a part has.
fn by_replica(
    parts: Vec<Option<Tensor<2>>>,
    rows: usize,
    dim: usize,
    device: &Device,
) -> Tensor<3> {
    let parts = parts.into_iter().map(|part| {
        let own = part.as_ref().map_or(0, |part| part.dims()[0]);
        let rest = (own < rows).then(|| Tensor::zeros([rows - own, dim], device));
        let whole: Vec<Tensor<2>> = part.into_iter().chain(rest).collect();
        Tensor::cat(whole, 0).unsqueeze_dim::<3>(0)
    });
    Tensor::cat(parts.collect(), 0)
}

impl Engine for DeviceEngine<'_> {
    fn replicas(&self) -> usize {
        self.replicas
    }

    fn set_routing(&mut self, routing: Routing) {
        self.routing = routing;
    }

    fn step(
        &mut self,
        inputs: &Inputs<'_>,
        objective: &Objective<'_>,
        dropout: Option<Dropout>,
        rates: &[f64],
    ) -> Pending {
        assert_eq!(rates.len(), self.replicas, "a learning rate for each replica");
        let (values, gradients) = self.differentiate(inputs, objective, dropout);
        values.with_norms(self.optimizer.step(&mut self.weights, gradients, rates))
    }

    fn gradients(
        &self,
        inputs: &Inputs<'_>,
        objective: &Objective<'_>,
        dropout: Option<Dropout>,
    ) -> (Vec<Outcome>, Gradients) {
        let (values, gradients) = self.differentiate(inputs, objective, dropout);
        let norms = global_norms(&gradients, self.replicas);
        (values.with_norms(norms).read(), gradients)
    }

    fn weights(&self, replica: usize) -> Parameters {
        self.weights.replica(replica, self.replicas)
    }

    fn state(&self) -> EngineState {
        EngineState { weights: self.weights.values(), optimizer: self.optimizer.state() }
    }

    fn restore(&mut self, state: &EngineState) -> bool {
        let weights = self.weights.with_values(&state.weights);
        let Some(weights) = weights.filter(|weights| state.optimizer.fits(weights)) else {
            return false;
        };
        self.optimizer.restore(&state.optimizer, &weights.device());
        self.weights = weights;
        true
    }
}
