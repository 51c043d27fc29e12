//! Log-probabilities of items without gradients.

use rayon::prelude::*;

use super::beam::score_likeliest;
use super::catalogue::Titles;
use super::reading::{Reading, Wanted};
use super::whole::{score_all, score_some};
use crate::engine::TokenShares;
use crate::parameters::Parameters;
use crate::pass::Pass;
use crate::policy::Policy;
use crate::sasrec::Continuer;
use crate::tensors::{select_rows, to_host};
use crate::windows::Windows;

/// The log-probability of some items at some positions of windows of items, row-major `[P, E]`, for a
/// policy over titles; `rows` are the positions, among all items of the windows.
///
/// # Panics
/// When the policy is none over titles, or the inputs do not fit each other.
#[must_use]
pub fn score_titles(
    policy: &dyn Policy,
    weights: &Parameters,
    windows: &Windows,
    rows: &[u32],
    items: &[u32],
) -> Vec<f32> {
    let (reading, log) = read(policy, weights, Wanted { windows, rows, items });
    reading.scores(&log)
}

/// The log-probability of each token of a title's, its end included, given the history and the tokens before it: of one
/// item at each of some positions of windows of items. They add up to what [`score_titles`] gives.
///
/// # Panics
/// When the policy is none over titles, or the inputs do not fit each other.
#[must_use]
pub fn score_tokens(
    policy: &dyn Policy,
    weights: &Parameters,
    windows: &Windows,
    rows: &[u32],
    items: &[u32],
) -> Vec<Vec<f32>> {
    assert_eq!(rows.len(), items.len(), "an item at each position");
    let (reading, log) = read(policy, weights, Wanted { windows, rows, items });
    // A tree of one title is its tokens.
    reading.by_position(&log).map(<[f32]>::to_vec).collect()
}

/// Reads what is wanted, with the log-probability of every token that is predicted.
fn read(policy: &dyn Policy, weights: &Parameters, wanted: Wanted<'_>) -> (Reading, Vec<f32>) {
    let titles = policy.titles().expect("a policy over titles");
    let reading = Reading::new(titles, wanted);
    let hidden = policy.hidden(weights, &reading.windows, &mut Pass::default());
    let states = to_host(select_rows(hidden, &reading.rows));
    let table = to_host(policy.item_embeddings(weights));
    let shares = TokenShares::new(&states, &table, policy.dim(), &reading.predictions);
    let log = shares.into_log();
    (reading, log)
}

/// The log-probability of every item after some histories, which are tokens; row-major `[histories, n_items]`, into
/// `scores`.
///
/// A history is read once and the catalogue's prefix tree part by part behind it: nothing is left out. Only of a
/// catalogue that is too large for that the likeliest part alone is read. Histories are divided among threads, and what is
/// computed for one does not depend on the others.
pub(crate) fn score_catalogue(
    continuer: &Continuer,
    titles: &Titles,
    histories: &[Vec<u32>],
    scores: &mut Vec<f32>,
) {
    scores.resize(histories.len() * titles.n_items(), 0.0);
    let rows = scores.par_chunks_exact_mut(titles.n_items()).zip(histories);
    rows.for_each(|(scores, history)| match titles.beam() {
        None => score_all(continuer, titles, history, scores),
        Some(width) => score_likeliest(continuer, titles, history, width, scores),
    });
}

/// The log-probability of some items after each history, whether or not a beam reads them.
pub(crate) fn score_exactly(
    continuer: &Continuer,
    titles: &Titles,
    histories: &[Vec<u32>],
    items: &[Vec<u32>],
) -> Vec<Vec<f32>> {
    let both = histories.par_iter().zip(items);
    both.map(|(history, items)| score_some(continuer, titles, history, items)).collect()
}
