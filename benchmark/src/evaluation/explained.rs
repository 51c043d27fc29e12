//! Why a policy over titles chooses what it chooses: which tokens of the title it likes better than the reference, and on
//! which title of the history the choice depends.
//!
//! A title of the history matters as much as the log-probability of the choice falls without it. Whether that means
//! anything is tested by deletion: without the title that matters most the choice should fall further in the ranking than
//! without another one of the history.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::sync::Arc;

use prefsweep_datasets::random::stream;
use prefsweep_datasets::{Case, Item};
use prefsweep_policy::{Parameters, Policy, Scorer, Titles, Windows, score_titles, score_tokens};
use prefsweep_store::{Explanation, TitleShare, TokenShare};
use rand::RngExt;

use super::competitors::Competitors;
use super::lists::TopLists;
use super::ranks::looked_at;
use crate::data::{Prepared, Split, held_out};

/// Users whose choices are tested.
const USERS: usize = 64;
/// Users whose choices are kept in detail.
const SHOWN: usize = 10;

/// What was found at an evaluation.
#[derive(Clone, Debug, PartialEq)]
pub struct Explained {
    /// The choices of some users.
    pub shown: Vec<Explanation>,
    /// The test of deletion; None where no user has two titles of history.
    pub deletion: Option<Deletion>,
}

/// What becomes of choices, first in the ranking of all items that their users have not had, without a title of the
/// history: means over users.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Deletion {
    /// The rank without the title that matters most.
    pub without_top: f64,
    /// The rank without another title, drawn uniformly.
    pub without_random: f64,
    /// Share of the users whose choice falls further without the former; where both are equal, a user counts half.
    pub top_matters_more: f64,
}

/// A user's choice, and what it is chosen after.
struct Choice<'a> {
    user: u32,
    item: Item,
    /// All that the user had.
    had: &'a [Item],
    /// What the policy looks at.
    recent: &'a [Item],
}

/// Explains the first of each list, of some users; `titles` are the policy's.
pub(crate) fn explain(
    policy: &dyn Policy,
    titles: &Titles,
    [weights, reference]: [&Parameters; 2],
    data: &Prepared,
    lists: &TopLists,
    seed: u64,
) -> Explained {
    let choices: Vec<Choice<'_>> = lists
        .firsts()
        .take(USERS)
        .map(|(user, item)| {
            let case = held_out(&data.dataset, user, Split::Test);
            let Case { history: had, .. } = case.expect("a list is after a test history");
            Choice { user, item, had, recent: looked_at(had, policy.max_len()) }
        })
        .collect();
    let falls = falls(policy, weights, &choices);
    let shown = shown(policy, [weights, reference], titles, &choices, &falls);
    let tested: Vec<(&Choice<'_>, [usize; 2])> = choices
        .iter()
        .zip(&falls)
        .filter_map(|(choice, falls)| Some((choice, [top(falls), other(choice, falls, seed)?])))
        .collect();
    Explained { shown, deletion: deletion(policy, weights, titles, &tested) }
}

/// Of each choice, how far its log-probability falls without each title of the history; 0 where it has only one.
fn falls(policy: &dyn Policy, weights: &Parameters, choices: &[Choice<'_>]) -> Vec<Vec<f64>> {
    let of_one = |choice: &Choice<'_>| {
        if choice.recent.len() < 2 {
            return vec![0.0; choice.recent.len()];
        }
        let mut windows = Windows::default();
        windows.push(choice.recent);
        (0..choice.recent.len()).for_each(|place| windows.push(&without(choice, place)));
        let rows: Vec<u32> = windows.last_rows().map(|row| row as u32).collect();
        let items = vec![choice.item; rows.len()];
        let found = score_titles(policy, weights, &windows, &rows, &items);
        found[1..].iter().map(|&without| f64::from(found[0]) - f64::from(without)).collect()
    };
    choices.iter().map(of_one).collect()
}

/// The history without the title at a place.
fn without(choice: &Choice<'_>, place: usize) -> Vec<Item> {
    [&choice.recent[..place], &choice.recent[place + 1..]].concat()
}

/// Where the title stands that matters most, the first of several.
fn top(falls: &[f64]) -> usize {
    (0..falls.len()).fold(0, |best, place| if falls[place] > falls[best] { place } else { best })
}

/// Where another title stands, drawn uniformly; None where there is none.
fn other(choice: &Choice<'_>, falls: &[f64], seed: u64) -> Option<usize> {
    let others = falls.len().checked_sub(1).filter(|&others| others > 0)?;
    let drawn = stream(seed, "deleted title", &[choice.user.into()]).random_range(0..others);
    // Past the top one.
    Some(drawn + usize::from(drawn >= top(falls)))
}

/// The first choices in detail.
fn shown(
    policy: &dyn Policy,
    weights: [&Parameters; 2],
    titles: &Titles,
    choices: &[Choice<'_>],
    falls: &[Vec<f64>],
) -> Vec<Explanation> {
    let choices = &choices[..choices.len().min(SHOWN)];
    let mut windows = Windows::default();
    choices.iter().for_each(|choice| windows.push(choice.recent));
    let rows: Vec<u32> = windows.last_rows().map(|row| row as u32).collect();
    let items: Vec<Item> = choices.iter().map(|choice| choice.item).collect();
    let [now, before] =
        weights.map(|weights| score_tokens(policy, weights, &windows, &rows, &items));
    let vocabulary = titles.vocabulary();
    let explanation = |((choice, falls), (now, before)): ((&Choice<'_>, &Vec<f64>), _)| {
        let (now, before): (&Vec<f32>, &Vec<f32>) = (now, before);
        let tokens = titles.tokens(choice.item).iter().zip(now.iter().zip(before));
        let tokens = tokens.map(|(&token, (&now, &before))| TokenShare {
            text: vocabulary.decode(&[token]),
            log_ratio: f64::from(now) - f64::from(before),
        });
        let history = choice.recent.iter().zip(falls).map(|(&item, &fall)| TitleShare {
            text: vocabulary.decode(titles.tokens(item)),
            fall,
        });
        Explanation { user: choice.user, tokens: tokens.collect(), history: history.collect() }
    };
    choices.iter().zip(falls).zip(now.iter().zip(&before)).map(explanation).collect()
}

/// Ranks of choices without the titles at two places of their histories: the top one and another.
fn deletion(
    policy: &dyn Policy,
    weights: &Parameters,
    titles: &Titles,
    tested: &[(&Choice<'_>, [usize; 2])],
) -> Option<Deletion> {
    let scorer = Scorer::new(policy, weights);
    let (mut scores, mut room) = (Vec::new(), Vec::new());
    let mut ranks_of = |(choice, places): &(&Choice<'_>, [usize; 2])| {
        let mut windows = Windows::default();
        places.iter().for_each(|&place| windows.push(&without(choice, place)));
        scorer.score(&Arc::new(windows), &mut scores);
        let (top, other) = scores.split_at(policy.n_items());
        [top, other].map(|scores| rank(choice, titles.ranking(scores, &mut room)))
    };
    let ranks: Vec<[f64; 2]> = tested.iter().map(&mut ranks_of).collect();
    let mean = |worth: fn([f64; 2]) -> f64| {
        ranks.iter().copied().map(worth).sum::<f64>() / ranks.len() as f64
    };
    (!ranks.is_empty()).then(|| Deletion {
        without_top: mean(|[top, _]| top),
        without_random: mean(|[_, random]| random),
        top_matters_more: mean(|[top, random]| match top.total_cmp(&random) {
            Ordering::Greater => 1.0,
            Ordering::Equal => 0.5,
            Ordering::Less => 0.0,
        }),
    })
}

/// The rank of a choice by what all items are ranked by, among those that the user has not had; a tie is no item above.
fn rank(choice: &Choice<'_>, scores: &[f32]) -> f64 {
    let own = scores[choice.item as usize];
    let mut competitors = Competitors::of(own, scores);
    let had: BTreeSet<Item> = choice.had.iter().copied().collect();
    had.iter().for_each(|&item| competitors.remove(own, scores[item as usize]));
    competitors.rank().first()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_are_among_what_the_user_has_not_had() {
        let choice = Choice { user: 0, item: 2, had: &[1, 4, 1], recent: &[1] };
        // Items 1 and 4 were had; 0 is above, 3 equal.
        assert_eq!(rank(&choice, &[3.0, 9.0, 2.0, 2.0, 5.0, 1.0]), 2.0);
    }

    #[test]
    fn the_other_title_is_never_the_top_one() {
        let falls = [0.5, 2.0, 2.0, -1.0];
        assert_eq!(top(&falls), 1);
        let drawn: BTreeSet<usize> = (0..200)
            .map(|user| Choice { user, item: 0, had: &[], recent: &[] })
            .map(|choice| other(&choice, &falls, 3).unwrap())
            .collect();
        assert_eq!(drawn.into_iter().collect::<Vec<_>>(), [0, 2, 3]);
        let choice = Choice { user: 1, item: 0, had: &[7], recent: &[7] };
        assert_eq!(other(&choice, &[0.0], 3), None);
    }
}
