//! What a policy over titles writes: how much of it is titles of the catalogue, and how long they are.

use prefsweep_datasets::Item;
use prefsweep_policy::{Parameters, Policy, Scorer, Titles, beam_recall, write_titles};
use serde::{Deserialize, Serialize};

use super::ranks::{recent, with_candidates};
use crate::data::{Prepared, Split};

/// Users for whom titles are written at once.
const TOGETHER: usize = 128;

/// Users for whom the whole catalogue is scored beside a beam, which takes long.
const IN_FULL: usize = 8;

/// The places of a ranking that a beam should find.
const FIRST: usize = 10;

/// What a policy over titles writes after the users' validation history, mean over users.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Written {
    /// The probability that it is a title of the catalogue: the sum over all titles.
    pub catalogue_mass: f64,
    /// Tokens of the first title in the ranking of the catalogue, its end included.
    pub chosen_length: f64,
    /// Share of the users for whom the likeliest tokens, one after the other, are a title of the catalogue.
    pub valid_share: f64,
    /// Tokens of the first in the ranking of the user's candidates, the held-out one included.
    pub candidate_length: f64,
    /// Tokens of a title of the catalogue that is drawn with the policy's probabilities.
    pub expected_length: f64,
    /// Share of the first ten of the exact ranking that are among the first ten without what a beam leaves out, for a few
    /// users; None where nothing is left out.
    pub beam_recall: Option<f64>,
}

/// Sums over users.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct WrittenSums {
    mass: f64,
    chosen: f64,
    of_candidates: f64,
    expected: f64,
}

impl WrittenSums {
    /// Adds a user by the log-probabilities of all items and the logarithm of their probabilities' sum. Nothing of a
    /// policy that is none over titles.
    pub(super) fn add(
        &mut self,
        policy: &dyn Policy,
        data: &Prepared,
        user: u32,
        (scores, log_sum): (&[f32], f64),
    ) {
        let Some(titles) = policy.titles() else { return };
        let length = |item: u32| titles.length(item) as f64;
        let mut room = Vec::new();
        let ranking = titles.ranking(scores, &mut room);
        let better = |best: u32, item: u32| {
            if ranking[item as usize] > ranking[best as usize] { item } else { best }
        };
        self.mass += log_sum.exp();
        self.chosen += length((0..scores.len() as u32).fold(0, better));
        if titles.beam().is_none() {
            let asked = asked(data, user);
            self.of_candidates += length(asked[1..].iter().copied().fold(asked[0], better));
        }
        let expected = (0..)
            .zip(scores)
            .map(|(item, &score)| (f64::from(score) - log_sum).exp() * length(item));
        self.expected += expected.sum::<f64>();
    }

    /// The means; None of a policy that is none over titles.
    pub(super) fn mean(
        self,
        policy: &dyn Policy,
        weights: &Parameters,
        data: &Prepared,
        users: &[u32],
    ) -> Option<Written> {
        let (titles, dataset) = (policy.titles()?, &data.dataset);
        let valid = |users: &[u32]| {
            let windows = recent(dataset, users, Split::Validation, policy.max_len());
            let written = write_titles(policy, weights, &windows);
            written.iter().filter(|tokens| titles.holds(tokens)).count()
        };
        let valid: usize = users.chunks(TOGETHER).map(valid).sum();
        let count = users.len() as f64;
        let few = &users[..users.len().min(IN_FULL)];
        let few = recent(dataset, few, Split::Validation, policy.max_len());
        Some(Written {
            beam_recall: beam_recall(policy, weights, &few, FIRST),
            catalogue_mass: self.mass / count,
            chosen_length: self.chosen / count,
            candidate_length: match titles.beam() {
                None => self.of_candidates / count,
                Some(_) => candidate_lengths(policy, weights, titles, data, users) / count,
            },
            expected_length: self.expected / count,
            valid_share: valid as f64 / count,
        })
    }
}

/// The held-out item of a user's validation, and the candidates behind it.
fn asked(data: &Prepared, user: u32) -> Vec<Item> {
    with_candidates(&data.dataset, &data.candidates, user, Split::Validation)
}

/// Tokens of the first in the ranking of the candidates, over all users; candidates are scored apart from the catalogue, of
/// which a beam leaves some out.
fn candidate_lengths(
    policy: &dyn Policy,
    weights: &Parameters,
    titles: &Titles,
    data: &Prepared,
    users: &[u32],
) -> f64 {
    let scorer = Scorer::new(policy, weights);
    let of_chunk = |users: &[u32]| {
        let items: Vec<Vec<Item>> = users.iter().map(|&user| asked(data, user)).collect();
        let windows = recent(&data.dataset, users, Split::Validation, policy.max_len());
        let scores = scorer.score_exactly(&windows, &items).expect("a beam leaves items out");
        let length = |(items, scores): (&Vec<Item>, &Vec<f32>)| {
            let worth = |place: usize| titles.worth(items[place], scores[place]);
            let better = |best, place| if worth(place) > worth(best) { place } else { best };
            titles.length(items[(0..items.len()).fold(0, better)]) as f64
        };
        items.iter().zip(&scores).map(length).sum::<f64>()
    };
    users.chunks(TOGETHER).map(of_chunk).sum()
}
