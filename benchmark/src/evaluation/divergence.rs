//! How far the policy has moved: `KL(policy || reference)` over the whole catalogue, and, where the
//! truth is known, how much probability has left what users like; of a policy over titles, what it writes.

use prefsweep_datasets::Dataset;
use prefsweep_policy::{Parameters, Policy, Scorer};
use serde::{Deserialize, Serialize};

use super::log_sum::log_sum;
use super::ranks::{Beside, Ranks, policy_scores, rank_policy};
use super::sample::{USERS, sample};
use super::written::{Written, WrittenSums};
use crate::data::{Prepared, Split, Truth, held_out};

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
    /// What a reference over titles writes, and the sums that it is made of.
    written: Option<Written>,
    sums: WrittenSums,
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
        let mut found = Self::without_scores(data);
        let users = found.users.clone();
        for_each_chunk(policy, reference, &data.dataset, &users, |scores| {
            found.add(policy, data, scores);
        });
        found.complete(policy, reference, data);
        found
    }

    /// The same with the reference's ranking: the scores of a policy over titles, which take long, are computed once.
    pub(super) fn with_ranks(
        policy: &dyn Policy,
        reference: &Parameters,
        data: &Prepared,
    ) -> (Self, Vec<Ranks>) {
        if policy.titles().is_none() {
            let ranks = rank_policy(policy, reference, data, Beside::default());
            return (Self::new(policy, reference, data), ranks);
        }
        let mut found = Self::without_scores(data);
        let mut add = |scores: &[f32]| found.add(policy, data, scores);
        let beside = Beside { on_validation: Some(&mut add), ..Beside::default() };
        let ranks = rank_policy(policy, reference, data, beside);
        found.complete(policy, reference, data);
        (found, ranks)
    }

    fn without_scores(data: &Prepared) -> Self {
        let users = sample(data);
        let liked = data.truth.as_ref().map(|truth| liked_unseen(truth, &data.dataset, &users));
        let (reference, normalisers) = (Vec::new(), Vec::new());
        Self { reference, normalisers, users, liked, written: None, sums: WrittenSums::default() }
    }

    /// Adds the reference's scores of all items for the next users; those beyond the sample are passed over.
    fn add(&mut self, policy: &dyn Policy, data: &Prepared, scores: &[f32]) {
        let wanted = self.users.len() - self.normalisers.len();
        for row in scores.chunks_exact(policy.n_items()).take(wanted) {
            let (user, normaliser) = (self.users[self.normalisers.len()], log_sum(row));
            self.reference.extend_from_slice(row);
            self.normalisers.push(normaliser);
            self.sums.add(policy, data, user, (row, normaliser));
        }
    }

    /// Adds what a reference over titles writes.
    fn complete(&mut self, policy: &dyn Policy, reference: &Parameters, data: &Prepared) {
        self.written = self.sums.mean(policy, reference, data, &self.users);
    }

    /// The mean over users, of a policy.
    #[must_use]
    pub fn of(&self, policy: &dyn Policy, weights: &Parameters, data: &Prepared) -> PolicyShift {
        let mut sum = self.start();
        for_each_chunk(policy, weights, &data.dataset, &self.users, |scores| {
            sum.add(policy, data, scores);
        });
        sum.mean(policy, weights, data)
    }

    /// The mean over users, of the reference itself.
    #[must_use]
    pub fn of_reference(&self, dataset: &Dataset) -> PolicyShift {
        let mut sum = self.start();
        for (row, &normaliser) in
            self.reference.chunks_exact(dataset.n_items).zip(&self.normalisers)
        {
            sum.add_user(row, normaliser);
        }
        PolicyShift { written: self.written, ..sum.shift() }
    }

    /// Before the first user.
    #[must_use]
    pub fn start(&self) -> ShiftSum<'_> {
        ShiftSum {
            of: self,
            users: 0,
            liked: 0,
            kl: 0.0,
            mass: 0.0,
            mass_then: 0.0,
            written: WrittenSums::default(),
        }
    }
}

/// How far a policy is from the reference, over the users so far.
#[derive(Debug)]
pub struct ShiftSum<'a> {
    of: &'a Divergence,
    users: usize,
    /// How many of the liked items' places were passed.
    liked: usize,
    kl: f64,
    mass: f64,
    mass_then: f64,
    written: WrittenSums,
}

impl ShiftSum<'_> {
    /// Adds the policy's scores of all items for the next users; those beyond the sample are passed over.
    pub fn add(&mut self, policy: &dyn Policy, data: &Prepared, scores: &[f32]) {
        let wanted = self.of.users.len() - self.users;
        for row in scores.chunks_exact(policy.n_items()).take(wanted) {
            let (user, normaliser) = (self.of.users[self.users], log_sum(row));
            self.written.add(policy, data, user, (row, normaliser));
            self.add_user(row, normaliser);
        }
    }

    fn add_user(&mut self, row: &[f32], normaliser: f64) {
        let (index, n_items) = (self.users, row.len());
        let from = index * n_items;
        let (reference, then) =
            (&self.of.reference[from..from + n_items], self.of.normalisers[index]);
        let log = |item: usize| f64::from(row[item]) - normaliser;
        let log_then = |item: usize| f64::from(reference[item]) - then;
        for item in 0..n_items {
            self.kl += log(item).exp() * (log(item) - log_then(item));
        }
        let liked = &self.of.liked.as_deref().unwrap_or_default()[self.liked..];
        for place in liked.iter().take_while(|place| **place < from + n_items) {
            self.mass += log(place - from).exp();
            self.mass_then += log_then(place - from).exp();
            self.liked += 1;
        }
        self.users += 1;
    }

    /// The mean over all users.
    #[must_use]
    pub fn mean(self, policy: &dyn Policy, weights: &Parameters, data: &Prepared) -> PolicyShift {
        let written = self.written.mean(policy, weights, data, &self.of.users);
        PolicyShift { written, ..self.shift() }
    }

    /// The same without what is written.
    fn shift(&self) -> PolicyShift {
        let users = self.of.users.len() as f64;
        let known = self.of.liked.is_some();
        PolicyShift {
            kl: self.kl / users,
            liked_mass: known.then_some(self.mass / users),
            liked_mass_lost: known.then_some(self.mass_then / users - self.mass / users),
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

/// Calls `seen` with the scores of all items, `[users, n_items]`, some users at a time, for there may be many items.
fn for_each_chunk(
    policy: &dyn Policy,
    weights: &Parameters,
    dataset: &Dataset,
    users: &[u32],
    mut seen: impl FnMut(&[f32]),
) {
    let scorer = Scorer::new(policy, weights);
    let mut scores = Vec::new();
    for users in users.chunks((SCORES / dataset.n_items).clamp(16, USERS)) {
        policy_scores(&scorer, dataset, users, Split::Validation, &mut scores);
        seen(&scores);
    }
}
