//! The items that a policy is built for.

use prefsweep_datasets::ItemFeature;

/// What a policy is built for.
#[derive(Clone, Copy, Debug)]
pub struct Catalogue<'a> {
    /// Number of items.
    pub n_items: usize,
    /// A text for every item, where there are titles.
    pub names: Option<&'a [String]>,
    /// What is known of the items beside their ids, each kind once.
    pub features: &'a [ItemFeature],
}

impl From<usize> for Catalogue<'_> {
    /// Items without titles and features.
    fn from(n_items: usize) -> Self {
        Self { n_items, names: None, features: &[] }
    }
}
