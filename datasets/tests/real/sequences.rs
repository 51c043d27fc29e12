//! What the tests compare of sequences.

use std::collections::BTreeSet;

use prefsweep_datasets::Dataset;

/// Checksum of item sequences: c ← (31 c + item + 1) mod 2⁶¹ over all positions in order.
pub(crate) fn checksum<'a>(items: impl IntoIterator<Item = &'a u32>) -> u64 {
    items
        .into_iter()
        .fold(0, |sum, &item| ((u128::from(sum) * 31 + u128::from(item) + 1) % (1 << 61)) as u64)
}

/// The original ids of a user's items.
pub(crate) fn item_set(dataset: &Dataset, user: usize) -> BTreeSet<&str> {
    let items = dataset.sequences[user].iter();
    items.map(|&item| dataset.item_ids[item as usize].as_str()).collect()
}
