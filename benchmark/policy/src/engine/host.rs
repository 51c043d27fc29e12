//! Steps of one policy on the host.
//!
//! The part behind the hidden states has its gradient in closed form. It joins the graph through the
//! scalar `sum(hidden * dL/dhidden)`, whose gradient is exactly the wanted one; `dL/ditems` is added to
//! that of the items.
//!
//! Of a policy over titles the same holds for tokens in place of items, and the score of an item is the sum of
//! the log-probabilities of its tokens.

use std::borrow::Cow;

use burn::Tensor;

use super::head::{
    dot_rows, dot_rows_backward, log_normalisers, log_normalisers_backward, softmax_loss,
};
use super::interface::Engine;
use super::objective::{Inputs, ItemLoss, Objective, ScoredItems, Term};
use super::outcome::{Outcome, Pending};
use super::routing::Routing;
use super::state::EngineState;
use super::tokens::TokenShares;
use crate::dropout::Dropout;
use crate::kernels::{add_scaled, vectorised};
use crate::optimizer::{HostAdamW, Settings, global_norm};
use crate::parameters::{Gradients, Parameters};
use crate::pass::Pass;
use crate::policy::Policy;
use crate::tensors::{from_host, scalar, select_rows, to_host};
use crate::titles::{Reading, Titles, Wanted};

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
    pub fn new(policy: &'a dyn Policy, mut weights: Parameters, optimizer: Settings) -> Self {
        policy.compose(&mut weights);
        let optimizer = HostAdamW::new(&weights, optimizer);
        Self { policy, weights, optimizer, routing: Routing::default() }
    }

    fn differentiate(
        &self,
        inputs: &Inputs<'_>,
        objective: &Objective<'_>,
        dropout: Option<Dropout>,
    ) -> (Value, Gradients) {
        if let Some(titles) = self.policy.titles() {
            return self.over_titles(titles, inputs, objective, dropout);
        }
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
                self.scored(&known, &scored_items(items), preference(terms))
            }
        };
        (value, self.join(&leaves, hidden, pass, gradients))
    }

    /// The same for a policy over titles: a score is the log-probability of a title.
    fn over_titles(
        &self,
        titles: &Titles,
        inputs: &Inputs<'_>,
        objective: &Objective<'_>,
        dropout: Option<Dropout>,
    ) -> (Value, Gradients) {
        let (items, loss) = match *objective {
            Objective::CrossEntropy => (Cow::Borrowed(inputs.targets), None),
            Objective::Bce { items } => (Cow::Borrowed(items), Some(ItemLoss::Bce)),
            Objective::Preference { items, terms } => {
                (scored_items(items), Some(preference(terms)))
            }
        };
        let wanted = Wanted { windows: inputs.windows, rows: inputs.rows, items: &items };
        let reading = Reading::new(titles, wanted);
        let leaves = self.weights.leaves();
        let mut pass = Pass::training(dropout, self.routing.balance);
        let hidden = self.policy.hidden(&leaves, &reading.windows, &mut pass);
        let hidden = select_rows(hidden, &reading.rows);
        let table = to_host(self.policy.item_embeddings(&self.weights));
        let states = to_host(hidden.clone());
        let shares = TokenShares::new(&states, &table, self.policy.dim(), &reading.predictions);
        let scores = reading.scores(shares.log());
        let samples = inputs.rows.len();
        let (value, errors) = match loss {
            None => {
                let sum: f64 = scores.iter().map(|&score| f64::from(score)).sum();
                let errors = vec![(-1.0 / samples as f64) as f32; samples];
                let loss = -sum / samples as f64;
                (Value { loss, scores: Vec::new(), log_normaliser: Vec::new() }, errors)
            }
            Some(loss) => {
                // Log-probabilities need no normaliser: it is 0, whatever the weights.
                let log_normaliser =
                    if loss.needs_log_normaliser() { vec![0.0; samples] } else { Vec::new() };
                let (loss, errors, _) = self.errors(loss, &scores, &log_normaliser, samples);
                (Value { loss, scores, log_normaliser }, errors)
            }
        };
        let gradients = shares.backward(&reading.spread(&errors));
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
        let scores = dot_rows(states, embeddings, items, dim);
        let log_normaliser = if loss.needs_log_normaliser() {
            log_normalisers(states, embeddings, dim)
        } else {
            Vec::new()
        };
        let (loss, error, of_normaliser) = self.errors(loss, &scores, &log_normaliser, samples);
        let mut gradients = dot_rows_backward(&error, states, embeddings, items, dim);
        if let Some(error) = of_normaliser {
            log_normalisers_backward(&error, states, embeddings, dim, &mut gradients);
        }
        (Value { loss, scores, log_normaliser }, gradients)
    }

    /// The mean of a loss over scores of items, `[P, E]`, and its gradients with respect to these and to
    /// the log-normalisers, which are empty where it does not need them.
    fn errors(
        &self,
        loss: ItemLoss<'_>,
        scores: &[f32],
        log_normaliser: &[f32],
        samples: usize,
    ) -> (f64, Vec<f32>, Option<Vec<f32>>) {
        let device = self.weights.device();
        let leaf = |values: &[f32]| {
            let shape = [samples, values.len() / samples];
            from_host(values.to_vec(), shape, &device).autodiff().require_grad()
        };
        let score_leaf = leaf(scores);
        let normaliser_leaf = (!log_normaliser.is_empty()).then(|| leaf(log_normaliser));
        let per_sample =
            loss.per_sample(score_leaf.clone(), normaliser_leaf.clone(), &device, true);
        let mean = per_sample.mean();
        let mut errors = mean.backward();
        let error = to_host(score_leaf.grad_remove(&mut errors).expect("scores enter the loss"));
        let of_normaliser = normaliser_leaf.and_then(|leaf| leaf.grad_remove(&mut errors));
        (scalar(mean), error, of_normaliser.map(to_host))
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
        let joined = pass.with_balance((hidden * through).sum());
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
        self.policy.hand_on(&self.weights, &mut gradients);
        gradients
    }
}

/// The items that one replica scores.
fn scored_items(items: &ScoredItems) -> Cow<'_, [u32]> {
    match items {
        ScoredItems::Shared(items) => Cow::Borrowed(items),
        ScoredItems::Own(items) => {
            let all: Option<Vec<u32>> = items.iter().copied().collect();
            Cow::Owned(all.expect("one replica has nothing to fill up"))
        }
    }
}

/// The loss of the only replica.
fn preference<'a>(terms: &[Term<'a>]) -> ItemLoss<'a> {
    let [term] = terms else { panic!("{} losses for one replica", terms.len()) };
    ItemLoss::Preference(*term)
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
        self.policy.compose(&mut self.weights);
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
