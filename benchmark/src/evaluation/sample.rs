//! The users after whose validation histories policies are compared in detail.

use crate::data::{Prepared, Split};

/// How many they are at most.
pub(super) const USERS: usize = 512;

/// Scores of all items that are kept of these users at most, 512 MiB, where a sample of users is evaluated.
const SCORES: usize = 1 << 27;

/// A fixed sample: the first of the evaluated users that have a validation item.
pub(super) fn sample(data: &Prepared) -> Vec<u32> {
    let mut users = data.evaluated(Split::Validation);
    users.truncate(USERS);
    if data.most_evaluated.is_some() {
        // Results without a sample stay as they were.
        users.truncate((SCORES / data.dataset.n_items).max(1));
    }
    users
}
