//! Small datasets for tests.

use prefsweep_datasets::{Dataset, Item};

/// A dataset with these training items.
pub(crate) fn with_training_items(histories: &[Vec<Item>], n_items: usize) -> Dataset {
    Dataset {
        name: "test".into(),
        n_items,
        user_ids: vec![String::new(); histories.len()],
        // The last two are for validation and test.
        sequences: histories.iter().map(|items| [items.as_slice(), &[0, 0]].concat()).collect(),
        item_ids: vec![String::new(); n_items],
        ..Dataset::default()
    }
}
