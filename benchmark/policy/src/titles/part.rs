//! A part of the catalogue as a prefix tree, and what is read of it behind a history.

use super::trie::Trie;

/// Titles of some items.
#[derive(Clone, Debug)]
pub(super) struct Part {
    /// The items, in the order of their tokens.
    pub(super) items: Vec<u32>,
    /// Their titles.
    pub(super) trie: Trie,
    /// The tokens that something follows.
    pub(super) tokens: Vec<u32>,
    /// What each of these follows; none for the first of a title.
    pub(super) before: Vec<Option<u32>>,
    /// Of each node of the tree the state that predicts it, 0 for that after the history and 1 more than the place
    /// in `tokens` for that after a token, and its own token.
    pub(super) predictions: Vec<(u32, u32)>,
}

impl Part {
    /// Of `items` with these titles.
    ///
    /// # Panics
    /// When a title has no token.
    pub(super) fn new<'a>(items: Vec<u32>, titles: impl Fn(u32) -> &'a [u32]) -> Self {
        let trie = Trie::new(items.iter().map(|&item| titles(item)));
        let mut has_next = vec![false; trie.tokens().len()];
        trie.parents().iter().flatten().for_each(|&node| has_next[node as usize] = true);
        // A node's place among those that something follows.
        let mut places = vec![0; has_next.len()];
        let (mut tokens, mut before, mut predictions) = (Vec::new(), Vec::new(), Vec::new());
        for (node, (&token, &parent)) in trie.tokens().iter().zip(trie.parents()).enumerate() {
            let parent = parent.map(|parent| places[parent as usize]);
            predictions.push((parent.map_or(0, |place| place + 1), token));
            if has_next[node] {
                places[node] = tokens.len() as u32;
                tokens.push(token);
                before.push(parent);
            }
        }
        Self { items, trie, tokens, before, predictions }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand() {
        let titles = [vec![1, 2, 0], vec![1, 3, 0], vec![0], vec![1, 2, 0]];
        let part = Part::new(vec![0, 1, 2, 3], |item| &titles[item as usize]);
        assert_eq!(part.tokens, [1, 2, 3]);
        assert_eq!(part.before, [None, Some(0), Some(0)]);
        assert_eq!(part.predictions, [(0, 1), (1, 2), (2, 0), (1, 3), (3, 0), (0, 0)]);
    }
}
