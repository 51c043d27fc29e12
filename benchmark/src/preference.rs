//! The preference stage: one cell of the sweep.

use burn::Tensor;
use burn::tensor::Device;
use recpo_datasets::Item;

use crate::batches::{Batch, Batches};
use crate::config::{EvaluationConfig, PreferenceConfig, Schedule};
use crate::data::Prepared;
use crate::diagnostics::{Diagnostics, Summary};
use crate::divergence::{Divergence, Moved};
use crate::evaluation::{Protocol, Ranks, Split, rank_by_truth, rank_model};
use crate::gradients::{Forward, Head, dot_rows};
use crate::losses::{LossConfig, Sampling};
use crate::metrics::ndcg;
use crate::model::{Dropout, Sasrec, Weights, select};
use crate::negatives::{Draw, Pool, Source, from_pool};
use crate::optimizer::AdamW;
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
    /// Where the head is computed.
    pub head: Head,
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
    /// Trains the cell; `evaluated` receives each evaluation as it is made, and `watch` learns
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
        let PreferenceConfig { weight_decay, gradient_clip, .. } = *self.preference;
        let mut optimizer = AdamW::new(weights.len(), weight_decay, gradient_clip, self.head);
        let mut batches = self.batches();
        let embeddings = self.reference.get("items").expect("every model embeds items");
        let sampler = self.sampler(embeddings);
        // The policy that fills RoDPO's pool; tensors are shared, so a snapshot costs nothing.
        let mut snapshot = weights.clone();
        let mut diagnostics = Diagnostics::default();
        let mut expected = Expected::default();
        for step in 0..steps {
            let batch = batches.get(step);
            if let Sampling::PolicyPool { refresh, .. } = self.loss.as_loss().sampling()
                && step % refresh == 0
            {
                snapshot.clone_from(&weights);
            }
            let items = self.items(&batch, &*sampler, &snapshot);
            watch.book(Part::Sampling);
            let reference = self.reference_scores(&batch, embeddings, &items);
            let forward =
                Forward { model: self.model, weights: &weights, batch: &batch, head: self.head };
            let dropout = Dropout::new(self.preference.dropout, self.seed, step as u64);
            let beta = self.preference.beta;
            let done = forward.preference(&items, &reference, self.loss, beta, dropout);
            if !done.loss.is_finite() {
                let what = "the preference loss";
                return Err(NotFinite { what, step, value: done.loss }.into());
            }
            let liked = self.liked(&batch, &items);
            let (scores, each) = (&done.scores, 1 + self.negatives);
            let mut seen =
                Diagnostics::of_step(self.loss, beta, scores, &reference, each, liked.as_deref());
            expected.add(self, &batch);
            let norm = optimizer.step(&mut weights, done.gradients, self.learning_rate(step));
            if !norm.is_finite() {
                let what = "the gradient of the preference loss";
                return Err(NotFinite { what, step, value: norm }.into());
            }
            seen.set_gradient_norm(norm);
            watch.book(Part::Training);
            if step == 0 {
                evaluated(self.before_training(seen.summary(), expected))?;
                watch.book(Part::Storing);
            }
            diagnostics.add(&seen);
            let done = step + 1;
            if done % self.evaluation.every == 0 || done == steps {
                let summary = std::mem::take(&mut diagnostics).summary();
                let expected = std::mem::take(&mut expected);
                let evaluation = self.evaluate(done, summary, expected, &weights);
                watch.book(Part::Evaluation);
                evaluated(evaluation)?;
                watch.book(Part::Storing);
            }
            progress(done, steps);
        }
        Ok(Weights::from_tensors(self.model.layout(), &weights))
    }

    /// Positions trained in the first `steps` steps.
    #[must_use]
    pub fn positions_in(&self, steps: usize) -> usize {
        let mut batches = self.batches();
        (0..steps).map(|step| batches.get(step).positions.len()).sum()
    }

    fn batches(&self) -> Batches<'_> {
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

    /// The positive and the negatives of every position, row-major `[P, 1 + K]`.
    fn items(&self, batch: &Batch, sampler: &dyn Draw, snapshot: &[Tensor<2>]) -> Vec<Item> {
        let k = self.negatives;
        let negatives = match self.loss.as_loss().sampling() {
            Sampling::Configured => sampler.draw(batch, k, self.seed),
            Sampling::PolicyPool { size, temperature, .. } => {
                let mut scores = self.policy_scores(batch, snapshot);
                let pool = Pool { size, temperature };
                from_pool(batch, k, pool, &mut scores, &self.data.seen, self.seed)
            }
        };
        let mut items = Vec::with_capacity(batch.positions.len() * (1 + k));
        for (position, negatives) in batch.positions.iter().zip(negatives.chunks_exact(k)) {
            items.push(position.target);
            items.extend_from_slice(negatives);
        }
        items
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
        self.model.score_all(weights, hidden).try_into_vec_as().expect("scores are 32-bit floats")
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
    fn learning_rate(&self, step: usize) -> f64 {
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

    /// The reference's evaluation, beside what the first batch was like.
    fn before_training(&self, summary: Summary, expected: Expected) -> Evaluation {
        let Baseline { ranks, divergence, .. } = self.baseline;
        let moved = divergence.of_reference(&self.data.dataset);
        self.evaluation(0, summary, expected, ranks.clone(), moved)
    }

    fn evaluate(
        &self,
        step: usize,
        summary: Summary,
        expected: Expected,
        weights: &[Tensor<2>],
    ) -> Evaluation {
        let Prepared { dataset, candidates, .. } = self.data;
        let ranks = rank_model(self.model, weights, dataset, candidates);
        let moved = self.baseline.divergence.of(self.model, weights, dataset);
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
        let ceiling = self.baseline.ceiling;
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
