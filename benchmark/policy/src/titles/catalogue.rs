//! The titles of a catalogue as tokens.

use std::ops::Range;

use prefsweep_datasets::{END, Vocabulary};

use super::part::Part;
use super::rank_by::RankBy;
use crate::windows::Windows;

/// Nodes of a part of the catalogue: few enough to stay in the cache.
const NODES_OF_A_PART: usize = 512;

/// The tokens of every item.
#[derive(Clone, Debug)]
pub struct Titles {
    vocabulary: Vocabulary,
    /// Of each item, with the end.
    tokens: Vec<Vec<u32>>,
    /// All items in the order of their tokens.
    order: Vec<u32>,
    /// The same in parts, neighbours of which have much in common.
    parts: Vec<Part>,
    /// How many beginnings of titles of each length are read on, where the catalogue is not read as a whole.
    beam: Option<usize>,
    longest: usize,
    context: usize,
    rank_by: RankBy,
}

impl Titles {
    /// Learns a vocabulary of at most `vocabulary` tokens, or one for each character and the end where that is
    /// more, from the names of all items. Longer names are cut to `longest` tokens, the end included; `context`
    /// tokens are read at most.
    ///
    /// # Panics
    /// When there is no room for a title of history and another one.
    #[must_use]
    pub fn new(names: &[String], vocabulary: usize, longest: usize, context: usize) -> Self {
        assert!(2 <= longest && 2 * longest <= context, "room for two titles");
        let vocabulary = Vocabulary::learn(names.iter().map(String::as_str), vocabulary);
        let tokens: Vec<Vec<u32>> = names
            .iter()
            .map(|name| {
                let mut tokens = vocabulary.encode(name).expect("learned from it");
                tokens.truncate(longest - 1);
                tokens.push(END);
                tokens
            })
            .collect();
        let mut order: Vec<u32> = (0..tokens.len() as u32).collect();
        order.sort_by(|a, b| tokens[*a as usize].cmp(&tokens[*b as usize]).then(a.cmp(b)));
        let parts = parts(&tokens, &order);
        let longest = tokens.iter().map(Vec::len).max().unwrap_or(longest);
        let (rank_by, beam) = (RankBy::Sum, None);
        Self { vocabulary, tokens, order, parts, beam, longest, context, rank_by }
    }

    /// The same, of which only the `beam` likeliest beginnings of each length are read on if its prefix tree has more
    /// than `exact_nodes` nodes.
    #[must_use]
    pub fn read_by(self, exact_nodes: usize, beam: usize) -> Self {
        Self { beam: (self.nodes() > exact_nodes).then_some(beam), ..self }
    }

    /// Nodes of the prefix tree: beginnings of titles.
    #[must_use]
    pub fn nodes(&self) -> usize {
        let mut before: &[u32] = &[];
        let new = self.order.iter().map(|&item| {
            let title = self.tokens(item);
            let new = title.len() - in_common(title, before);
            before = title;
            new
        });
        new.sum()
    }

    /// How many beginnings of titles of each length are read on behind a history, where it is not all.
    #[must_use]
    pub fn beam(&self) -> Option<usize> {
        self.beam
    }

    /// The same, ranked by something else.
    #[must_use]
    pub fn ranked_by(self, rank_by: RankBy) -> Self {
        Self { rank_by, ..self }
    }

    /// What all items are ranked by, from their log-probabilities; `room` may be needed for it.
    #[must_use]
    pub fn ranking<'a>(&self, log: &'a [f32], room: &'a mut Vec<f32>) -> &'a [f32] {
        match self.rank_by {
            RankBy::Sum => log,
            RankBy::Mean => {
                room.clear();
                room.extend((0..).zip(log).map(|(item, &log)| self.worth(item, log)));
                room
            }
        }
    }

    /// What an item is ranked by, from its log-probability.
    ///
    /// # Panics
    /// When there is no such item.
    #[must_use]
    pub fn worth(&self, item: u32, log: f32) -> f32 {
        match self.rank_by {
            RankBy::Sum => log,
            RankBy::Mean => log / self.length(item) as f32,
        }
    }

    /// The vocabulary.
    #[must_use]
    pub fn vocabulary(&self) -> &Vocabulary {
        &self.vocabulary
    }

    /// The tokens of an item, its end included.
    ///
    /// # Panics
    /// When there is no such item.
    #[must_use]
    pub fn tokens(&self, item: u32) -> &[u32] {
        &self.tokens[item as usize]
    }

    /// How many these are.
    ///
    /// # Panics
    /// When there is no such item.
    #[must_use]
    pub fn length(&self, item: u32) -> usize {
        self.tokens(item).len()
    }

    /// Tokens of the longest title.
    #[must_use]
    pub fn longest(&self) -> usize {
        self.longest
    }

    /// Whether these are the tokens of some item.
    #[must_use]
    pub fn holds(&self, tokens: &[u32]) -> bool {
        self.tokens.iter().any(|title| title == tokens)
    }

    /// Number of items.
    #[must_use]
    pub fn n_items(&self) -> usize {
        self.tokens.len()
    }

    /// All items in the order of their tokens.
    pub(super) fn order(&self) -> &[u32] {
        &self.order
    }

    /// All items in parts of titles that have much in common.
    pub(super) fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// The tokens that are read of the history at the end of each window.
    pub(crate) fn last_histories(&self, windows: &Windows) -> Vec<Vec<u32>> {
        let ends: Vec<u32> = windows.last_rows().map(|row| row as u32).collect();
        self.histories(windows, &ends)
    }

    /// The tokens that are read of the history at some positions of windows; `rows` are the positions, among all items
    /// of the windows.
    ///
    /// # Panics
    /// When a row is in no window.
    pub(crate) fn histories(&self, windows: &Windows, rows: &[u32]) -> Vec<Vec<u32>> {
        let ends = windows.lengths.iter().scan(0, |end, &length| {
            *end += length;
            Some(*end)
        });
        let ends: Vec<usize> = ends.collect();
        let history = |&row: &u32| {
            let window = ends.partition_point(|&end| end <= row as usize);
            let first = ends[window] - windows.lengths[window];
            let (items, last) = (&windows.items[first..ends[window]], row as usize - first);
            let part = self.readable(items).into_iter().find(|part| part.contains(&last));
            let start = part.expect("every item of a window is read").start;
            let tokens = items[start..=last].iter().flat_map(|&item| self.tokens(item));
            tokens.copied().collect()
        };
        rows.iter().map(history).collect()
    }

    /// The items of a window in parts whose tokens leave room for a title behind them, the latest part first
    /// and as long as possible.
    pub(super) fn readable(&self, items: &[u32]) -> Vec<Range<usize>> {
        let room = self.context - self.longest;
        let mut found = Vec::new();
        let mut end = items.len();
        while end > 0 {
            let mut start = end;
            let mut tokens = 0;
            while start > 0 && tokens + self.length(items[start - 1]) <= room {
                start -= 1;
                tokens += self.length(items[start]);
            }
            found.push(start..end);
            end = start;
        }
        found
    }
}

/// How many tokens two titles begin with alike.
fn in_common(title: &[u32], other: &[u32]) -> usize {
    title.iter().zip(other).take_while(|(a, b)| a == b).count()
}

/// Items in the order of their tokens, in parts of about as many nodes of the prefix tree.
fn parts(tokens: &[Vec<u32>], order: &[u32]) -> Vec<Part> {
    let mut parts: Vec<Vec<u32>> = Vec::new();
    let mut nodes = usize::MAX;
    for &item in order {
        let title = &tokens[item as usize];
        if nodes >= NODES_OF_A_PART {
            parts.push(Vec::new());
            nodes = 0;
        }
        let part = parts.last_mut().expect("pushed above");
        let before = part.last().map_or(&[][..], |last: &u32| &tokens[*last as usize]);
        nodes += title.len() - in_common(title, before);
        part.push(item);
    }
    parts.into_iter().map(|items| Part::new(items, |item| &tokens[item as usize])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn titles(names: &[&str], longest: usize, context: usize) -> Titles {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        Titles::new(&names, 1000, longest, context)
    }

    #[test]
    fn titles_end_and_long_ones_are_cut() {
        let found = titles(&["abcdef", "ab", "b"], 4, 8);
        let written = |item| found.vocabulary().decode(found.tokens(item));
        // `ab` is a token.
        assert_eq!([0, 1, 2].map(written), ["abcd", "ab", "b"]);
        assert_eq!([0, 1, 2].map(|item| found.length(item)), [4, 2, 2]);
        assert!((0..3).all(|item| found.tokens(item).ends_with(&[END])));
    }

    #[test]
    fn windows_are_read_in_parts_that_leave_room() {
        // Titles of 4, 2 and 2 tokens, and room for 4 before another title.
        let found = titles(&["abcdef", "ab", "b"], 4, 8);
        let parts = |items: &[u32]| -> Vec<(usize, usize)> {
            found.readable(items).into_iter().map(|part| (part.start, part.end)).collect()
        };
        assert_eq!(parts(&[1, 2]), [(0, 2)]);
        assert_eq!(parts(&[1, 0, 1, 2, 2]), [(3, 5), (2, 3), (1, 2), (0, 1)]);
        assert_eq!(parts(&[0]), [(0, 1)]);
        assert!(found.readable(&[]).is_empty());
    }

    #[test]
    fn rankings_are_by_sums_or_means() {
        // Titles of 4, 2 and 2 tokens.
        let sum = titles(&["abcdef", "ab", "b"], 4, 8);
        let mean = sum.clone().ranked_by(RankBy::Mean);
        let (log, mut room) = ([-2.0, -1.5, -3.0], Vec::new());
        assert_eq!(sum.ranking(&log, &mut room), log);
        assert_eq!(mean.ranking(&log, &mut room), [-0.5, -0.75, -1.5]);
    }

    #[test]
    fn every_item_is_in_one_part() {
        let names: Vec<String> = (0..500).map(|item| format!("{} x {item}", item % 7)).collect();
        let found = Titles::new(&names, 50, 12, 24);
        let items = found.parts().iter().flat_map(|part| part.items.iter().copied());
        let mut all: Vec<u32> = items.collect();
        all.sort_unstable();
        assert_eq!(all, (0..500).collect::<Vec<_>>());
        assert!(found.parts().len() > 2);
        assert!(found.parts().iter().all(|part| !part.items.is_empty()));
    }
}
