//! What a policy recommends to every user.

use std::sync::Arc;

use prefsweep_datasets::{Dataset, Item};
use prefsweep_policy::{Parameters, Policy, Scorer, Windows};

use super::lists::top_items;
use super::ranks::{looked_at, ranking};
use crate::data::{Split, held_out};

/// Users whose scores are computed at once.
const TOGETHER: usize = 64;

/// What is known of a user when items are recommended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum History {
    /// All of the user's interactions.
    Whole,
    /// Those before the test item, as in the evaluation.
    BeforeTest,
}

impl History {
    /// A user's items; None for a user that has none, or no test item to stop at.
    fn of(self, dataset: &Dataset, user: u32) -> Option<&[Item]> {
        match self {
            Self::Whole => Some(&dataset.sequences[user as usize][..]),
            Self::BeforeTest => Some(held_out(dataset, user, Split::Test)?.history),
        }
        .filter(|history| !history.is_empty())
    }
}

/// The `length` items with the highest scores among those that are not in the user's history, best first with
/// their scores, for one user after the other.
///
/// # Errors
/// What `each` gives for a user.
pub fn recommend<E>(
    policy: &dyn Policy,
    weights: &Parameters,
    dataset: &Dataset,
    history: History,
    length: usize,
    mut each: impl FnMut(u32, &[(Item, f32)]) -> Result<(), E>,
) -> Result<(), E> {
    let scorer = Scorer::new(policy, weights);
    let users = 0..dataset.n_users() as u32;
    let known: Vec<(u32, &[Item])> =
        users.filter_map(|user| Some((user, history.of(dataset, user)?))).collect();
    let mut free = vec![true; dataset.n_items];
    let (mut scores, mut room) = (Vec::new(), Vec::new());
    for users in known.chunks(TOGETHER) {
        let mut windows = Windows::default();
        for (_, history) in users {
            windows.push(looked_at(history, policy.max_len()));
        }
        scorer.score(&Arc::new(windows), &mut scores);
        for ((user, history), scores) in users.iter().zip(scores.chunks_exact(dataset.n_items)) {
            history.iter().for_each(|&item| free[item as usize] = false);
            let ranking = ranking(policy.titles(), scores, &mut room);
            let items = top_items(ranking, length, |item| free[item as usize]);
            let list: Vec<(Item, f32)> =
                items.into_iter().map(|item| (item, ranking[item as usize])).collect();
            each(*user, &list)?;
            history.iter().for_each(|&item| free[item as usize] = true);
        }
    }
    Ok(())
}
