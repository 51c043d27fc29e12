//! Log-probabilities of titles of a catalogue behind a history, each of them exact.

use super::catalogue::Titles;
use super::part::Part;
use crate::engine::TokenShares;
use crate::sasrec::{Branches, Continuer, Past};

/// The log-probability of every item after a history.
pub(super) fn score_all(
    continuer: &Continuer,
    titles: &Titles,
    history: &[u32],
    scores: &mut [f32],
) {
    let past = continuer.read(history, titles.longest());
    for part in titles.parts() {
        for (&item, score) in part.items.iter().zip(score_part(continuer, &past, part)) {
            scores[item as usize] = score;
        }
    }
}

/// The log-probability of some items after a history, in their order.
pub(super) fn score_some(
    continuer: &Continuer,
    titles: &Titles,
    history: &[u32],
    items: &[u32],
) -> Vec<f32> {
    let past = continuer.read(history, titles.longest());
    score_part(continuer, &past, &Part::new(items.to_vec(), |item| titles.tokens(item)))
}

/// The log-probability of the items of a part after a history that was read.
fn score_part(continuer: &Continuer, past: &Past, part: &Part) -> Vec<f32> {
    let mut states = past.state().to_vec();
    let dim = states.len();
    states.extend(Branches::new(continuer, past).extend(&part.tokens, &part.before));
    let shares = TokenShares::new(&states, continuer.table(), dim, &part.predictions);
    part.trie.sums(shares.log())
}
