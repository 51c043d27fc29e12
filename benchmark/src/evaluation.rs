//! Ranking every user's held-out items, on two protocols.

use std::sync::Arc;

use burn::Tensor;
use recpo_datasets::{Candidates, Dataset, Item};

use crate::metrics::{Rank, expected_rank, hit_rate, ndcg, reciprocal_rank, tied_share};
use crate::model::{Sasrec, Windows, select};

/// Users that are scored at once.
const CHUNK: usize = 256;

/// Which held-out item is ranked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Split {
    /// The last but one, from what came before it.
    Validation,
    /// The last, from what came before it.
    Test,
}

/// What the held-out item competes with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// All items that the user has not interacted with before.
    Full,
    /// The user's sampled candidates, shared by all methods.
    Candidates,
}

impl Split {
    /// Both splits, in the order of the tables.
    pub const ALL: [Self; 2] = [Self::Validation, Self::Test];

    /// The name in files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Validation => "validation",
            Self::Test => "test",
        }
    }
}

impl Protocol {
    /// Both protocols, in the order of the tables.
    pub const ALL: [Self; 2] = [Self::Full, Self::Candidates];

    /// The name in files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Candidates => "candidates",
        }
    }
}

/// Every user's rank on one split and protocol.
#[derive(Clone, Debug, PartialEq)]
pub struct Ranks {
    /// Which held-out item.
    pub split: Split,
    /// Against which competitors.
    pub protocol: Protocol,
    /// Per user.
    pub ranks: Vec<Rank>,
}

/// One metric's value.
#[derive(Clone, Debug, PartialEq)]
pub struct Metric {
    /// Which held-out item.
    pub split: Split,
    /// Against which competitors.
    pub protocol: Protocol,
    /// `hr`, `ndcg`, `mrr`, or `ties` (the share of targets that tie).
    pub name: &'static str,
    /// The k of HR@k and NDCG@k; 0 for the others.
    pub cutoff: usize,
    /// The value.
    pub value: f64,
}

/// The history from which `split` is predicted.
#[must_use]
pub fn history(dataset: &Dataset, user: usize, split: Split) -> &[Item] {
    let sequence = &dataset.sequences[user];
    match split {
        Split::Validation => &sequence[..sequence.len() - 2],
        Split::Test => &sequence[..sequence.len() - 1],
    }
}

/// The held-out item of `split`.
#[must_use]
pub fn target(dataset: &Dataset, user: usize, split: Split) -> Item {
    match split {
        Split::Validation => dataset.validation_item(user),
        Split::Test => dataset.test_item(user),
    }
}

/// Ranks of all users on `split` under both protocols; `score` gives the scores of all items for
/// a range of users, row-major `[users, n_items]`.
pub fn rank_split(
    dataset: &Dataset,
    candidates: &Candidates,
    split: Split,
    mut score: impl FnMut(std::ops::Range<usize>) -> Vec<f32>,
) -> [Ranks; 2] {
    let mut full = Vec::with_capacity(dataset.n_users());
    let mut sampled = Vec::with_capacity(dataset.n_users());
    let mut allowed = vec![true; dataset.n_items];
    for start in (0..dataset.n_users()).step_by(CHUNK) {
        let users = start..(start + CHUNK).min(dataset.n_users());
        let scores = score(users.clone());
        for (user, scores) in users.zip(scores.chunks_exact(dataset.n_items)) {
            let (history, target) = (history(dataset, user, split), target(dataset, user, split));
            for &item in history {
                allowed[item as usize] = false;
            }
            allowed[target as usize] = false;
            let competitors = scores.iter().zip(&allowed).filter(|(_, allowed)| **allowed);
            let score = scores[target as usize];
            full.push(expected_rank(score, competitors.map(|(score, _)| *score)));
            let negatives = candidates.negatives[user].iter();
            sampled.push(expected_rank(score, negatives.map(|&item| scores[item as usize])));
            for &item in history {
                allowed[item as usize] = true;
            }
            allowed[target as usize] = true;
        }
    }
    [
        Ranks { split, protocol: Protocol::Full, ranks: full },
        Ranks { split, protocol: Protocol::Candidates, ranks: sampled },
    ]
}

/// The model's scores of all items after each user's history, row-major `[users, n_items]`.
#[must_use]
pub fn model_scores(
    model: &Sasrec,
    weights: &[Tensor<2>],
    dataset: &Dataset,
    users: std::ops::Range<usize>,
    split: Split,
) -> Vec<f32> {
    let max_len = model.config().max_len;
    let recent = |user: usize| {
        let history = history(dataset, user, split);
        &history[history.len().saturating_sub(max_len)..]
    };
    let mut windows = Windows::default();
    for user in users {
        windows.push(recent(user));
    }
    let last: Vec<u32> = windows.last_rows().map(|row| row as u32).collect();
    let hidden = select(model.hidden(weights, &Arc::new(windows), None), &last);
    model.score_all(weights, hidden).try_into_vec_as().expect("scores are 32-bit floats")
}

/// Ranks of all users on both splits and protocols.
#[must_use]
pub fn rank_model(
    model: &Sasrec,
    weights: &[Tensor<2>],
    dataset: &Dataset,
    candidates: &Candidates,
) -> Vec<Ranks> {
    Split::ALL
        .into_iter()
        .flat_map(|split| {
            rank_split(dataset, candidates, split, |users| {
                model_scores(model, weights, dataset, users, split)
            })
        })
        .collect()
}

/// Ranks by popularity in the training part.
#[must_use]
pub fn rank_popularity(dataset: &Dataset, candidates: &Candidates) -> Vec<Ranks> {
    let popularity: Vec<f32> =
        dataset.train_popularity().into_iter().map(|count| count as f32).collect();
    Split::ALL
        .into_iter()
        .flat_map(|split| {
            rank_split(dataset, candidates, split, |users| popularity.repeat(users.len()))
        })
        .collect()
}

/// Full ranks of the test items by the users' true preference; None where it is not known.
#[must_use]
pub fn rank_by_truth(dataset: &Dataset, candidates: &Candidates) -> Option<Ranks> {
    let preference = dataset.preference.as_ref()?;
    let [full, _] = rank_split(dataset, candidates, Split::Test, |users| {
        preference[users.start * dataset.n_items..users.end * dataset.n_items].to_vec()
    });
    Some(full)
}

/// All metrics of some ranks.
#[must_use]
pub fn metrics(ranks: &[Ranks], cutoffs: &[usize]) -> Vec<Metric> {
    let mut metrics = Vec::new();
    for Ranks { split, protocol, ranks } in ranks {
        let mut push = |name, cutoff, value| {
            metrics.push(Metric { split: *split, protocol: *protocol, name, cutoff, value });
        };
        for &cutoff in cutoffs {
            push("hr", cutoff, hit_rate(ranks, cutoff));
            push("ndcg", cutoff, ndcg(ranks, cutoff));
        }
        push("mrr", 0, reciprocal_rank(ranks));
        push("ties", 0, tied_share(ranks));
    }
    metrics
}

/// Mean NDCG@10 on validation under full ranking: what early stopping watches.
#[must_use]
pub fn validation_ndcg(
    model: &Sasrec,
    weights: &[Tensor<2>],
    dataset: &Dataset,
    candidates: &Candidates,
) -> f64 {
    let [full, _] = rank_split(dataset, candidates, Split::Validation, |users| {
        model_scores(model, weights, dataset, users, Split::Validation)
    });
    ndcg(&full.ranks, 10)
}
