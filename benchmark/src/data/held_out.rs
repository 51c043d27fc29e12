//! The item of a user that is predicted, on validation and on test.

use prefsweep_datasets::{Case, Dataset};
use serde::{Deserialize, Serialize};

/// Which held-out item is ranked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Split {
    /// The first of the validation part (leave-one-out: the last but one), from what came before it.
    Validation,
    /// The first of the test part (leave-one-out: the last), from what came before it.
    Test,
}

impl Split {
    /// Both splits, in the order of the tables.
    pub const ALL: [Self; 2] = [Self::Validation, Self::Test];

    /// The name in files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Validation => "validation",
            Self::Test => "test",
        }
    }
}

/// What is predicted of a user in `split`, if anything.
#[must_use]
pub fn held_out(dataset: &Dataset, user: u32, split: Split) -> Option<Case<'_>> {
    match split {
        Split::Validation => dataset.validation(user as usize),
        Split::Test => dataset.test(user as usize),
    }
}

/// The users of whom an item is predicted in `split`: with leave-one-out all.
#[must_use]
pub fn evaluated(dataset: &Dataset, split: Split) -> Vec<u32> {
    let users = 0..dataset.n_users() as u32;
    users.filter(|&user| held_out(dataset, user, split).is_some()).collect()
}
