//! A catalogue that is too large to be read as a whole behind every history: the likeliest beginnings of titles are
//! read on, the others are not.

use std::ops::Range;

use prefsweep_datasets::END;
use rayon::prelude::*;

use super::catalogue::Titles;
use super::whole::score_all;
use crate::engine::TokenShares;
use crate::parameters::Parameters;
use crate::policy::Policy;
use crate::sasrec::{Branches, Continuer};
use crate::windows::Windows;

/// A beginning that some titles have in common.
struct Beginning {
    /// Where these titles are in the order of their tokens.
    titles: Range<usize>,
    /// The row of its last token behind the history; none for that of no tokens.
    row: Option<u32>,
    /// Its last token.
    token: u32,
    /// Its log-probability.
    log: f64,
}

/// The log-probability of every item after a history, where of each length the `width` likeliest beginnings of titles
/// are read on. The tokens behind another beginning count as chance, one over the vocabulary each: mostly too little, in
/// a hardly trained model also too much.
pub(super) fn score_likeliest(
    continuer: &Continuer,
    titles: &Titles,
    history: &[u32],
    width: usize,
    scores: &mut [f32],
) {
    let past = continuer.read(history, titles.longest());
    let (order, dim) = (titles.order(), past.state().len());
    let chance = -(titles.vocabulary().len() as f64).ln();
    let mut branches = Branches::new(continuer, &past);
    let mut states = past.state().to_vec();
    let mut read = vec![Beginning { titles: 0..order.len(), row: None, token: END, log: 0.0 }];
    let mut rows = 0;
    for length in 0.. {
        let mut next = Vec::new();
        let mut predictions = Vec::new();
        for (state, beginning) in (0_u32..).zip(&read) {
            for (token, titles) in by_token(titles, beginning.titles.clone(), length) {
                predictions.push((state, token));
                next.push(Beginning { titles, row: beginning.row, token, log: beginning.log });
            }
        }
        let shares = TokenShares::new(&states, continuer.table(), dim, &predictions);
        for (beginning, share) in next.iter_mut().zip(shares.log()) {
            beginning.log += f64::from(*share);
        }
        let (whole, mut begun): (Vec<_>, Vec<_>) =
            next.into_iter().partition(|beginning| beginning.token == END);
        begun.sort_by(|a, b| b.log.total_cmp(&a.log).then(a.titles.start.cmp(&b.titles.start)));
        let left = begun.split_off(width.min(begun.len()));
        for beginning in whole.iter().chain(&left) {
            for &item in &order[beginning.titles.clone()] {
                let unread = titles.length(item) - (length + 1);
                scores[item as usize] = (beginning.log + chance * unread as f64) as f32;
            }
        }
        if begun.is_empty() {
            return;
        }
        let tokens: Vec<u32> = begun.iter().map(|beginning| beginning.token).collect();
        let before: Vec<Option<u32>> = begun.iter().map(|beginning| beginning.row).collect();
        states = branches.extend(&tokens, &before);
        for beginning in &mut begun {
            beginning.row = Some(rows);
            rows += 1;
        }
        read = begun;
    }
}

/// Titles that begin alike, by the token behind `length` tokens that they have in common; each has one there.
fn by_token(
    titles: &Titles,
    alike: Range<usize>,
    length: usize,
) -> impl Iterator<Item = (u32, Range<usize>)> {
    let order = titles.order();
    let token = move |place: usize| titles.tokens(order[place])[length];
    let mut start = alike.start;
    std::iter::from_fn(move || {
        let first = (start < alike.end).then(|| token(start))?;
        let rest = &order[start..alike.end];
        let same = rest.partition_point(|&item| titles.tokens(item)[length] <= first);
        let found = start..start + same;
        start = found.end;
        Some((first, found))
    })
}

/// Share of the `count` items that rank first after each window of items, but for those in it, which a beam has among
/// its first `count`, too; None of a policy that reads its catalogue as a whole.
#[must_use]
pub fn beam_recall(
    policy: &dyn Policy,
    weights: &Parameters,
    windows: &Windows,
    count: usize,
) -> Option<f64> {
    let titles = policy.titles()?;
    let width = titles.beam()?;
    let continuer = policy.continuer(weights).expect("a policy over titles continues");
    let first = |scores: &[f32], had: &[u32]| {
        let mut room = Vec::new();
        let ranking = titles.ranking(scores, &mut room);
        let items = 0..ranking.len() as u32;
        let mut items: Vec<u32> = items.filter(|item| !had.contains(item)).collect();
        items.sort_by(|&a, &b| ranking[b as usize].total_cmp(&ranking[a as usize]).then(a.cmp(&b)));
        items.truncate(count);
        items
    };
    let found = |(history, had): (&Vec<u32>, &[u32])| {
        let mut scores = vec![0.0; titles.n_items()];
        score_all(&continuer, titles, history, &mut scores);
        let exact = first(&scores, had);
        score_likeliest(&continuer, titles, history, width, &mut scores);
        let likeliest = first(&scores, had);
        [exact.iter().filter(|item| likeliest.contains(item)).count(), exact.len()]
    };
    let histories = titles.last_histories(windows);
    let mut start = 0;
    let had = windows.lengths.iter().map(|length| {
        start += length;
        &windows.items[start - length..start]
    });
    let had: Vec<&[u32]> = had.collect();
    let [found, all] = histories
        .par_iter()
        .zip(had)
        .map(found)
        .reduce(|| [0, 0], |one, other| [one[0] + other[0], one[1] + other[1]]);
    Some(found as f64 / all as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_are_parted_by_their_next_token() {
        let names = ["ab", "a", "ab", "b"].map(str::to_owned);
        // Every letter is a token.
        let titles = Titles::new(&names, 3, 4, 8);
        let [a, b] = ["a", "b"].map(|letter| titles.vocabulary().encode(letter).unwrap()[0]);
        let parted = |alike, length| by_token(&titles, alike, length).collect::<Vec<_>>();
        let mut expected = vec![(a, 0..3), (b, 3..4)];
        if b < a {
            expected = vec![(b, 0..1), (a, 1..4)];
        }
        assert_eq!(parted(0..4, 0), expected);
        let of_a = expected.iter().find(|(token, _)| *token == a).unwrap().1.clone();
        let items: Vec<Vec<u32>> = parted(of_a, 1)
            .into_iter()
            .map(|(_, places)| titles.order()[places].to_vec())
            .collect();
        let mut sorted = items;
        sorted.sort();
        assert_eq!(sorted, [vec![0, 2], vec![1]]);
        assert!(parted(2..2, 0).is_empty());
    }
}
