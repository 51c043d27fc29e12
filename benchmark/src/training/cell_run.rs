//! One cell while it is trained: what it draws, what it records, and when it is evaluated.

use std::cell::OnceCell;

use prefsweep_losses::Sampling;
use prefsweep_policy::{Outcome, Parameters, Weights};
use serde::{Deserialize, Serialize};

use super::cell::{Cell, ScoredNegatives};
use super::progress::NotFinite;
use super::validation_loss::ValidationLoss;
use crate::data::Batch;
use crate::evaluation::{
    Beside, Diagnostics, ExpertUse, Explained, Moved, PolicyShift, Probabilities, Ranks,
    StepScores, Summary, TopLists, explain, rank_policy,
};
use crate::negatives::{Draw, Pool};

/// One evaluation along training.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Evaluation {
    /// Steps done.
    pub step: usize,
    /// Diagnostics of the steps since the previous evaluation (at step 0: of the first batch, before
    /// any step).
    pub summary: Summary,
    /// Sampled negatives that users truly like, were the sampling uniform: the closed form beside
    /// the measured rate. None where the truth is not known or the sampling is not uniform.
    pub expected_false_negatives: Option<f64>,
    /// How far the last of these steps moved probabilities; at step 0, the first step.
    pub moved: Moved,
    /// How far the policy is from the reference, after the users' validation history.
    pub shift: PolicyShift,
    /// How the policy uses its experts on the same histories; None if it has none.
    pub experts: Option<ExpertUse>,
    /// Test NDCG@10 (full ranking) of ranking by the users' true preference minus the policy's;
    /// None where the truth is not known.
    pub regret: Option<f64>,
    /// Mean of the loss over the users' validation items, with negatives of their own that stay the
    /// same along training.
    pub validation_loss: f64,
    /// Ranks of all users.
    pub ranks: Vec<Ranks>,
    /// The policy's weights, where they are to be kept.
    pub weights: Option<Weights>,
    /// Recommended items, at the last evaluation.
    #[serde(skip)]
    pub lists: Option<TopLists>,
    /// Why their first items are first, of a policy over titles.
    #[serde(skip)]
    pub explained: Option<Explained>,
}

/// What a cell remembers right after an evaluation: the sums of diagnostics begin anew there.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Memory {
    /// Values of the policy that fills RoDPO's pool.
    snapshot: Option<Vec<Vec<f32>>>,
    start: Option<prefsweep_losses::AtReference>,
}

/// A cell and what it remembers along its training.
pub struct CellRun<'a> {
    cell: &'a Cell<'a>,
    /// Prepared when something is first drawn from it: a pool or another cell may serve.
    sampler: OnceCell<Box<dyn Draw + 'a>>,
    /// The policy that fills RoDPO's pool; tensors are shared, so that a snapshot costs nothing.
    snapshot: Option<Parameters>,
    diagnostics: Diagnostics,
    expected: ExpectedRate,
    /// What a loss without a reference gave before training.
    start: Option<prefsweep_losses::AtReference>,
    validation: OnceCell<ValidationLoss<'a>>,
}

impl<'a> CellRun<'a> {
    pub(super) fn new(cell: &'a Cell<'a>) -> Self {
        Self {
            cell,
            sampler: OnceCell::new(),
            snapshot: None,
            diagnostics: Diagnostics::default(),
            expected: ExpectedRate::default(),
            start: None,
            validation: OnceCell::new(),
        }
    }

    /// What it remembers right after an evaluation.
    pub(super) fn memory(&self) -> Memory {
        Memory { snapshot: self.snapshot.as_ref().map(Parameters::values), start: self.start }
    }

    /// Goes on with what it remembered; `like` has the shapes of the policy's weights.
    pub(super) fn remember(&mut self, memory: &Memory, like: &Parameters) {
        let snapshot = memory.snapshot.as_ref();
        self.snapshot = snapshot.and_then(|values| like.with_values(values));
        self.start = memory.start;
    }

    /// Draws the negatives of the batch of `step`, under the present policy, and scores them with the
    /// reference.
    pub(super) fn draw(
        &mut self,
        step: usize,
        batch: &Batch,
        policy: impl FnOnce() -> Parameters,
    ) -> ScoredNegatives {
        let (cell, k) = (self.cell, self.cell.negatives);
        let negatives = match cell.loss.as_loss().sampling() {
            Sampling::Configured => {
                self.sampler.get_or_init(|| cell.sampler()).draw(batch, k, cell.seed)
            }
            Sampling::PolicyPool { size, temperature, refresh, deterministic } => {
                if step.is_multiple_of(refresh) || self.snapshot.is_none() {
                    self.snapshot = Some(policy());
                }
                let snapshot = self.snapshot.as_ref().expect("taken above");
                cell.draw_by(batch, Pool { size, temperature, deterministic }, snapshot)
            }
        };
        let mut scored = cell.score_with_reference(batch, cell.with_positives(batch, &negatives));
        self.complete(batch, &mut scored);
        scored
    }

    /// Adds what the loss needs to know of the negatives of a batch.
    pub(super) fn complete(&self, batch: &Batch, scored: &mut ScoredNegatives) {
        let sampler = || self.sampler.get_or_init(|| self.cell.sampler()).as_ref();
        self.cell.complete(batch, scored, sampler);
    }

    /// The policy's probabilities of what was drawn.
    pub(super) fn probabilities(
        &self,
        batch: &Batch,
        scored: &ScoredNegatives,
        weights: &Parameters,
    ) -> Probabilities {
        let policy = self.cell.policy;
        Probabilities::of(policy, weights, &batch.windows, &batch.rows(), &scored.items)
    }

    /// Records the outcome of a step.
    pub(super) fn record(
        &mut self,
        step: usize,
        batch: &Batch,
        scored: &ScoredNegatives,
        outcome: &Outcome,
    ) -> Result<(), NotFinite> {
        let cell = self.cell;
        NotFinite::check(
            step,
            [
                ("the preference loss", outcome.loss),
                ("the gradient of the preference loss", outcome.norm),
            ],
        )?;
        let liked = cell.liked(batch, &scored.items);
        let scores = StepScores {
            items: 1 + cell.negatives,
            policy: &outcome.scores,
            reference: &scored.reference,
            log_normaliser: Some(&outcome.log_normaliser[..]).filter(|values| !values.is_empty()),
            side: scored.side(),
        };
        let mut found =
            Diagnostics::of_step(cell.loss, cell.beta(), &scores, self.start, liked.as_deref());
        self.start = self.start.or(found.start());
        found.set_gradient_norm(outcome.norm);
        self.expected.add(cell, batch);
        self.diagnostics.add(&found);
        Ok(())
    }

    /// The evaluations that are due after `step`, which moved probabilities so far; the first one also tells of the
    /// start.
    pub(super) fn evaluations(
        &mut self,
        step: usize,
        moved: Moved,
        policy: impl FnOnce() -> Parameters,
    ) -> Vec<Evaluation> {
        let cell = self.cell;
        let mut found = Vec::new();
        if step == 0 {
            found.push(self.before_training(self.diagnostics.summary(), self.expected, moved));
        }
        if cell.is_due(step) {
            let summary = std::mem::take(&mut self.diagnostics).summary();
            let expected = std::mem::take(&mut self.expected);
            found.push(self.evaluate(step + 1, summary, expected, moved, &policy()));
        }
        found
    }

    /// The reference's evaluation, beside the diagnostics of the first batch.
    fn before_training(
        &self,
        summary: Summary,
        expected: ExpectedRate,
        moved: Moved,
    ) -> Evaluation {
        let baseline = self.cell.baseline;
        let ranks = baseline.ranks().to_vec();
        Evaluation {
            step: 0,
            summary,
            expected_false_negatives: expected.mean(),
            moved,
            shift: baseline.no_shift(),
            experts: baseline.own_expert_use(),
            regret: baseline.regret(&ranks),
            validation_loss: self.validation().of_reference(),
            ranks,
            weights: self.cell.keep_weights.then(|| self.cell.reference.clone()),
            lists: None,
            explained: None,
        }
    }

    fn evaluate(
        &self,
        step: usize,
        summary: Summary,
        expected: ExpectedRate,
        moved: Moved,
        weights: &Parameters,
    ) -> Evaluation {
        let Cell { policy, data, baseline, preference, keep_weights, .. } = *self.cell;
        let mut lists = (step == preference.steps()).then(TopLists::default);
        let mut validation = self.validation().start();
        // Scores of titles take long: the divergence comes from those of the ranking.
        let mut shift = policy.titles().map(|_| baseline.start_shift());
        let mut on_validation = |scores: &[f32]| {
            validation.add(scores);
            if let Some(shift) = &mut shift {
                shift.add(policy, data, scores);
            }
        };
        let beside = Beside { lists: lists.as_mut(), on_validation: Some(&mut on_validation) };
        let ranks = rank_policy(policy, weights, data, beside);
        let explained = lists.as_ref().zip(policy.titles()).map(|(lists, titles)| {
            let reference = self.cell.reference_parameters();
            explain(policy, titles, [weights, &reference], data, lists, self.cell.seed)
        });
        Evaluation {
            step,
            summary,
            expected_false_negatives: expected.mean(),
            moved,
            shift: match shift {
                Some(sum) => sum.mean(policy, weights, data),
                None => baseline.shift(policy, weights, data),
            },
            experts: baseline.expert_use(policy, weights),
            regret: baseline.regret(&ranks),
            validation_loss: validation.mean(weights),
            ranks,
            weights: keep_weights.then(|| Weights::from_parameters(policy.layout(), weights)),
            lists,
            explained,
        }
    }

    fn validation(&self) -> &ValidationLoss<'a> {
        self.validation.get_or_init(|| ValidationLoss::new(self.cell))
    }
}

/// The rate of false negatives that uniform sampling gives, over the positions of some steps.
#[derive(Clone, Copy, Debug, Default)]
struct ExpectedRate {
    sum: f64,
    positions: f64,
}

impl ExpectedRate {
    fn add(&mut self, cell: &Cell<'_>, batch: &Batch) {
        if let Some(truth) = &cell.data.truth
            && cell.uses_sampler()
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
