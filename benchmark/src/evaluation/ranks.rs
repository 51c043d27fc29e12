//! Ranking every user's held-out items, on two protocols.

use std::sync::Arc;

use prefsweep_datasets::{Candidates, Case, Dataset, Item};
use prefsweep_policy::{Parameters, Policy, Scorer, Titles, Windows, to_host};
use serde::{Deserialize, Serialize};

use super::competitors::{Competitors, Rank};
use super::lists::TopLists;
use super::metrics::ndcg;
use super::protocol::Protocol;
use super::shown::{Normalised, Shown, is_positive};
use crate::data::{Prepared, Split, evaluated, held_out};

/// Scores that are held at once: few enough to stay in the cache.
const SCORES: usize = 1 << 20;

/// Users whose hidden states are computed at once.
const STATES: usize = 128;

/// The rank of every user that has a case, on one split and protocol.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ranks {
    /// Which held-out item.
    pub split: Split,
    /// Against which competitors.
    pub protocol: Protocol,
    /// The users that have a case, ascending.
    pub users: Vec<u32>,
    /// Of each of these users.
    pub ranks: Vec<Rank>,
    /// One item of every user, of a policy against candidates; otherwise nothing.
    pub shown: Vec<Shown>,
}

/// Whose held-out items are ranked, and against what.
#[derive(Clone, Copy, Debug)]
pub struct Ranked<'a> {
    /// The sequences.
    pub dataset: &'a Dataset,
    /// Sampled competitors.
    pub candidates: &'a Candidates,
    /// How many users are ranked, where not all are; see [`evaluated`].
    pub most: Option<usize>,
}

impl<'a> From<&'a Prepared> for Ranked<'a> {
    fn from(data: &'a Prepared) -> Self {
        let Prepared { dataset, candidates, most_evaluated, .. } = data;
        Self { dataset, candidates, most: *most_evaluated }
    }
}

/// Ranks of all evaluated users on `split` under both protocols; `score` puts the scores of all
/// items for some users, row-major `[users, n_items]`, in the place of the numbers that it is given.
pub fn rank_split(
    data: Ranked<'_>,
    split: Split,
    score: impl FnMut(&[u32], &mut Vec<f32>),
) -> [Ranks; 2] {
    rank_split_and_more(data, split, score, More::default())
}

/// What is wanted beside the ranks of a split.
#[derive(Default)]
struct More<'a> {
    /// Receives every user's recommended items.
    lists: Option<&'a mut TopLists>,
    /// How scores become log-probabilities, where these are wanted of one item for every user.
    shown: Option<Normalised>,
    /// The titles, of a policy over titles: they say what is ranked by.
    titles: Option<&'a Titles>,
    /// What scores candidates exactly, of a policy whose scores of all items are not.
    candidates: Option<&'a Scorer<'a>>,
}

/// The held-out item, and the user's candidates behind it.
///
/// # Panics
/// When the user has no case in `split`.
pub(super) fn with_candidates(
    dataset: &Dataset,
    candidates: &Candidates,
    user: u32,
    split: Split,
) -> Vec<Item> {
    let Case { target, .. } = held_out(dataset, user, split).expect("an evaluated user");
    let negatives = candidates.negatives[user as usize].iter();
    [&target].into_iter().chain(negatives).copied().collect()
}

/// [`rank_split`] with what else is wanted.
fn rank_split_and_more(
    Ranked { dataset, candidates, most }: Ranked<'_>,
    split: Split,
    mut score: impl FnMut(&[u32], &mut Vec<f32>),
    mut more: More<'_>,
) -> [Ranks; 2] {
    let users = evaluated(dataset, split, most);
    let mut full = Vec::with_capacity(users.len());
    let mut sampled = Vec::with_capacity(users.len());
    let mut shown = Vec::new();
    let mut counted = vec![true; dataset.n_items];
    let together = (SCORES / dataset.n_items).clamp(16, 256);
    let (mut scores, mut room) = (Vec::new(), Vec::new());
    for users in users.chunks(together) {
        score(users, &mut scores);
        let asked = |&user: &u32| with_candidates(dataset, candidates, user, split);
        let asked: Vec<Vec<Item>> = users.iter().map(asked).collect();
        let exact = more.candidates.and_then(|scorer| {
            scorer.score_exactly(&recent(dataset, users, split, scorer.max_len()), &asked)
        });
        let of_users = users.iter().zip(scores.chunks_exact_mut(dataset.n_items));
        for (index, (&user, scores)) in of_users.enumerate() {
            let Case { history, target } =
                held_out(dataset, user, split).expect("an evaluated user");
            let ranking = ranking(more.titles, scores, &mut room);
            let score = ranking[target as usize];
            let mut competitors = Competitors::of(score, ranking);
            for &item in history.iter().chain([&target]) {
                // Once, though the history may repeat it.
                if std::mem::replace(&mut counted[item as usize], false) {
                    competitors.remove(score, ranking[item as usize]);
                }
            }
            full.push(competitors.rank());
            if let Some(lists) = &mut more.lists {
                lists.add(user, ranking, |item| counted[item as usize] || item == target);
            }
            let exact = exact.as_ref().map(|exact| &exact[index]);
            let asked = &asked[index];
            let of_asked: Vec<f32> = match (exact, more.titles) {
                (Some(exact), Some(titles)) => {
                    asked.iter().zip(exact).map(|(&item, &log)| titles.worth(item, log)).collect()
                }
                _ => asked.iter().map(|&item| ranking[item as usize]).collect(),
            };
            sampled.push(Competitors::of(of_asked[0], &of_asked[1..]).rank());
            if let (Some(normalised), Some(_)) = (more.shown, asked.get(1)) {
                let positive = is_positive(user, split);
                let place = usize::from(!positive);
                let log_probability = match exact {
                    Some(exact) => exact[place],
                    None => normalised.log_probability(scores, asked[place]),
                };
                shown.push(Shown { positive, log_probability });
            }
            for &item in history.iter().chain([&target]) {
                counted[item as usize] = true;
            }
        }
    }
    [
        Ranks {
            split,
            protocol: Protocol::Full,
            users: users.clone(),
            ranks: full,
            shown: Vec::new(),
        },
        Ranks { split, protocol: Protocol::Candidates, users, ranks: sampled, shown },
    ]
}

/// The policy's scores of all items after each user's history, row-major `[users, n_items]`, into
/// `scores`.
///
/// # Panics
/// When a user has no case in `split`.
pub fn policy_scores(
    scorer: &Scorer<'_>,
    dataset: &Dataset,
    users: &[u32],
    split: Split,
    scores: &mut Vec<f32>,
) {
    scorer.score(&recent(dataset, users, split, scorer.max_len()), scores);
}

/// The last `max_len` items of a history.
pub(super) fn looked_at(history: &[Item], max_len: usize) -> &[Item] {
    &history[history.len().saturating_sub(max_len)..]
}

/// What items are ranked by: their scores, but where a policy's `titles` say something else; `room` may be needed for it.
pub(super) fn ranking<'a>(
    titles: Option<&Titles>,
    scores: &'a [f32],
    room: &'a mut Vec<f32>,
) -> &'a [f32] {
    titles.map_or(scores, |titles| titles.ranking(scores, room))
}

/// The last `max_len` items of each user's history.
///
/// # Panics
/// When a user has no case in `split`.
pub(crate) fn recent(
    dataset: &Dataset,
    users: &[u32],
    split: Split,
    max_len: usize,
) -> Arc<Windows> {
    let mut windows = Windows::default();
    for &user in users {
        let Case { history, .. } = held_out(dataset, user, split).expect("an evaluated user");
        windows.push(looked_at(history, max_len));
    }
    Arc::new(windows)
}

/// A policy's hidden states after each user's history, `[users, dim]`; none of a policy over titles.
pub(super) fn states_after(
    policy: &dyn Policy,
    weights: &Parameters,
    dataset: &Dataset,
    users: &[u32],
    split: Split,
) -> Vec<f32> {
    if policy.titles().is_some() {
        return Vec::new();
    }
    let states = |users| {
        let windows = recent(dataset, users, split, policy.max_len());
        to_host(policy.last_hidden(weights, &windows))
    };
    users.chunks(STATES).flat_map(states).collect()
}

/// Is shown some users' scores of all items.
pub type Watcher<'a> = dyn FnMut(&[f32]) + 'a;

/// What else comes of the scores that ranking needs.
#[derive(Default)]
pub struct Beside<'a> {
    /// Receives the items recommended after the test histories.
    pub lists: Option<&'a mut TopLists>,
    /// Is shown the scores of all items on validation, `[users, n_items]`, some users at a time in their
    /// order.
    pub on_validation: Option<&'a mut Watcher<'a>>,
}

/// Ranks of all users on both splits and protocols.
pub fn rank_policy(
    policy: &dyn Policy,
    weights: &Parameters,
    data: &Prepared,
    mut beside: Beside<'_>,
) -> Vec<Ranks> {
    let scorer = Scorer::new(policy, weights);
    let normalised =
        if policy.titles().is_some() { Normalised::Already } else { Normalised::OverItems };
    let mut ranks = Vec::new();
    for split in Split::ALL {
        let score = |users: &[u32], scores: &mut Vec<f32>| {
            policy_scores(&scorer, &data.dataset, users, split, scores);
            if let (Split::Validation, Some(see)) = (split, &mut beside.on_validation) {
                see(scores);
            }
        };
        let lists = if split == Split::Test { beside.lists.take() } else { None };
        let candidates = policy.titles().and_then(Titles::beam).map(|_| &scorer);
        let more = More { lists, shown: Some(normalised), titles: policy.titles(), candidates };
        ranks.extend(rank_split_and_more(data.into(), split, score, more));
    }
    ranks
}

/// Ranks of all users on both splits and protocols by scores that `score` gives to all items after a
/// history, shape `[n_items]`; where `lists` are wanted, the items recommended after the test
/// histories. `done` is told how many users of both splits are ranked.
pub fn rank_scores(
    data: Ranked<'_>,
    mut lists: Option<&mut TopLists>,
    score: impl Fn(&[Item], &mut [f64]),
    mut done: impl FnMut(usize),
) -> Vec<Ranks> {
    let dataset = data.dataset;
    let mut ranks = Vec::new();
    let mut of_user = vec![0.0; dataset.n_items];
    let mut ranked = 0;
    for split in Split::ALL {
        let score = |users: &[u32], scores: &mut Vec<f32>| {
            scores.clear();
            for &user in users {
                let Case { history, .. } =
                    held_out(dataset, user, split).expect("an evaluated user");
                score(history, &mut of_user);
                scores.extend(of_user.iter().map(|&score| score as f32));
            }
            ranked += users.len();
            done(ranked);
        };
        let lists = if split == Split::Test { lists.take() } else { None };
        let more = More { lists, ..More::default() };
        ranks.extend(rank_split_and_more(data, split, score, more));
    }
    ranks
}

/// Full ranks of the test items by the users' true preference; None where it is not known.
#[must_use]
pub fn rank_by_truth(data: &Prepared) -> Option<Ranks> {
    let (preference, n_items) = (data.dataset.preference.as_ref()?, data.dataset.n_items);
    let [full, _] = rank_split(data.into(), Split::Test, |users, scores| {
        scores.clear();
        for &user in users {
            let row = user as usize * n_items;
            scores.extend_from_slice(&preference[row..row + n_items]);
        }
    });
    Some(full)
}

/// Mean NDCG@10 on validation under full ranking: what early stopping watches.
#[must_use]
pub fn validation_ndcg(policy: &dyn Policy, weights: &Parameters, data: &Prepared) -> f64 {
    let scorer = Scorer::new(policy, weights);
    let score = |users: &[u32], scores: &mut Vec<f32>| {
        policy_scores(&scorer, &data.dataset, users, Split::Validation, scores);
    };
    let more = More { titles: policy.titles(), ..More::default() };
    let [full, _] = rank_split_and_more(data.into(), Split::Validation, score, more);
    ndcg(&full.ranks, 10)
}
