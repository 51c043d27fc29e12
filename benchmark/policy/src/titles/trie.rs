//! Titles in a prefix tree: tokens that several titles have in common at their start are there once, so that
//! a quantity of every token gives its sum over every title in one pass.

use std::collections::HashMap;

/// A tree of tokens. Titles end with a token that stands nowhere else in a title, so that a title ends where
/// nothing follows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Trie {
    /// What each node stands for; a node comes after the one before it in the title.
    tokens: Vec<u32>,
    /// The node before each; none for the first of a title.
    parents: Vec<Option<u32>>,
    /// The last node of each title; titles of the same tokens share it.
    ends: Vec<u32>,
}

impl Trie {
    /// The tree of some titles.
    ///
    /// # Panics
    /// When a title has no token.
    pub(super) fn new<'a>(titles: impl Iterator<Item = &'a [u32]>) -> Self {
        let mut trie = Self::default();
        let mut known: HashMap<(Option<u32>, u32), u32> = HashMap::new();
        for title in titles {
            let mut node = None;
            for &token in title {
                node = Some(*known.entry((node, token)).or_insert_with(|| {
                    trie.tokens.push(token);
                    trie.parents.push(node);
                    trie.tokens.len() as u32 - 1
                }));
            }
            trie.ends.push(node.expect("a title has a token"));
        }
        trie
    }

    /// The token of each node.
    pub(super) fn tokens(&self) -> &[u32] {
        &self.tokens
    }

    /// The node before each, an earlier one; none for the first of a title.
    pub(super) fn parents(&self) -> &[Option<u32>] {
        &self.parents
    }

    /// The sum over each title's nodes of a number of every node, such as the log-probability of its token.
    ///
    /// # Panics
    /// When there is not a number for each node.
    pub(super) fn sums(&self, of_nodes: &[f32]) -> Vec<f32> {
        assert_eq!(of_nodes.len(), self.tokens.len(), "a number for each node");
        let mut so_far: Vec<f64> = Vec::with_capacity(of_nodes.len());
        for (number, parent) in of_nodes.iter().zip(&self.parents) {
            let before = parent.map_or(0.0, |parent| so_far[parent as usize]);
            so_far.push(before + f64::from(*number));
        }
        self.ends.iter().map(|&end| so_far[end as usize] as f32).collect()
    }

    /// The gradient of [`sums`](Self::sums): for each node the sum over the titles that it is part of of a
    /// number of every title.
    ///
    /// # Panics
    /// When there is not a number for each title.
    pub(super) fn spread(&self, of_titles: &[f32]) -> Vec<f32> {
        assert_eq!(of_titles.len(), self.ends.len(), "a number for each title");
        let mut below = vec![0.0_f64; self.tokens.len()];
        for (number, &end) in of_titles.iter().zip(&self.ends) {
            below[end as usize] += f64::from(*number);
        }
        for (node, parent) in self.parents.iter().enumerate().rev() {
            if let Some(parent) = parent {
                below[*parent as usize] += below[node];
            }
        }
        below.into_iter().map(|sum| sum as f32).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    /// What a model that has read `before` may think of `token`: some number in -4..0.
    fn opinion(before: &[u32], token: u32) -> f32 {
        let mixed = before.iter().chain([&token]).fold(7_u32, |sum, &next| {
            sum.wrapping_mul(2_654_435_761).wrapping_add(next).rotate_left(11)
        });
        -((mixed % 4001) as f32) / 1000.0
    }

    fn titles() -> impl Strategy<Value = Vec<Vec<u32>>> {
        let title = proptest::collection::vec(1_u32..4, 0..5).prop_map(|mut title| {
            title.push(0);
            title
        });
        proptest::collection::vec(title, 1..30)
    }

    /// The tokens on the way to each node, itself included.
    fn ways(trie: &Trie) -> Vec<Vec<u32>> {
        let mut ways: Vec<Vec<u32>> = Vec::new();
        for (token, parent) in trie.tokens.iter().zip(&trie.parents) {
            let before = parent.map_or(&[][..], |parent| &ways[parent as usize]);
            let way = [before, &[*token]].concat();
            ways.push(way);
        }
        ways
    }

    #[test]
    fn by_hand() {
        let titles = [vec![1, 2, 0], vec![1, 3, 0], vec![0], vec![1, 2, 0]];
        let trie = Trie::new(titles.iter().map(Vec::as_slice));
        assert_eq!(trie.tokens, [1, 2, 0, 3, 0, 0]);
        assert_eq!(trie.parents, [None, Some(0), Some(1), Some(0), Some(3), None]);
        assert_eq!(trie.ends, [2, 4, 5, 2], "the same title ends at the same node");
        let sums = trie.sums(&[-1.0, -2.0, -4.0, -8.0, -16.0, -32.0]);
        assert_eq!(sums, [-7.0, -25.0, -32.0, -7.0]);
        assert_eq!(trie.spread(&[1.0, 2.0, 4.0, 8.0]), [11.0, 9.0, 9.0, 2.0, 2.0, 4.0]);
    }

    proptest! {
        /// Title by title, token by token, without a tree.
        #[test]
        fn sums_are_those_of_single_titles(titles in titles()) {
            let trie = Trie::new(titles.iter().map(Vec::as_slice));
            let of_nodes: Vec<f32> = ways(&trie)
                .iter()
                .map(|way| opinion(&way[..way.len() - 1], way[way.len() - 1]))
                .collect();
            for (title, sum) in titles.iter().zip(trie.sums(&of_nodes)) {
                let alone: f64 = (0..title.len())
                    .map(|at| f64::from(opinion(&title[..at], title[at])))
                    .sum();
                prop_assert!((f64::from(sum) - alone).abs() < 1e-5, "{title:?}");
            }
        }

        /// Every beginning of a title is there, once.
        #[test]
        fn nodes_are_the_beginnings_of_titles(titles in titles()) {
            let trie = Trie::new(titles.iter().map(Vec::as_slice));
            let expected: HashSet<Vec<u32>> = titles
                .iter()
                .flat_map(|title| (1..=title.len()).map(|end| title[..end].to_vec()))
                .collect();
            let ways = ways(&trie);
            prop_assert_eq!(ways.len(), expected.len());
            prop_assert_eq!(ways.iter().cloned().collect::<HashSet<_>>(), expected);
            for (title, &end) in titles.iter().zip(&trie.ends) {
                prop_assert_eq!(&ways[end as usize], title);
            }
        }

        /// `sum(spread(g) * x) = sum(g * sums(x))` for all x: one is the gradient of the other.
        #[test]
        fn spreading_is_the_gradient_of_summing(
            titles in titles(), seed in any::<u32>(), other in any::<u32>(),
        ) {
            let trie = Trie::new(titles.iter().map(Vec::as_slice));
            let some = |seed: u32, count: usize| -> Vec<f32> {
                (0..count as u32).map(|at| opinion(&[seed], at)).collect()
            };
            let (g, x) = (some(seed, titles.len()), some(other, trie.tokens.len()));
            let product = |a: &[f32], b: &[f32]| -> f64 {
                a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
            };
            let [left, right] = [product(&trie.spread(&g), &x), product(&g, &trie.sums(&x))];
            prop_assert!((left - right).abs() < 1e-3 * right.abs().max(1.0), "{left} {right}");
        }
    }
}
