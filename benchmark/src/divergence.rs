//! How far the policy has moved: `KL(policy || reference)` over the whole catalogue.

use burn::Tensor;
use recpo_datasets::Dataset;

use crate::evaluation::{Split, evaluated, model_scores};
use crate::model::Sasrec;

/// Users over whom the divergence is averaged: the first evaluated ones, a fixed sample.
const USERS: usize = 512;

/// The reference's log-probabilities of all items after the validation history of some users.
#[derive(Debug)]
pub struct Divergence {
    reference: Vec<f64>,
    users: Vec<u32>,
}

impl Divergence {
    /// Keeps the reference's log-probabilities.
    #[must_use]
    pub fn new(model: &Sasrec, reference: &[Tensor<2>], dataset: &Dataset) -> Self {
        let mut users = evaluated(dataset, Split::Validation);
        users.truncate(USERS);
        let reference = log_probabilities(model, reference, dataset, &users);
        Self { reference, users }
    }

    /// The mean divergence of a policy, in nats.
    #[must_use]
    pub fn of(&self, model: &Sasrec, policy: &[Tensor<2>], dataset: &Dataset) -> f64 {
        let policy = log_probabilities(model, policy, dataset, &self.users);
        let total: f64 = policy.iter().zip(&self.reference).map(|(p, r)| p.exp() * (p - r)).sum();
        total / self.users.len() as f64
    }
}

fn log_probabilities(
    model: &Sasrec,
    weights: &[Tensor<2>],
    dataset: &Dataset,
    users: &[u32],
) -> Vec<f64> {
    let mut scores = Vec::new();
    model_scores(model, weights, dataset, users, Split::Validation, &mut scores);
    let mut logs = Vec::with_capacity(scores.len());
    for row in scores.chunks_exact(model.n_items()) {
        let largest = f64::from(row.iter().copied().fold(f32::NEG_INFINITY, f32::max));
        let sum: f64 = row.iter().map(|&score| (f64::from(score) - largest).exp()).sum();
        let normaliser = largest + sum.ln();
        logs.extend(row.iter().map(|&score| f64::from(score) - normaliser));
    }
    logs
}
