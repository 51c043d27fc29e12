//! The preprocessed dataset and its leave-one-out split.

use serde::{Deserialize, Serialize};

use crate::fingerprint::Fingerprint;

/// Dense user index, `0..n_users`.
pub type User = u32;

/// Dense item index, `0..n_items`.
pub type Item = u32;

/// Implicit-feedback sequences after preprocessing; users and items are numbered densely.
///
/// Every sequence that [`load`](crate::load) returns has at least three items: one or more to
/// train on, one for validation, one for the test.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
pub struct Dataset {
    /// The dataset's name as written in an experiment.
    pub name: String,
    /// Size of the catalogue; items are `0..n_items`.
    pub n_items: usize,
    /// Items of each user, oldest first, shape `[n_users][length]`.
    pub sequences: Vec<Vec<Item>>,
    /// Original user ids, shape `[n_users]`.
    pub user_ids: Vec<String>,
    /// Original item ids, shape `[n_items]`.
    pub item_ids: Vec<String>,
    /// Interactions in the source, malformed rows included: a row each, or in files of sequences as
    /// many as a row has items.
    pub rows_read: usize,
    /// Malformed rows, left out.
    pub rows_bad: usize,
    /// Well-formed rows left out by preprocessing: low ratings, repeated (user, item)
    /// pairs, short users, rare items, users not sampled, and the start of long histories.
    pub rows_dropped: usize,
    /// True preference, row-major `[n_users, n_items]`; only synthetic data have it.
    pub preference: Option<Vec<f32>>,
    /// BLAKE3 hash (hex) of name, catalogue size and sequences: the same on every machine.
    pub fingerprint: String,
}

impl Dataset {
    /// Number of users.
    #[must_use]
    pub fn n_users(&self) -> usize {
        self.sequences.len()
    }

    /// Number of interactions, validation and test items included.
    #[must_use]
    pub fn n_interactions(&self) -> usize {
        self.sequences.iter().map(Vec::len).sum()
    }

    /// The training part of a user's sequence: all but the last two items, oldest first.
    ///
    /// # Panics
    /// When `user` is not in `0..n_users` or has fewer than two items.
    #[must_use]
    pub fn train(&self, user: usize) -> &[Item] {
        let sequence = &self.sequences[user];
        &sequence[..sequence.len() - 2]
    }

    /// The item held out for validation: the last but one.
    ///
    /// # Panics
    /// When `user` is not in `0..n_users` or has fewer than two items.
    #[must_use]
    pub fn validation_item(&self, user: usize) -> Item {
        let sequence = &self.sequences[user];
        sequence[sequence.len() - 2]
    }

    /// The item held out for the test: the last.
    ///
    /// # Panics
    /// When `user` is not in `0..n_users` or has no items.
    #[must_use]
    pub fn test_item(&self, user: usize) -> Item {
        let sequence = &self.sequences[user];
        sequence[sequence.len() - 1]
    }

    /// How often each item occurs in the training parts, shape `[n_items]`.
    #[must_use]
    pub fn train_popularity(&self) -> Vec<u32> {
        let mut counts = vec![0; self.n_items];
        for user in 0..self.n_users() {
            for &item in self.train(user) {
                counts[item as usize] += 1;
            }
        }
        counts
    }

    /// The fingerprint that the present content has.
    ///
    /// Equal to the field `fingerprint` unless the content was changed after it was set.
    #[must_use]
    pub fn content_fingerprint(&self) -> String {
        let mut hash = Fingerprint::new("recpo-dataset-v1");
        hash.text(&self.name);
        hash.count(self.n_items);
        hash.lists(&self.sequences);
        hash.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dataset() -> Dataset {
        let mut dataset = Dataset {
            name: "toy".into(),
            n_items: 5,
            sequences: vec![vec![0, 1, 2, 3], vec![4, 1, 0]],
            user_ids: vec!["a".into(), "b".into()],
            item_ids: (0..5).map(|item| item.to_string()).collect(),
            rows_read: 7,
            rows_bad: 0,
            rows_dropped: 0,
            preference: None,
            fingerprint: String::new(),
        };
        dataset.fingerprint = dataset.content_fingerprint();
        dataset
    }

    #[test]
    fn leave_one_out_takes_the_last_two_positions() {
        let dataset = dataset();
        assert_eq!(dataset.train(0), [0, 1]);
        assert_eq!((dataset.validation_item(0), dataset.test_item(0)), (2, 3));
        assert_eq!(dataset.train(1), [4]);
        assert_eq!((dataset.validation_item(1), dataset.test_item(1)), (1, 0));
        assert_eq!(dataset.n_interactions(), 7);
    }

    #[test]
    fn train_popularity_leaves_out_held_out_items() {
        assert_eq!(dataset().train_popularity(), [1, 1, 0, 0, 1]);
    }

    #[test]
    fn fingerprint_depends_on_name_catalogue_and_boundaries() {
        let base = dataset();
        let mut renamed = base.clone();
        renamed.name = "other".into();
        let mut larger = base.clone();
        larger.n_items = 6;
        let mut shifted = base.clone();
        shifted.sequences = vec![vec![0, 1, 2], vec![3, 4, 1, 0]];
        for other in [renamed, larger, shifted] {
            assert_ne!(base.fingerprint, other.content_fingerprint());
        }
    }
}
