//! Log-probabilities of items without gradients.

use super::reading::{Reading, Wanted};
use crate::engine::TokenShares;
use crate::parameters::Parameters;
use crate::pass::Pass;
use crate::policy::Policy;
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
    let titles = policy.titles().expect("a policy over titles");
    let reading = Reading::new(titles, Wanted { windows, rows, items });
    let hidden = policy.hidden(weights, &reading.windows, &mut Pass::default());
    let states = to_host(select_rows(hidden, &reading.rows));
    let table = to_host(policy.item_embeddings(weights));
    let shares = TokenShares::new(&states, &table, policy.dim(), &reading.predictions);
    reading.scores(shares.log())
}

/// The log-probability of every item at some positions of windows of items, row-major `[P, n_items]`, into `scores`.
///
/// The catalogue's prefix tree is read part by part, each behind the history: nothing is left out.
pub(crate) fn score_catalogue(
    policy: &dyn Policy,
    weights: &Parameters,
    windows: &Windows,
    rows: &[u32],
    scores: &mut Vec<f32>,
) {
    let titles = policy.titles().expect("a policy over titles");
    let n_items = titles.n_items();
    scores.resize(rows.len() * n_items, 0.0);
    for part in titles.parts() {
        let found = score_titles(policy, weights, windows, rows, &part.repeat(rows.len()));
        for (scores, found) in scores.chunks_exact_mut(n_items).zip(found.chunks_exact(part.len()))
        {
            for (&item, &score) in part.iter().zip(found) {
                scores[item as usize] = score;
            }
        }
    }
}
