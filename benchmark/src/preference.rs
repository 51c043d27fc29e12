//! The preference stage: one cell of the sweep.

use std::cell::OnceCell;

use burn::Tensor;
use burn::tensor::Device;
use prefsweep_datasets::Item;

use crate::batches::{Batch, Batches};
use crate::config::{EvaluationConfig, PreferenceConfig, Schedule};
use crate::data::Prepared;
use crate::diagnostics::{Diagnostics, Summary};
use crate::divergence::{Divergence, Moved};
use crate::evaluation::{Protocol, Ranks, Split, rank_by_truth, rank_model};
use crate::gradients::{Forward, Head, dot_rows, host};
use crate::losses::{LossConfig, Sampling};
use crate::metrics::ndcg;
use crate::model::{Dropout, Sasrec, Weights, select};
use crate::negatives::{Draw, Pool, Source, from_pool};
use crate::optimizer::{AdamW, Settings};
use crate::timing::{Part, Stopwatch};
use crate::training::{NotFinite, Progress};

/// What is trained, and from what.
#[derive(Debug)]
pub struct Cell<'a> {
    /// The architecture.
    pub model: &'a Sasrec,
    /// The data.
    pub data: &'a Prepared,
    /// The reference's weights: where the policy starts.
    pub reference: &'a Weights,
    /// The reference's hidden states, see [`crate::reference::hidden_states`].
    pub reference_states: &'a [f32],
    /// What every evaluation is held against.
    pub baseline: &'a Baseline,
    /// The stage's settings.
    pub preference: &'a PreferenceConfig,
    /// When to evaluate.
    pub evaluation: &'a EvaluationConfig,
    /// The loss.
    pub loss: &'a LossConfig,
    /// Number of negatives, K.
    pub negatives: usize,
    /// Seed of batches, negatives and dropout.
    pub seed: u64,
    /// Where tensors live.
    pub device: Device,
}

/// One evaluation along training.
#[derive(Debug)]
pub struct Evaluation {
    /// Steps done.
    pub step: usize,
    /// What the steps since the previous evaluation were like (at step 0: the first batch, before
    /// any step).
    pub summary: Summary,
    /// Sampled negatives that users truly like, were the sampling uniform: the closed form beside
    /// the measured rate. None where the truth is not known or the sampling is not uniform.
    pub expected_false_negatives: Option<f64>,
    /// How far the policy has moved, after the users' validation history.
    pub moved: Moved,
    /// Test NDCG@10 (full ranking) of ranking by the users' true preference minus the policy's;
    /// None where the truth is not known.
    pub regret: Option<f64>,
    /// Ranks of all users.
    pub ranks: Vec<Ranks>,
}

impl Cell<'_> {
    /// Trains the cell on the CPU ([`crate::pack`] does it on a GPU); `evaluated` receives each evaluation as it is made, and `watch` learns
    /// where the time goes. Returns the policy's final weights.
    ///
    /// # Errors
    /// When the loss stops being finite.
    pub fn train<E: From<NotFinite>>(
        &self,
        progress: Progress<'_>,
        watch: &Stopwatch,
        mut evaluated: impl FnMut(Evaluation) -> Result<(), E>,
    ) -> Result<Weights, E> {
        let steps = self.preference.steps;
        let mut weights = self.reference.to_tensors(&self.device);
        let mut optimizer = AdamW::new(weights.len(), self.optimizer_settings(), Head::Host);
        let mut batches = self.batches();
        let mut course = Course::new(self);
        for step in 0..steps {
            let batch = batches.get(step);
            let seen = course.seen(step, &batch, || weights.clone());
            watch.book(Part::Sampling);
            let forward =
                Forward { model: self.model, weights: &weights, batch: &batch, head: Head::Host };
            let dropout = Dropout::new(self.preference.dropout, self.seed, step as u64);
            let Seen { items, reference } = &seen;
            let beta = self.preference.beta;
            let done = forward.preference(items, reference, self.loss, beta, dropout);
            let norm = optimizer.step(&mut weights, done.gradients, self.learning_rate(step));
            let scores = done.scores.read();
            let outcome = Outcome { loss: done.loss.read(), norm: norm.read(), scores: &scores };
            course.record(step, &batch, &seen, &outcome)?;
            watch.book(Part::Training);
            for evaluation in course.evaluations(step, || weights.clone()) {
                watch.book(Part::Evaluation);
                evaluated(evaluation)?;
                watch.book(Part::Storing);
            }
            progress(step + 1, steps);
        }
        Ok(Weights::from_tensors(self.model.layout(), &weights))
    }

    /// Whether there is an evaluation after `step`.
    pub(crate) fn is_due(&self, step: usize) -> bool {
        let done = step + 1;
        done.is_multiple_of(self.evaluation.every) || done == self.preference.steps
    }

    /// The reference's item embeddings and their padding row.
    fn embeddings(&self) -> &[f32] {
        self.reference.get("items").expect("every model embeds items")
    }

    /// The optimiser's settings.
    pub(crate) fn optimizer_settings(&self) -> Settings {
        let PreferenceConfig { weight_decay, gradient_clip, .. } = *self.preference;
        Settings { weight_decay, clip: gradient_clip }
    }

    /// Positions trained in the first `steps` steps.
    #[must_use]
    pub fn positions_in(&self, steps: usize) -> usize {
        let mut batches = self.batches();
        (0..steps).map(|step| batches.get(step).positions.len()).sum()
    }

    pub(crate) fn batches(&self) -> Batches<'_> {
        Batches::new(
            &self.data.windows,
            self.preference.batch_size,
            self.preference.targets,
            self.seed,
            "batches",
        )
    }

    /// The configured sampler, over the reference's item `embeddings` (and their padding row).
    fn sampler<'a>(&'a self, embeddings: &'a [f32]) -> Box<dyn Draw + 'a> {
        let embeddings = &embeddings[..self.model.n_items() * self.model.config().dim];
        self.preference.sampler.as_sampler().prepare(Source {
            dataset: &self.data.dataset,
            seen: &self.data.seen,
            neighbourhoods: &self.data.neighbourhoods,
            first_position: &self.data.first_position,
            states: self.reference_states,
            embeddings,
        })
    }

    /// Whether the user truly likes each negative, row-major `[P, K]`; None where that is not known.
    fn liked(&self, batch: &Batch, items: &[Item]) -> Option<Vec<bool>> {
        let truth = self.data.truth.as_ref()?;
        let rows = batch.positions.iter().zip(items.chunks_exact(1 + self.negatives));
        Some(
            rows.flat_map(|(position, row)| {
                row[1..].iter().map(|&item| truth.likes(position.user, item))
            })
            .collect(),
        )
    }

    /// The policy's scores of all items at the batch's positions, without dropout.
    fn policy_scores(&self, batch: &Batch, weights: &[Tensor<2>]) -> Vec<f32> {
        let hidden = self.model.hidden(weights, &batch.windows, None);
        let hidden = select(hidden, &batch.rows());
        host(self.model.score_all(weights, hidden))
    }

    /// The reference's scores of the given items, from its kept hidden states.
    fn reference_scores(&self, batch: &Batch, embeddings: &[f32], items: &[Item]) -> Vec<f32> {
        let dim = self.model.config().dim;
        let mut states = Vec::with_capacity(batch.positions.len() * dim);
        for position in &batch.positions {
            let first = self.data.first_position[position.window as usize];
            let from = (first + position.offset as usize) * dim;
            states.extend_from_slice(&self.reference_states[from..from + dim]);
        }
        dot_rows(&states, embeddings, items, dim)
    }

    /// The learning rate of `step`: linear warm-up, then the schedule.
    pub(crate) fn learning_rate(&self, step: usize) -> f64 {
        let PreferenceConfig { steps, learning_rate, warmup, schedule, .. } = *self.preference;
        let warm = (warmup * steps as f64).ceil();
        let step = step as f64;
        if step < warm {
            return learning_rate * (step + 1.0) / warm;
        }
        match schedule {
            Schedule::Constant => learning_rate,
            Schedule::Cosine => {
                let done = (step - warm) / (steps as f64 - warm);
                learning_rate * 0.5 * (1.0 + (std::f64::consts::PI * done).cos())
            }
        }
    }
}

/// What a cell sees of a batch, both row-major `[P, 1 + K]`, the positive first.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) items: Vec<Item>,
    /// The reference's scores of them.
    pub(crate) reference: Vec<f32>,
}

impl Seen {
    /// The same with fewer negatives: samplers draw nested ones.
    pub(crate) fn first(&self, negatives: usize, of: usize) -> Self {
        fn cut<T: Copy>(rows: &[T], of: usize, kept: usize) -> Vec<T> {
            rows.chunks_exact(of).flat_map(|row| &row[..kept]).copied().collect()
        }
        let (of, kept) = (1 + of, 1 + negatives);
        Self { items: cut(&self.items, of, kept), reference: cut(&self.reference, of, kept) }
    }
}

/// What a step came to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Outcome<'a> {
    pub(crate) loss: f64,
    /// Global norm of the gradients before clipping.
    pub(crate) norm: f64,
    /// The policy's scores of the items, row-major `[P, 1 + K]`.
    pub(crate) scores: &'a [f32],
}

/// What a cell remembers along its training.
pub(crate) struct Course<'a> {
    cell: &'a Cell<'a>,
    /// Prepared when something is first drawn from it: a pool or another cell of a pack may serve.
    sampler: OnceCell<Box<dyn Draw + 'a>>,
    /// The policy that fills RoDPO's pool; tensors are shared, so that a snapshot costs nothing.
    snapshot: Vec<Tensor<2>>,
    diagnostics: Diagnostics,
    expected: Expected,
}

impl<'a> Course<'a> {
    pub(crate) fn new(cell: &'a Cell<'a>) -> Self {
        Self {
            cell,
            sampler: OnceCell::new(),
            snapshot: Vec::new(),
            diagnostics: Diagnostics::default(),
            expected: Expected::default(),
        }
    }

    /// What the cell sees of the batch of `step`, under the policy of now.
    pub(crate) fn seen(
        &mut self,
        step: usize,
        batch: &Batch,
        policy: impl FnOnce() -> Vec<Tensor<2>>,
    ) -> Seen {
        let (cell, k) = (self.cell, self.cell.negatives);
        let negatives = match cell.loss.as_loss().sampling() {
            Sampling::Configured => {
                let sampler = self.sampler.get_or_init(|| cell.sampler(cell.embeddings()));
                sampler.draw(batch, k, cell.seed)
            }
            Sampling::PolicyPool { size, temperature, refresh } => {
                if step.is_multiple_of(refresh) {
                    self.snapshot = policy();
                }
                let mut scores = cell.policy_scores(batch, &self.snapshot);
                let pool = Pool { size, temperature };
                from_pool(batch, k, pool, &mut scores, &cell.data.seen, cell.seed)
            }
        };
        let mut items = Vec::with_capacity(batch.positions.len() * (1 + k));
        for (position, negatives) in batch.positions.iter().zip(negatives.chunks_exact(k)) {
            items.push(position.target);
            items.extend_from_slice(negatives);
        }
        let reference = cell.reference_scores(batch, cell.embeddings(), &items);
        Seen { items, reference }
    }

    /// Takes in what a step came to.
    pub(crate) fn record(
        &mut self,
        step: usize,
        batch: &Batch,
        seen: &Seen,
        outcome: &Outcome<'_>,
    ) -> Result<(), NotFinite> {
        let cell = self.cell;
        for (what, value) in [
            ("the preference loss", outcome.loss),
            ("the gradient of the preference loss", outcome.norm),
        ] {
            if !value.is_finite() {
                return Err(NotFinite { what, step, value });
            }
        }
        let liked = cell.liked(batch, &seen.items);
        let (beta, each) = (cell.preference.beta, 1 + cell.negatives);
        let (scores, reference) = (outcome.scores, &seen.reference);
        let mut found =
            Diagnostics::of_step(cell.loss, beta, scores, reference, each, liked.as_deref());
        found.set_gradient_norm(outcome.norm);
        self.expected.add(cell, batch);
        self.diagnostics.add(&found);
        Ok(())
    }

    /// The evaluations that are due after `step`; the first one also tells of the start.
    pub(crate) fn evaluations(
        &mut self,
        step: usize,
        policy: impl FnOnce() -> Vec<Tensor<2>>,
    ) -> Vec<Evaluation> {
        let cell = self.cell;
        let mut found = Vec::new();
        if step == 0 {
            found.push(self.before_training(self.diagnostics.clone().summary(), self.expected));
        }
        if cell.is_due(step) {
            let summary = std::mem::take(&mut self.diagnostics).summary();
            let expected = std::mem::take(&mut self.expected);
            found.push(self.evaluate(step + 1, summary, expected, &policy()));
        }
        found
    }

    /// The reference's evaluation, beside what the first batch was like.
    fn before_training(&self, summary: Summary, expected: Expected) -> Evaluation {
        let Baseline { ranks, divergence, .. } = self.cell.baseline;
        let moved = divergence.of_reference(&self.cell.data.dataset);
        self.evaluation(0, summary, expected, ranks.clone(), moved)
    }

    fn evaluate(
        &self,
        step: usize,
        summary: Summary,
        expected: Expected,
        weights: &[Tensor<2>],
    ) -> Evaluation {
        let Prepared { dataset, candidates, .. } = self.cell.data;
        let ranks = rank_model(self.cell.model, weights, dataset, candidates);
        let moved = self.cell.baseline.divergence.of(self.cell.model, weights, dataset);
        self.evaluation(step, summary, expected, ranks, moved)
    }

    fn evaluation(
        &self,
        step: usize,
        summary: Summary,
        expected: Expected,
        ranks: Vec<Ranks>,
        moved: Moved,
    ) -> Evaluation {
        let now = ranks
            .iter()
            .find(|ranks| (ranks.split, ranks.protocol) == (Split::Test, Protocol::Full));
        let ceiling = self.cell.baseline.ceiling;
        let regret = ceiling.zip(now).map(|(best, now)| best - ndcg(&now.ranks, REGRET));
        let expected_false_negatives = expected.mean();
        Evaluation { step, summary, expected_false_negatives, moved, regret, ranks }
    }
}

/// The k of the NDCG@k in which regret is measured.
const REGRET: usize = 10;

/// What every evaluation is held against: the reference's, and the best there could be.
#[derive(Debug)]
pub struct Baseline {
    ranks: Vec<Ranks>,
    divergence: Divergence,
    /// NDCG of ranking by the true preference.
    ceiling: Option<f64>,
}

impl Baseline {
    /// Evaluates the reference's weights.
    #[must_use]
    pub fn new(model: &Sasrec, reference: &[Tensor<2>], data: &Prepared) -> Self {
        let Prepared { dataset, candidates, .. } = data;
        let truth = rank_by_truth(dataset, candidates);
        Self {
            ranks: rank_model(model, reference, dataset, candidates),
            divergence: Divergence::new(model, reference, data),
            ceiling: truth.map(|ranks| ndcg(&ranks.ranks, REGRET)),
        }
    }
}

/// The rate of false negatives that uniform sampling gives, over the positions of some steps.
#[derive(Clone, Copy, Debug, Default)]
struct Expected {
    sum: f64,
    positions: f64,
}

impl Expected {
    fn add(&mut self, cell: &Cell<'_>, batch: &Batch) {
        let configured = matches!(cell.loss.as_loss().sampling(), Sampling::Configured);
        if let Some(truth) = &cell.data.truth
            && configured
            && cell.preference.sampler.is_default()
        {
            let rates = batch.positions.iter().map(|p| truth.uniform_false_negative_rate(p.user));
            self.sum += rates.sum::<f64>();
            self.positions += batch.positions.len() as f64;
        }
    }

    fn mean(self) -> Option<f64> {
        (self.positions > 0.0).then(|| self.sum / self.positions)
    }
}
