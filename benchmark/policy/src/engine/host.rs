//! Steps of one policy on the host.
//!
//! The part behind the hidden states has its gradient in closed form. It joins the graph through the
//! scalar `sum(hidden * dL/dhidden)`, whose gradient is exactly the wanted one; `dL/ditems` is added to
//! that of the items.

use burn::Tensor;

use super::head::{
    dot_rows, dot_rows_backward, log_normalisers, log_normalisers_backward, softmax_loss,
};
use super::interface::Engine;
use super::objective::{Inputs, ItemLoss, Objective, ScoredItems};
use super::outcome::{Outcome, Pending};
use super::routing::Routing;
use super::state::EngineState;
use crate::dropout::Dropout;
use crate::kernels::{add_scaled, vectorised};
use crate::optimizer::{HostAdamW, Settings, global_norm};
use crate::parameters::{Gradients, Parameters};
use crate::pass::Pass;
use crate::policy::Policy;
use crate::tensors::{from_host, scalar, select_rows, to_host};

/// One policy in training on the host.
#[derive(Debug)]
pub struct HostEngine<'a> {
    policy: &'a dyn Policy,
    /// Without autodiff.
    weights: Parameters,
    optimizer: HostAdamW,
    routing: Routing,
}

/// What is known of a step before its gradients have a norm.
struct Value {
    loss: f64,
    scores: Vec<f32>,
    log_normaliser: Vec<f32>,
}

/// Hidden states (`[P, dim]`) and items (`[n_items, dim]`), or a loss's gradients with respect to them.
type StatesAndItems = [Vec<f32>; 2];

impl<'a> HostEngine<'a> {
    /// Starts from `weights`, which lie on the CPU and are without autodiff.
    #[must_use]
    pub fn new(policy: &'a dyn Policy, weights: Parameters, optimizer: Settings) -> Self {
        let optimizer = HostAdamW::new(&weights, optimizer);
        Self { policy, weights, optimizer, routing: Routing::default() }
    }

    fn differentiate(
        &self,
        inputs: &Inputs<'_>,
        objective: &Objective<'_>,
        dropout: Option<Dropout>,
    ) -> (Value, Gradients) {
        let leaves = self.weights.leaves();
        let mut pass = Pass::training(dropout, self.routing.balance);
        let hidden = self.policy.hidden(&leaves, inputs.windows, &mut pass);
        let hidden = select_rows(hidden, inputs.rows);
        let items = to_host(self.policy.item_embeddings(&self.weights));
        let known = [to_host(hidden.clone()), items];
        let (value, gradients) = match *objective {
            Objective::CrossEntropy => {
                let [states, items] = &known;
                let dim = self.policy.dim();
                let (loss, gradients) = softmax_loss(states, items, inputs.targets, dim);
                (Value { loss, scores: Vec::new(), log_normaliser: Vec::new() }, gradients)
            }
            Objective::Bce { items } => self.scored(&known, items, ItemLoss::Bce),
            Objective::Preference { items, terms } => {
                let [term] = terms else { panic!("{} losses for one replica", terms.len()) };
                let loss = ItemLoss::Preference(*term);
                match items {
                    ScoredItems::Shared(items) => self.scored(&known, items, loss),
                    ScoredItems::Own(items) => {
                        let all: Option<Vec<u32>> = items.iter().copied().collect();
                        let items = all.expect("one replica has nothing to fill up");
                        self.scored(&known, &items, loss)
                    }
                }
            }
        };
        (value, self.join(&leaves, hidden, pass, gradients))
    }

    /// A loss over the scores of `items`, `[P, E]`, and its gradients.
    fn scored(
        &self,
        [states, embeddings]: &StatesAndItems,
        items: &[u32],
        loss: ItemLoss<'_>,
    ) -> (Value, StatesAndItems) {
        let dim = self.policy.dim();
        let samples = states.len() / dim;
        let device = self.weights.device();
        let scores = dot_rows(states, embeddings, items, dim);
        let leaf = |values: &[f32]| {
            let shape = [samples, values.len() / samples];
            from_host(values.to_vec(), shape, &device).autodiff().require_grad()
        };
        let score_leaf = leaf(&scores);
        let log_normaliser = if loss.needs_log_normaliser() {
            log_normalisers(states, embeddings, dim)
        } else {
            Vec::new()
        };
        let normaliser_leaf = (!log_normaliser.is_empty()).then(|| leaf(&log_normaliser));
        let per_sample =
            loss.per_sample(score_leaf.clone(), normaliser_leaf.clone(), &device, true);
        let mean = per_sample.mean();
        let mut errors = mean.backward();
        let error = to_host(score_leaf.grad_remove(&mut errors).expect("scores enter the loss"));
        let mut gradients = dot_rows_backward(&error, states, embeddings, items, dim);
        if let Some(error) = normaliser_leaf.and_then(|leaf| leaf.grad_remove(&mut errors)) {
            let error = to_host(error);
            log_normalisers_backward(&error, states, embeddings, dim, &mut gradients);
        }
        (Value { loss: scalar(mean), scores, log_normaliser }, gradients)
    }

    /// The gradients of a loss known through those with respect to hidden states and items.
    fn join(
        &self,
        leaves: &Parameters,
        hidden: Tensor<2>,
        pass: Pass,
        [states_gradient, items_gradient]: StatesAndItems,
    ) -> Gradients {
        let device = hidden.device().without_autodiff();
        let through = from_host(states_gradient, hidden.dims(), &device);
        let mut joined = (hidden * through).sum();
        if let Some(balanced) = pass.balanced() {
            joined = joined + balanced;
        }
        let mut gradients = leaves.gradients_of(&joined);
        self.routing.freeze(self.policy, &mut gradients);
        let items = &mut gradients[self.policy.items()];
        let through_hidden = items.take().expect("the windows' items enter the hidden states");
        let shape = through_hidden.dims();
        let mut sum = to_host(through_hidden);
        vectorised(
            #[inline(always)]
            || add_scaled(&mut sum, 1.0, &items_gradient),
        );
        *items = Some(from_host(sum, shape, &device));
        gradients
    }
}

impl Value {
    fn with_norm(self, norm: f64) -> Outcome {
        let Self { loss, scores, log_normaliser } = self;
        Outcome { loss, norm, scores, log_normaliser }
    }
}

impl Engine for HostEngine<'_> {
    fn replicas(&self) -> usize {
        1
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
        let [rate] = *rates else { panic!("{} learning rates for one replica", rates.len()) };
        let (value, gradients) = self.differentiate(inputs, objective, dropout);
        let norm = self.optimizer.step(&mut self.weights, gradients, rate);
        Pending::known(vec![value.with_norm(norm)])
    }

    fn gradients(
        &self,
        inputs: &Inputs<'_>,
        objective: &Objective<'_>,
        dropout: Option<Dropout>,
    ) -> (Vec<Outcome>, Gradients) {
        let (value, gradients) = self.differentiate(inputs, objective, dropout);
        (vec![value.with_norm(global_norm(&gradients))], gradients)
    }

    fn weights(&self, replica: usize) -> Parameters {
        assert_eq!(replica, 0, "one replica");
        self.weights.clone()
    }

    fn state(&self) -> EngineState {
        EngineState { weights: self.weights.values(), optimizer: self.optimizer.state() }
    }

    fn restore(&mut self, state: &EngineState) -> bool {
        let weights = self.weights.with_values(&state.weights);
        let Some(weights) = weights.filter(|weights| state.optimizer.fits(weights)) else {
            return false;
        };
        self.weights = weights;
        self.optimizer.restore(&state.optimizer);
        true
    }
}
