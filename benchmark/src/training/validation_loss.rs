//! The loss of a cell on the users' validation items: what a trainer would watch that picks its
//! checkpoint by validation loss.

use std::sync::Arc;

use prefsweep_losses::Sampling;
use prefsweep_policy::{Parameters, Titles, Windows, dot_rows, score_positions, score_titles};

use super::cell::{Cell, ScoredNegatives};
use crate::data::{Batch, Position, Split, States, held_out};
use crate::evaluation::{StepScores, recent};
use crate::negatives::Pool;

/// Positions whose scores of all items are held at once, unless the catalogue is so large that these are more than
/// [`SCORES`].
const POSITIONS: usize = 256;
/// Scores of all items that are held at once.
const SCORES: usize = 1 << 26;

/// A number that no epoch of training has, so that the streams of these draws are their own.
const EPOCH: u64 = u64::MAX;

/// Every user's validation item with its negatives, drawn once: for a loss with a pool of the policy's
/// own from the pool of the reference, so that the loss is that of the same items along training.
pub(super) struct ValidationLoss<'a> {
    cell: &'a Cell<'a>,
    scored: ScoredNegatives,
    /// The users' histories, where a beam reads the catalogue: what it leaves out has no score of its own there, and
    /// the items of this loss are scored apart.
    behind_beam: Option<Arc<Windows>>,
}

/// The policy's scores so far.
pub(super) struct Sum<'a> {
    of: &'a ValidationLoss<'a>,
    scores: Vec<f32>,
    log_normaliser: Vec<f32>,
}

impl<'a> ValidationLoss<'a> {
    pub(super) fn new(cell: &'a Cell<'a>) -> Self {
        let states = cell.baseline.validation_states();
        let users = cell.data.evaluated(Split::Validation).into_iter();
        let positions = users.enumerate().map(|(row, user)| {
            let case = held_out(&cell.data.dataset, user, Split::Validation);
            let target = case.expect("an evaluated user").target;
            Position { row: row as u32, window: row as u32, offset: 0, user, target }
        });
        let windows = Arc::new(Windows::default());
        let batch = Batch { epoch: EPOCH, windows, positions: positions.collect() };
        let histories = |positions: &[Position]| {
            let users: Vec<u32> = positions.iter().map(|position| position.user).collect();
            recent(&cell.data.dataset, &users, Split::Validation, cell.policy.max_len())
        };
        let first_position: Vec<usize> = (0..batch.positions.len()).collect();
        let sampler = cell.sampler_over(&first_position, States::Memory(states));
        let negatives = match cell.loss.as_loss().sampling() {
            Sampling::Configured => sampler.draw(&batch, cell.negatives, cell.seed),
            Sampling::PolicyPool { size, temperature, deterministic, .. } => {
                let pool = Pool { size, temperature, deterministic };
                from_reference(cell, &batch, states, &histories, pool)
            }
        };
        let items = cell.with_positives(&batch, &negatives);
        let windows = cell.policy.titles().map(|_| histories(&batch.positions));
        let mut scored = match &windows {
            Some(windows) => cell.score_windows(windows, &last_rows(windows), items),
            None => cell.score_states(states, items),
        };
        cell.complete(&batch, &mut scored, || sampler.as_ref());
        let has_beam = cell.policy.titles().and_then(Titles::beam).is_some();
        Self { cell, scored, behind_beam: windows.filter(|_| has_beam) }
    }

    /// The mean where the policy is the reference.
    pub(super) fn of_reference(&self) -> f64 {
        let scores = self.scored.reference.clone();
        let log_normaliser = if !self.needs_log_normaliser() {
            Vec::new()
        } else if self.cell.policy.titles().is_some() {
            vec![0.0; scores.len() / (1 + self.cell.negatives)]
        } else {
            self.cell.log_normalisers_of(self.cell.baseline.validation_states())
        };
        self.mean(&scores, &log_normaliser)
    }

    fn mean(&self, policy: &[f32], log_normaliser: &[f32]) -> f64 {
        let scores = StepScores {
            items: 1 + self.cell.negatives,
            policy,
            reference: &self.scored.reference,
            log_normaliser: Some(log_normaliser).filter(|values| !values.is_empty()),
            side: self.scored.side(),
        };
        scores.mean_loss(self.cell.loss, self.cell.beta())
    }

    /// Before the first user.
    pub(super) fn start(&self) -> Sum<'_> {
        Sum { of: self, scores: Vec::new(), log_normaliser: Vec::new() }
    }

    fn needs_log_normaliser(&self) -> bool {
        self.cell.loss.as_loss().needs().log_normaliser
    }
}

impl Sum<'_> {
    /// Adds the next users, from their scores of all items, `[users, n_items]`.
    pub(super) fn add(&mut self, scores: &[f32]) {
        let items = 1 + self.of.cell.negatives;
        for row in scores.chunks_exact(self.of.cell.policy.n_items()) {
            let chosen = &self.of.scored.items[self.scores.len()..][..items];
            self.scores.extend(chosen.iter().map(|&item| row[item as usize]));
            if self.of.needs_log_normaliser() && self.of.cell.policy.titles().is_some() {
                self.log_normaliser.push(0.0);
            } else if self.of.needs_log_normaliser() {
                let largest = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
                let exp = |&score: &f32| f64::from(score - largest).exp();
                let sum: f64 = row.iter().map(exp).sum();
                self.log_normaliser.push((f64::from(largest) + sum.ln()) as f32);
            }
        }
    }

    /// The mean over all users, of the policy with these weights, whose scores were added.
    pub(super) fn mean(self, weights: &Parameters) -> f64 {
        let ValidationLoss { cell, scored, behind_beam } = self.of;
        let exactly = behind_beam.as_ref().map(|windows| {
            score_titles(cell.policy, weights, windows, &last_rows(windows), &scored.items)
        });
        self.of.mean(exactly.as_ref().unwrap_or(&self.scores), &self.log_normaliser)
    }
}

/// Negatives from the reference's own pool, some positions at a time.
fn from_reference(
    cell: &Cell<'_>,
    batch: &Batch,
    states: &[f32],
    histories: &dyn Fn(&[Position]) -> Arc<Windows>,
    pool: Pool,
) -> Vec<u32> {
    let dim = cell.policy.dim();
    let all: Vec<u32> = (0..cell.policy.n_items() as u32).collect();
    let mut negatives = Vec::with_capacity(batch.positions.len() * cell.negatives);
    let weights = cell.policy.titles().map(|_| cell.reference_parameters());
    let together = (SCORES / cell.policy.n_items()).clamp(1, POSITIONS);
    for (index, part) in batch.parts(together).enumerate() {
        let mut scores = if let Some(weights) = &weights {
            let windows = histories(&part.positions);
            score_positions(cell.policy, weights, &windows, &last_rows(&windows))
        } else {
            let states = &states[index * together * dim..][..part.positions.len() * dim];
            dot_rows(states, cell.embeddings(), &all.repeat(part.positions.len()), dim)
        };
        negatives.extend(cell.draw_from_pool(&part, pool, &mut scores));
    }
    negatives
}

/// The last position of each window.
fn last_rows(windows: &Windows) -> Vec<u32> {
    windows.last_rows().map(|row| row as u32).collect()
}
