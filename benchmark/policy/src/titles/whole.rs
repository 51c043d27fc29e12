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
        score_part(continuer, &past, part, scores);
    }
}

/// The log-probability of the items of a part after a history that was read.
pub(super) fn score_part(continuer: &Continuer, past: &Past, part: &Part, scores: &mut [f32]) {
    let mut states = past.state().to_vec();
    let dim = states.len();
    states.extend(Branches::new(continuer, past).extend(&part.tokens, &part.before));
    let shares = TokenShares::new(&states, continuer.table(), dim, &part.predictions);
    for (&item, score) in part.items.iter().zip(part.trie.sums(shares.log())) {
        scores[item as usize] = score;
    }
}
