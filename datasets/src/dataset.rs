//! The preprocessed dataset and its split.

use serde::{Deserialize, Serialize};

use crate::error::DataError;
use crate::features::ItemFeatures;
use crate::fingerprint::Fingerprint;
use crate::indices::Item;
use crate::split::{Case, Cut};

/// Tag of the fingerprint. It was chosen under the project's former name and stays: another tag
/// would change the fingerprint of all data, and with it the identity of every stored result.
const FINGERPRINT_TAG: &str = "recpo-dataset-v1";

/// Implicit-feedback sequences after preprocessing; users and items have dense indices.
///
/// Without `cuts` the split is leave-one-out, and every sequence that [`load`](crate::load) returns
/// has at least three items: one or more to train on, one for validation, one for testing.
#[derive(Clone, Debug, Default, Serialize, Deserialize, PartialEq)]
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
    /// Titles of the items, shape `[n_items]`, where the source has a file with them.
    pub item_titles: Option<Vec<Option<String>>>,
    /// Features of the items, where the source has some.
    #[serde(default)]
    pub features: ItemFeatures,
    /// Where each sequence is split, shape `[n_users]`; None is leave-one-out.
    pub cuts: Option<Vec<Cut>>,
    /// The negatives that the source itself gives for each user's held-out item, shape
    /// `[n_users][negatives]`; with None they are sampled.
    pub given_negatives: Option<Vec<Vec<Item>>>,
    /// Interactions in the source, malformed rows included. A row is one interaction; in files of
    /// sequences it is one per item.
    pub rows_read: usize,
    /// Malformed rows, which are skipped.
    pub rows_bad: usize,
    /// The first few of them: line, text and reason. Empty for data that were prepared by an earlier version.
    pub rows_bad_first: Vec<String>,
    /// Well-formed rows dropped by preprocessing: low ratings, repeated (user, item) pairs, users
    /// and items with few interactions, users not sampled, and the start of long histories.
    pub rows_dropped: usize,
    /// True preference, row-major `[n_users, n_items]`; only for synthetic data.
    pub preference: Option<Vec<f32>>,
    /// BLAKE3 hash (hex) of name, catalogue size, sequences and, if present, cuts and given
    /// negatives; the same on every machine.
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

    /// The training part of a user's sequence, oldest first: all but the last two items, or what
    /// lies before the cuts. With cuts it may be empty.
    ///
    /// # Panics
    /// When `user` is not in `0..n_users`.
    #[must_use]
    pub fn train(&self, user: usize) -> &[Item] {
        &self.sequences[user][..self.cut(user).trained]
    }

    /// The user's validation instance: the target item with the history before it.
    ///
    /// # Panics
    /// When `user` is not in `0..n_users`.
    #[must_use]
    pub fn validation(&self, user: usize) -> Option<Case<'_>> {
        let cut = self.cut(user);
        self.first_of(user, cut.validation..cut.test)
    }

    /// The user's test instance: the target item with the history before it.
    ///
    /// # Panics
    /// When `user` is not in `0..n_users`.
    #[must_use]
    pub fn test(&self, user: usize) -> Option<Case<'_>> {
        self.first_of(user, self.cut(user).test..self.sequences[user].len())
    }

    fn cut(&self, user: usize) -> Cut {
        match &self.cuts {
            Some(cuts) => cuts[user],
            None => {
                let test = self.sequences[user].len().saturating_sub(1);
                let validation = test.saturating_sub(1);
                Cut { trained: validation, validation, test }
            }
        }
    }

    fn first_of(&self, user: usize, part: std::ops::Range<usize>) -> Option<Case<'_>> {
        let (history, held_out) = self.sequences[user].split_at(part.start);
        let target = *held_out.first()?;
        (!part.is_empty() && !history.is_empty()).then_some(Case { history, target })
    }

    /// Fails unless the cuts leave something to train on and a target in both held-out parts.
    pub(crate) fn check_cuts(self, label: &str) -> Result<Self, DataError> {
        let users = || 0..self.n_users();
        let part = if self.cuts.is_none() {
            return Ok(self);
        } else if !users().any(|user| self.train(user).len() > 1) {
            "training"
        } else if !users().any(|user| self.validation(user).is_some()) {
            "validation"
        } else if !users().any(|user| self.test(user).is_some()) {
            "testing"
        } else {
            return Ok(self);
        };
        Err(DataError::EmptyPart { dataset: label.to_owned(), part })
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

    /// The fingerprint of the current content.
    ///
    /// Equal to the field `fingerprint` unless the content was changed after that was set.
    #[must_use]
    pub fn content_fingerprint(&self) -> String {
        let mut hash = Fingerprint::new(FINGERPRINT_TAG);
        hash.text(&self.name);
        hash.count(self.n_items);
        hash.lists(&self.sequences);
        if let Some(cuts) = &self.cuts {
            hash.text("cuts");
            for cut in cuts {
                for place in [cut.trained, cut.validation, cut.test] {
                    hash.count(place);
                }
            }
        }
        if let Some(negatives) = &self.given_negatives {
            hash.text("negatives");
            hash.lists(negatives);
        }
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
            ..Dataset::default()
        };
        dataset.fingerprint = dataset.content_fingerprint();
        dataset
    }

    #[test]
    fn leave_one_out_takes_the_last_two_positions() {
        let dataset = dataset();
        assert_eq!(dataset.train(0), [0, 1]);
        assert_eq!(dataset.validation(0), Some(Case { history: &[0, 1], target: 2 }));
        assert_eq!(dataset.test(0), Some(Case { history: &[0, 1, 2], target: 3 }));
        assert_eq!(dataset.train(1), [4]);
        assert_eq!(dataset.validation(1), Some(Case { history: &[4], target: 1 }));
        assert_eq!(dataset.test(1), Some(Case { history: &[4, 1], target: 0 }));
        assert_eq!(dataset.n_interactions(), 7);
    }

    #[test]
    fn cuts_separate_training_from_targets() {
        let cut = |trained, validation, test| Cut { trained, validation, test };
        let mut dataset = dataset();
        dataset.cuts = Some(vec![cut(1, 1, 3), cut(3, 3, 3)]);
        assert_eq!((dataset.train(0), dataset.train(1)), (&[0][..], &[4, 1, 0][..]));
        assert_eq!(dataset.validation(0), Some(Case { history: &[0], target: 1 }));
        assert_eq!(dataset.test(0), Some(Case { history: &[0, 1, 2], target: 3 }));
        assert_eq!((dataset.validation(1), dataset.test(1)), (None, None));
        // The first item has no history, so it is no target.
        dataset.cuts = Some(vec![cut(0, 0, 2), cut(0, 0, 0)]);
        assert_eq!(dataset.validation(0), None);
        assert_eq!(dataset.test(0), Some(Case { history: &[0, 1], target: 2 }));
        assert_eq!(dataset.test(1), None);
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
        let mut cut = base.clone();
        cut.cuts = Some(vec![Cut { trained: 2, validation: 2, test: 3 }; 2]);
        let mut given = base.clone();
        given.given_negatives = Some(vec![vec![4], vec![2]]);
        for other in [renamed, larger, shifted, cut, given] {
            assert_ne!(base.fingerprint, other.content_fingerprint());
        }
    }
}
