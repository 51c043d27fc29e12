//! How far the policy has moved: `KL(policy || reference)` over the whole catalogue, and, where the
//! truth is known, how much probability has left what users like; of a policy over titles, what it writes.

use prefsweep_datasets::Dataset;
use prefsweep_policy::{Parameters, Policy, Scorer};
use serde::{Deserialize, Serialize};

use super::ranks::policy_scores;
use super::written::{Written, WrittenSums};
use crate::data::{Prepared, Split, Truth, evaluated, held_out};

/// Users over whom the divergence is averaged: the first evaluated ones, a fixed sample.
const USERS: usize = 512;

/// Scores that are held at once.
const SCORES: usize = 1 << 23;

/// The reference's scores of all items after the validation history of some users.
#[derive(Debug)]
pub struct Divergence {
    reference: Vec<f32>,
    /// What turns a user's scores into log-probabilities.
    normalisers: Vec<f64>,
    users: Vec<u32>,
    /// Places in `reference` of the items that a user truly likes and has not had yet.
    liked: Option<Vec<usize>>,
    /// What a reference over titles writes.
    written: Option<Written>,
}

/// How far the policy is from the reference, mean over users.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct PolicyShift {
    /// `KL(policy || reference)` in nats.
    pub kl: f64,
    /// The policy's probability of all items together that the user truly likes and has not had
    /// before the validation item; None where the truth is not known.
    pub liked_mass: Option<f64>,
    /// The reference's minus the policy's: what has moved away from these items.
    pub liked_mass_lost: Option<f64>,
    /// What a policy over titles writes.
    pub written: Option<Written>,
}

impl Divergence {
    /// Keeps the reference's scores.
    #[must_use]
    pub fn new(policy: &dyn Policy, reference: &Parameters, data: &Prepared) -> Self {
        let mut users = evaluated(&data.dataset, Split::Validation);
        users.truncate(USERS);
        let liked = data.truth.as_ref().map(|truth| liked_unseen(truth, &data.dataset, &users));
        let (mut scores, mut normalisers) = (Vec::new(), Vec::new());
        let mut written = WrittenSums::default();
        for_each(policy, reference, &data.dataset, &users, &mut |_, row, normaliser| {
            scores.extend_from_slice(row);
            normalisers.push(normaliser);
            written.add(policy, row, normaliser);
        });
        let written = written.mean(policy, reference, &data.dataset, &users);
        Self { reference: scores, normalisers, users, liked, written }
    }

    /// The mean over users, of a policy.
    #[must_use]
    pub fn of(&self, policy: &dyn Policy, weights: &Parameters, dataset: &Dataset) -> PolicyShift {
        let mut written = WrittenSums::default();
        let shift = self.mean(dataset.n_items, |seen| {
            for_each(policy, weights, dataset, &self.users, &mut |index, row, normaliser| {
                written.add(policy, row, normaliser);
                seen(index, row, normaliser);
            });
        });
        PolicyShift { written: written.mean(policy, weights, dataset, &self.users), ..shift }
    }

    /// The mean over users, of the reference itself.
    #[must_use]
    pub fn of_reference(&self, dataset: &Dataset) -> PolicyShift {
        let shift = self.mean(dataset.n_items, |seen| {
            let rows = self.reference.chunks_exact(dataset.n_items).zip(&self.normalisers);
            for (index, (row, normaliser)) in rows.enumerate() {
                seen(index, row, *normaliser);
            }
        });
        PolicyShift { written: self.written, ..shift }
    }

    /// The mean over the users that `scored` goes through, as [`for_each`] does.
    fn mean(
        &self,
        n_items: usize,
        scored: impl FnOnce(&mut dyn FnMut(usize, &[f32], f64)),
    ) -> PolicyShift {
        let users = self.users.len() as f64;
        let mut kl = 0.0;
        let (mut mass, mut mass_then) = (0.0, 0.0);
        let mut liked = self.liked.iter().flatten().peekable();
        scored(&mut |index, row, normaliser| {
            let from = index * n_items;
            let (reference, then) =
                (&self.reference[from..from + n_items], self.normalisers[index]);
            let log = |item: usize| f64::from(row[item]) - normaliser;
            let log_then = |item: usize| f64::from(reference[item]) - then;
            for item in 0..n_items {
                kl += log(item).exp() * (log(item) - log_then(item));
            }
            while let Some(place) = liked.next_if(|place| **place < from + n_items) {
                mass += log(place - from).exp();
                mass_then += log_then(place - from).exp();
            }
        });
        let known = self.liked.is_some();
        PolicyShift {
            kl: kl / users,
            liked_mass: known.then_some(mass / users),
            liked_mass_lost: known.then_some(mass_then / users - mass / users),
            written: None,
        }
    }
}

fn liked_unseen(truth: &Truth, dataset: &Dataset, users: &[u32]) -> Vec<usize> {
    let mut places = Vec::new();
    for (row, &user) in users.iter().enumerate() {
        let had = held_out(dataset, user, Split::Validation).expect("an evaluated user").history;
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

/// Calls `seen` with every user's index, scores of all items, and the logarithm of their softmax's
/// denominator; some users at a time, for there may be many items.
fn for_each(
    policy: &dyn Policy,
    weights: &Parameters,
    dataset: &Dataset,
    users: &[u32],
    seen: &mut dyn FnMut(usize, &[f32], f64),
) {
    let scorer = Scorer::new(policy, weights);
    let mut scores = Vec::new();
    let mut index = 0;
    for users in users.chunks((SCORES / dataset.n_items).clamp(16, USERS)) {
        policy_scores(&scorer, dataset, users, Split::Validation, &mut scores);
        for row in scores.chunks_exact(policy.n_items()) {
            let largest = f64::from(row.iter().copied().fold(f32::NEG_INFINITY, f32::max));
            let sum: f64 = row.iter().map(|&score| (f64::from(score) - largest).exp()).sum();
            seen(index, row, largest + sum.ln());
            index += 1;
        }
    }
}
