//! The titles of a catalogue as tokens.

use std::ops::Range;

use prefsweep_datasets::{END, Vocabulary};

/// Nodes of prefix trees that are read behind one history at once, where there is more than one title: what is
/// read together costs as its square.
pub(super) const NODES_AT_ONCE: usize = 192;

/// The tokens of every item.
#[derive(Clone, Debug)]
pub struct Titles {
    vocabulary: Vocabulary,
    /// Of each item, with the end.
    tokens: Vec<Vec<u32>>,
    /// All items in parts, neighbours of which have much in common.
    parts: Vec<Vec<u32>>,
    longest: usize,
    context: usize,
}

impl Titles {
    /// Learns a vocabulary of at most `vocabulary` tokens from the names of all items. Longer names are cut
    /// to `longest` tokens, the end included; `context` tokens are read at most.
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
        let parts = parts(&tokens);
        let longest = tokens.iter().map(Vec::len).max().unwrap_or(longest);
        Self { vocabulary, tokens, parts, longest, context }
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

    /// All items in parts of titles that have much in common.
    #[must_use]
    pub fn parts(&self) -> &[Vec<u32>] {
        &self.parts
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

/// Items in the order of their tokens, in parts of about as many nodes of the prefix tree.
fn parts(tokens: &[Vec<u32>]) -> Vec<Vec<u32>> {
    let mut order: Vec<u32> = (0..tokens.len() as u32).collect();
    order.sort_by(|a, b| tokens[*a as usize].cmp(&tokens[*b as usize]).then(a.cmp(b)));
    let mut parts: Vec<Vec<u32>> = Vec::new();
    let mut nodes = usize::MAX;
    for item in order {
        let title = &tokens[item as usize];
        if nodes >= NODES_AT_ONCE {
            parts.push(Vec::new());
            nodes = 0;
        }
        let part = parts.last_mut().expect("pushed above");
        let before = part.last().map_or(&[][..], |last: &u32| &tokens[*last as usize]);
        let common = title.iter().zip(before).take_while(|(a, b)| a == b).count();
        nodes += title.len() - common;
        part.push(item);
    }
    parts
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
    fn every_item_is_in_one_part() {
        let names: Vec<String> = (0..500).map(|item| format!("{} x {item}", item % 7)).collect();
        let found = Titles::new(&names, 50, 12, 24);
        let mut all: Vec<u32> = found.parts().concat();
        all.sort_unstable();
        assert_eq!(all, (0..500).collect::<Vec<_>>());
        assert!(found.parts().len() > 3);
        assert!(found.parts().iter().all(|part| !part.is_empty()));
    }
}
