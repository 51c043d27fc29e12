//! How far the policy has moved: `KL(policy || reference)` over the whole catalogue, and, where the
//! truth is known, how much probability has left what users like.

use burn::Tensor;
use recpo_datasets::Dataset;

use crate::data::Prepared;
use crate::evaluation::{Split, case, evaluated, model_scores};
use crate::model::Sasrec;
use crate::truth::Truth;

/// Users over whom the divergence is averaged: the first evaluated ones, a fixed sample.
const USERS: usize = 512;

/// The reference's log-probabilities of all items after the validation history of some users.
#[derive(Debug)]
pub struct Divergence {
    reference: Vec<f64>,
    users: Vec<u32>,
    /// Places in `reference` of the items that a user truly likes and has not had yet.
    liked: Option<Vec<usize>>,
}

/// Where the policy stands, mean over users.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moved {
    /// `KL(policy || reference)` in nats.
    pub kl: f64,
    /// The policy's probability of all items together that the user truly likes and has not had
    /// before the validation item; None where the truth is not known.
    pub liked_mass: Option<f64>,
    /// The reference's minus the policy's: what has moved away from these items.
    pub liked_mass_lost: Option<f64>,
}

impl Divergence {
    /// Keeps the reference's log-probabilities.
    #[must_use]
    pub fn new(model: &Sasrec, reference: &[Tensor<2>], data: &Prepared) -> Self {
        let mut users = evaluated(&data.dataset, Split::Validation);
        users.truncate(USERS);
        let reference = log_probabilities(model, reference, &data.dataset, &users);
        let liked = data.truth.as_ref().map(|truth| liked_unseen(truth, &data.dataset, &users));
        Self { reference, users, liked }
    }

    /// The mean over users, of a policy.
    #[must_use]
    pub fn of(&self, model: &Sasrec, policy: &[Tensor<2>], dataset: &Dataset) -> Moved {
        let policy = log_probabilities(model, policy, dataset, &self.users);
        let total: f64 = policy.iter().zip(&self.reference).map(|(p, r)| p.exp() * (p - r)).sum();
        let users = self.users.len() as f64;
        let mass = |logs: &[f64]| -> Option<f64> {
            let liked = self.liked.as_ref()?.iter();
            Some(liked.map(|&place| logs[place].exp()).sum::<f64>() / users)
        };
        let liked_mass = mass(&policy);
        Moved {
            kl: total / users,
            liked_mass,
            liked_mass_lost: liked_mass.zip(mass(&self.reference)).map(|(now, then)| then - now),
        }
    }
}

fn liked_unseen(truth: &Truth, dataset: &Dataset, users: &[u32]) -> Vec<usize> {
    let mut places = Vec::new();
    for (row, &user) in users.iter().enumerate() {
        let had = case(dataset, user, Split::Validation).expect("an evaluated user").history;
        let items = 0..dataset.n_items;
        places.extend(
            items
                .filter(|&item| truth.likes(user, item as u32))
                .filter(|&item| !had.contains(&(item as u32)))
                .map(|item| row * dataset.n_items + item),
        );
    }
    places
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
