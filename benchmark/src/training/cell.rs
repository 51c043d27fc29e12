//! What a cell of the sweep is trained from, and what it sees of a batch.

use prefsweep_datasets::Item;
use prefsweep_datasets::random::stream;
use prefsweep_losses::{LossConfig, Needs, Sampling, SideInputs};
use prefsweep_policy::device::Backend;
use prefsweep_policy::{
    Parameters, Policy, Weights, Windows, dot_rows, log_normalisers, score_positions, score_titles,
};
use rand::RngExt;

use super::preference_settings::PreferenceConfig;
use crate::data::{Batch, Batches, FewUsers, Prepared, States};
use crate::evaluation::{Baseline, EvaluationConfig};
use crate::negatives::{Draw, Pool, Source, from_pool};

/// Scores of all items that are held at once, a GiB: those of a batch but for very large catalogues.
const SCORES: usize = 1 << 28;

/// What is trained, and from what.
#[derive(Debug)]
pub struct Cell<'a> {
    /// The architecture.
    pub policy: &'a dyn Policy,
    /// The data.
    pub data: &'a Prepared,
    /// The users that are trained on, where they are not all.
    pub few: Option<&'a FewUsers>,
    /// The reference's weights: where the policy starts.
    pub reference: &'a Weights,
    /// The reference's hidden states, see [`super::hidden_states`]: none of a policy over titles.
    pub reference_states: States<'a>,
    /// What every evaluation is compared with.
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
    /// Where it is computed.
    pub backend: Backend,
    /// Whether evaluations come with the policy's weights.
    pub keep_weights: bool,
}

/// The items that a cell scores at the positions of a batch, row-major `[P, 1 + K]` with the positive
/// first, and what the reference says of them.
#[derive(Clone, Debug)]
pub struct ScoredNegatives {
    /// The items.
    pub items: Vec<Item>,
    /// The reference's scores of them.
    pub reference: Vec<f32>,
    /// The reference's log-normalisers, `[P]`, where the loss needs them.
    pub reference_log_normaliser: Option<Vec<f32>>,
    /// `log(K q_i)` of the negatives, `[P, K]`, where the loss needs it.
    pub log_counts: Option<Vec<f32>>,
    /// A random number for each negative, `[P, K]`, where the loss needs it.
    pub keys: Option<Vec<f32>>,
    /// Their lengths in tokens, `[P, 1 + K]`, where the policy is over titles.
    pub lengths: Option<Vec<f32>>,
    /// Items in the catalogue.
    pub catalogue: usize,
}

impl ScoredNegatives {
    /// The same with fewer negatives out of `of`: samplers draw nested ones.
    pub(super) fn first(&self, negatives: usize, of: usize) -> Self {
        fn cut<T: Copy>(rows: &[T], of: usize, kept: usize) -> Vec<T> {
            rows.chunks_exact(of).flat_map(|row| &row[..kept]).copied().collect()
        }
        let (of, kept) = (1 + of, 1 + negatives);
        Self {
            items: cut(&self.items, of, kept),
            reference: cut(&self.reference, of, kept),
            reference_log_normaliser: self.reference_log_normaliser.clone(),
            log_counts: None,
            keys: None,
            lengths: self.lengths.as_ref().map(|lengths| cut(lengths, of, kept)),
            catalogue: self.catalogue,
        }
    }

    /// What the loss needs beside the scores.
    pub(super) fn side(&self) -> SideInputs<'_> {
        SideInputs {
            catalogue: self.catalogue,
            reference_log_normaliser: self.reference_log_normaliser.as_deref(),
            log_counts: self.log_counts.as_deref(),
            keys: self.keys.as_deref(),
            lengths: self.lengths.as_deref(),
            ..SideInputs::default()
        }
    }
}

impl Cell<'_> {
    /// The strength of the pull in the cell's loss.
    #[must_use]
    pub fn beta(&self) -> f64 {
        self.loss.beta(self.preference.beta)
    }

    /// Whether there is an evaluation after `step`.
    pub(super) fn is_due(&self, step: usize) -> bool {
        self.preference.is_evaluated_after(step, self.evaluation.every)
    }

    /// Whether negatives come from the configured sampler, not from a pool of the policy's own.
    pub(super) fn uses_sampler(&self) -> bool {
        self.loss.as_loss().sampling() == Sampling::Configured
    }

    /// Positions trained in the first `steps` steps.
    #[must_use]
    pub fn positions_in(&self, steps: usize) -> usize {
        let mut batches = self.batches();
        (0..steps).map(|step| batches.get(step).positions.len()).sum()
    }

    pub(super) fn batches(&self) -> Batches<'_> {
        let PreferenceConfig { batch_size, targets, .. } = *self.preference;
        Batches::new(&self.data.windows, self.few, batch_size, targets, self.seed, "batches")
    }

    /// The reference's item embeddings, `[n_items, dim]`: none of a policy over titles.
    pub(super) fn embeddings(&self) -> &[f32] {
        if self.policy.titles().is_some() {
            return &[];
        }
        let table = &self.reference[self.policy.items()];
        &table[..self.policy.n_items() * self.policy.dim()]
    }

    /// The configured sampler, for the positions of the training windows.
    pub(super) fn sampler(&self) -> Box<dyn Draw + '_> {
        self.sampler_over(&self.data.first_position, self.reference_states)
    }

    /// The configured sampler, for positions with these hidden states of the reference.
    pub(super) fn sampler_over<'s>(
        &'s self,
        first_position: &'s [usize],
        states: States<'s>,
    ) -> Box<dyn Draw + 's> {
        let all = (&self.data.dataset, &self.data.neighbourhoods);
        let known = self.few.and_then(|few| few.known.as_ref());
        let (dataset, neighbourhoods) =
            known.map_or(all, |(dataset, neighbourhoods)| (dataset, neighbourhoods));
        self.preference.sampler.as_sampler().prepare(Source {
            dataset,
            seen: &self.data.seen,
            neighbourhoods,
            first_position,
            states,
            embeddings: self.embeddings(),
        })
    }

    /// Negatives out of the items that a policy with these weights scores highest.
    pub(super) fn draw_by(&self, batch: &Batch, pool: Pool, weights: &Parameters) -> Vec<Item> {
        // Of a catalogue so large that it takes several parts, windows are read for each, which is little beside scores
        // of all items.
        let together = (SCORES / self.policy.n_items()).max(1);
        let draw = |part: Batch| {
            let mut scores = score_positions(self.policy, weights, &part.windows, &part.rows());
            self.draw_from_pool(&part, pool, &mut scores)
        };
        batch.parts(together).flat_map(draw).collect()
    }

    /// Negatives out of the items with the highest `scores`, `[P, n_items]`, which are overwritten.
    pub(super) fn draw_from_pool(
        &self,
        batch: &Batch,
        pool: Pool,
        scores: &mut [f32],
    ) -> Vec<Item> {
        from_pool(batch, self.negatives, pool, scores, &self.data.seen, self.seed)
    }

    /// The positive before the negatives of each position, `[P, 1 + K]`.
    pub(super) fn with_positives(&self, batch: &Batch, negatives: &[Item]) -> Vec<Item> {
        let mut items = Vec::with_capacity(batch.positions.len() + negatives.len());
        for (position, row) in batch.positions.iter().zip(negatives.chunks_exact(self.negatives)) {
            items.push(position.target);
            items.extend_from_slice(row);
        }
        items
    }

    /// Whether the user truly likes each negative, row-major `[P, K]`; None where that is not known.
    pub(super) fn liked(&self, batch: &Batch, items: &[Item]) -> Option<Vec<bool>> {
        let truth = self.data.truth.as_ref()?;
        let rows = batch.positions.iter().zip(items.chunks_exact(1 + self.negatives));
        Some(
            rows.flat_map(|(position, row)| {
                row[1..].iter().map(|&item| truth.likes(position.user, item))
            })
            .collect(),
        )
    }

    /// The reference's scores of the given items (K negatives after each positive), from its kept
    /// hidden states; of titles, from the histories.
    pub(super) fn score_with_reference(&self, batch: &Batch, items: Vec<Item>) -> ScoredNegatives {
        if self.policy.titles().is_some() {
            return self.score_windows(&batch.windows, &batch.rows(), items);
        }
        self.score_states(&self.states_of(batch), items)
    }

    /// The reference's log-normalisers at the positions of a batch, `[P]`.
    pub(super) fn reference_log_normalisers(&self, batch: &Batch) -> Vec<f32> {
        if self.policy.titles().is_some() {
            return vec![0.0; batch.positions.len()];
        }
        self.log_normalisers_of(&self.states_of(batch))
    }

    /// The reference's log-normalisers after its hidden states, `[P]`.
    pub(super) fn log_normalisers_of(&self, states: &[f32]) -> Vec<f32> {
        log_normalisers(states, self.embeddings(), self.policy.dim())
    }

    /// The reference's weights, to compute with.
    pub(super) fn reference_parameters(&self) -> Parameters {
        self.reference.to_parameters(&self.backend.device())
    }

    /// Whether the loss needs the reference's log-normalisers.
    pub(super) fn needs_reference_log_normalisers(&self) -> bool {
        let Needs { reference, log_normaliser, .. } = self.loss.as_loss().needs();
        reference && log_normaliser
    }

    /// The reference's kept hidden states at the positions of a batch, `[P, dim]`.
    fn states_of(&self, batch: &Batch) -> Vec<f32> {
        let first = |window: u32| self.data.first_position[window as usize];
        let positions = batch.positions.iter();
        let rows: Vec<usize> =
            positions.map(|position| first(position.window) + position.offset as usize).collect();
        self.reference_states.rows(&rows, self.policy.dim())
    }

    /// The reference's scores of the given items after its hidden states, one for each position.
    pub(super) fn score_states(&self, states: &[f32], items: Vec<Item>) -> ScoredNegatives {
        let (dim, embeddings) = (self.policy.dim(), self.embeddings());
        ScoredNegatives {
            reference: dot_rows(states, embeddings, &items, dim),
            reference_log_normaliser: self
                .needs_reference_log_normalisers()
                .then(|| self.log_normalisers_of(states)),
            log_counts: None,
            keys: None,
            lengths: None,
            catalogue: self.policy.n_items(),
            items,
        }
    }

    /// The same of a policy over titles, at positions of windows: scores are log-probabilities already, with the
    /// logarithm 0 of what normalises them.
    pub(super) fn score_windows(
        &self,
        windows: &Windows,
        rows: &[u32],
        items: Vec<Item>,
    ) -> ScoredNegatives {
        let titles = self.policy.titles().expect("a policy over titles");
        let weights = self.reference_parameters();
        ScoredNegatives {
            reference: score_titles(self.policy, &weights, windows, rows, &items),
            reference_log_normaliser: self
                .needs_reference_log_normalisers()
                .then(|| vec![0.0; rows.len()]),
            log_counts: None,
            keys: None,
            lengths: Some(items.iter().map(|&item| titles.length(item) as f32).collect()),
            catalogue: self.policy.n_items(),
            items,
        }
    }

    /// Adds what the loss needs to know of the negatives; `sampler` drew them.
    pub(super) fn complete<'d>(
        &self,
        batch: &Batch,
        scored: &mut ScoredNegatives,
        sampler: impl FnOnce() -> &'d dyn Draw,
    ) {
        let needs = self.loss.as_loss().needs();
        let k = self.negatives;
        if needs.log_counts {
            let (sampler, log_k) = (sampler(), (k as f64).ln());
            let rows = batch.positions.iter().zip(scored.items.chunks_exact(1 + k));
            let counts = rows.flat_map(|(position, row)| {
                let found = sampler.log_probabilities(position, &row[1..]);
                found.expect("the experiment was checked to have such a sampler")
            });
            scored.log_counts = Some(counts.map(|log_q| (log_q + log_k) as f32).collect());
        }
        if needs.keys {
            let keys = batch.positions.iter().flat_map(|position| {
                let place = [batch.epoch, position.window.into(), position.offset.into()];
                let mut stream = stream(self.seed, "selection", &place);
                std::iter::repeat_with(move || stream.random::<f32>()).take(k)
            });
            scored.keys = Some(keys.collect());
        }
    }
}
