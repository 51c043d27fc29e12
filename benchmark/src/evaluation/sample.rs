//! The users after whose validation histories policies are compared in detail.

use prefsweep_datasets::Dataset;

use crate::data::{Split, evaluated};

/// How many they are at most.
pub(super) const USERS: usize = 512;

/// A fixed sample: the first users that have a validation item.
pub(super) fn sample(dataset: &Dataset) -> Vec<u32> {
    let mut users = evaluated(dataset, Split::Validation);
    users.truncate(USERS);
    users
}
