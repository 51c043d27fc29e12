//! Ranking every user's held-out items, on two protocols.

use std::sync::Arc;

use burn::Tensor;
use prefsweep_datasets::{Candidates, Case, Dataset};

use crate::metrics::{Competitors, Rank, hit_rate, ndcg, reciprocal_rank, tied_share};
use crate::model::{Sasrec, Scorer, Windows};

/// Scores that are held at once: few enough to stay in the cache.
const SCORES: usize = 1 << 20;

/// Which held-out item is ranked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Split {
    /// The first of the validation part (leave-one-out: the last but one), from what came before it.
    Validation,
    /// The first of the test part (leave-one-out: the last), from what came before it.
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

/// The rank of every user that has a case, on one split and protocol.
#[derive(Clone, Debug, PartialEq)]
pub struct Ranks {
    /// Which held-out item.
    pub split: Split,
    /// Against which competitors.
    pub protocol: Protocol,
    /// The users that have a case, ascending.
    pub users: Vec<u32>,
    /// Of each of these users.
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

/// What is predicted of a user in `split`, if anything.
#[must_use]
pub fn case(dataset: &Dataset, user: u32, split: Split) -> Option<Case<'_>> {
    match split {
        Split::Validation => dataset.validation(user as usize),
        Split::Test => dataset.test(user as usize),
    }
}

/// The users of whom an item is predicted in `split`: with leave-one-out all.
#[must_use]
pub fn evaluated(dataset: &Dataset, split: Split) -> Vec<u32> {
    let users = 0..dataset.n_users() as u32;
    users.filter(|&user| case(dataset, user, split).is_some()).collect()
}

/// Ranks of all evaluated users on `split` under both protocols; `score` puts the scores of all
/// items for some users, row-major `[users, n_items]`, in the place of the numbers that it is given.
pub fn rank_split(
    dataset: &Dataset,
    candidates: &Candidates,
    split: Split,
    mut score: impl FnMut(&[u32], &mut Vec<f32>),
) -> [Ranks; 2] {
    let users = evaluated(dataset, split);
    let mut full = Vec::with_capacity(users.len());
    let mut sampled = Vec::with_capacity(users.len());
    let mut counted = vec![true; dataset.n_items];
    let together = (SCORES / dataset.n_items).clamp(16, 256);
    let mut scores = Vec::new();
    for users in users.chunks(together) {
        score(users, &mut scores);
        for (&user, scores) in users.iter().zip(scores.chunks_exact(dataset.n_items)) {
            let Case { history, target } = case(dataset, user, split).expect("an evaluated user");
            let score = scores[target as usize];
            let mut competitors = Competitors::of(score, scores);
            for &item in history.iter().chain([&target]) {
                // Once, though the history may repeat it.
                if std::mem::replace(&mut counted[item as usize], false) {
                    competitors.remove(score, scores[item as usize]);
                }
            }
            full.push(competitors.rank());
            let negatives = candidates.negatives[user as usize].iter();
            let negatives: Vec<f32> = negatives.map(|&item| scores[item as usize]).collect();
            sampled.push(Competitors::of(score, &negatives).rank());
            for &item in history.iter().chain([&target]) {
                counted[item as usize] = true;
            }
        }
    }
    [
        Ranks { split, protocol: Protocol::Full, users: users.clone(), ranks: full },
        Ranks { split, protocol: Protocol::Candidates, users, ranks: sampled },
    ]
}

/// The model's scores of all items after each user's history, row-major `[users, n_items]`, into
/// `scores`.
///
/// # Panics
/// When a user has no case in `split`.
pub fn model_scores(
    scorer: &Scorer<'_>,
    dataset: &Dataset,
    users: &[u32],
    split: Split,
    scores: &mut Vec<f32>,
) {
    let max_len = scorer.max_len();
    let recent = |user: u32| {
        let Case { history, .. } = case(dataset, user, split).expect("an evaluated user");
        &history[history.len().saturating_sub(max_len)..]
    };
    let mut windows = Windows::default();
    for &user in users {
        windows.push(recent(user));
    }
    scorer.score(&Arc::new(windows), scores);
}

/// Ranks of all users on both splits and protocols.
#[must_use]
pub fn rank_model(
    model: &Sasrec,
    weights: &[Tensor<2>],
    dataset: &Dataset,
    candidates: &Candidates,
) -> Vec<Ranks> {
    let scorer = model.scorer(weights);
    Split::ALL
        .into_iter()
        .flat_map(|split| {
            rank_split(dataset, candidates, split, |users, scores| {
                model_scores(&scorer, dataset, users, split, scores);
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
            rank_split(dataset, candidates, split, |users, scores| {
                *scores = popularity.repeat(users.len());
            })
        })
        .collect()
}

/// Full ranks of the test items by the users' true preference; None where it is not known.
#[must_use]
pub fn rank_by_truth(dataset: &Dataset, candidates: &Candidates) -> Option<Ranks> {
    let preference = dataset.preference.as_ref()?;
    let [full, _] = rank_split(dataset, candidates, Split::Test, |users, scores| {
        scores.clear();
        for &user in users {
            let row = user as usize * dataset.n_items;
            scores.extend_from_slice(&preference[row..row + dataset.n_items]);
        }
    });
    Some(full)
}

/// All metrics of some ranks.
#[must_use]
pub fn metrics(ranks: &[Ranks], cutoffs: &[usize]) -> Vec<Metric> {
    let mut metrics = Vec::new();
    for Ranks { split, protocol, ranks, .. } in ranks {
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
    let scorer = model.scorer(weights);
    let [full, _] = rank_split(dataset, candidates, Split::Validation, |users, scores| {
        model_scores(&scorer, dataset, users, Split::Validation, scores);
    });
    ndcg(&full.ranks, 10)
}
