//! The item of a user that is predicted, on validation and on test.

use prefsweep_datasets::random::stream;
use prefsweep_datasets::{Case, Dataset};
use rand::seq::SliceRandom;
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

/// The users of whom an item is predicted in `split`, ascending: with leave-one-out all.
///
/// With `most` only so many of them: the first that have an item, in an order of all users that depends on their number
/// alone. Every run thus evaluates the same ones, whatever its seed, and fewer are the first of more.
#[must_use]
pub fn evaluated(dataset: &Dataset, split: Split, most: Option<usize>) -> Vec<u32> {
    let mut users: Vec<u32> = (0..dataset.n_users() as u32).collect();
    let has_item = |&user: &u32| held_out(dataset, user, split).is_some();
    let Some(most) = most else {
        users.retain(has_item);
        return users;
    };
    users.shuffle(&mut stream(0, "evaluated users", &[]));
    let mut users: Vec<u32> = users.into_iter().filter(has_item).take(most).collect();
    users.sort_unstable();
    users
}

#[cfg(test)]
mod tests {
    use prefsweep_datasets::Cut;

    use super::*;

    /// Every third user has no test item.
    fn dataset(users: usize) -> Dataset {
        let cut = |user: usize| Cut {
            trained: 2,
            validation: 2,
            test: if user.is_multiple_of(3) { 4 } else { 3 },
        };
        Dataset {
            n_items: 9,
            sequences: vec![vec![0, 1, 2, 3]; users],
            cuts: Some((0..users).map(cut).collect()),
            ..Dataset::default()
        }
    }

    #[test]
    fn a_sample_is_of_those_who_have_an_item_and_part_of_a_larger_one() {
        let data = dataset(300);
        let of = |split, most| evaluated(&data, split, most);
        let all = of(Split::Test, None);
        assert_eq!(all.len(), 200);
        assert!(all.is_sorted() && all.iter().all(|user| user % 3 != 0));
        let (some, more) = (of(Split::Test, Some(40)), of(Split::Test, Some(120)));
        assert_eq!((some.len(), more.len()), (40, 120));
        assert!(some.is_sorted() && some.iter().all(|user| more.contains(user)));
        assert!(more.iter().all(|user| all.contains(user)));
        assert!(some != all[..40], "not the first by number");
        assert_eq!(of(Split::Test, Some(200)), all);
        assert_eq!(of(Split::Test, Some(999)), all);
        // Of validation, where everybody has an item, it is of the same order.
        let validation = of(Split::Validation, Some(60));
        assert!(some.iter().filter(|user| validation.contains(user)).count() >= 30);
    }
}
