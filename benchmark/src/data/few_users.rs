//! A few users in place of all, for studies of how little data is enough.

use std::collections::BTreeSet;

use prefsweep_datasets::Dataset;
use prefsweep_datasets::random::stream;
use rand::seq::SliceRandom;

use super::neighbours::Neighbourhoods;
use super::prepared::Prepared;
use super::training_config::{Stages, TrainingConfig};

/// The users that a stage is trained on, where it is not trained on all.
#[derive(Debug)]
pub struct FewUsers {
    /// Their windows, as indices among all, ascending.
    pub windows: Vec<u32>,
    /// What samplers know, where the reference was trained on these users, too: their sequences alone.
    pub(crate) known: Option<(Dataset, Neighbourhoods)>,
}

impl FewUsers {
    /// The users of a stage under a seed; None where it is trained on all.
    ///
    /// Users are drawn from those who have two items to train on, in an order that depends on data and seed
    /// alone: fewer users are the first of more.
    #[must_use]
    pub fn of(training: &TrainingConfig, data: &Prepared, seed: u64) -> Option<Self> {
        let users = drawn(training, data, seed)?;
        let windows = (0_u32..).zip(&data.windows);
        let windows = windows.filter(|(_, window)| users.contains(&window.user));
        Some(Self {
            windows: windows.map(|(index, _)| index).collect(),
            known: (training.stages == Stages::Both)
                .then(|| (part(&data.dataset, &users), Neighbourhoods::default())),
        })
    }
}

/// The users of a stage; None where it is trained on all.
fn drawn(training: &TrainingConfig, data: &Prepared, seed: u64) -> Option<BTreeSet<u32>> {
    let count = training.few()?;
    let mut order = trainable(data);
    order.shuffle(&mut stream(seed, "training users", &[]));
    Some(order.into_iter().take(count).collect())
}

/// Windows of at most `max_len` positions that a stage is trained on in an epoch, whatever length `data` were cut for.
#[must_use]
pub fn n_windows(training: &TrainingConfig, data: &Prepared, max_len: usize, seed: u64) -> usize {
    let users = drawn(training, data, seed)
        .map_or_else(|| trainable(data), |users| users.into_iter().collect());
    let transitions = |user: &u32| data.dataset.train(*user as usize).len() - 1;
    users.iter().map(|user| transitions(user).div_ceil(max_len)).sum()
}

/// The users who have a window.
pub(crate) fn trainable(data: &Prepared) -> Vec<u32> {
    let mut users: Vec<u32> = data.windows.iter().map(|window| window.user).collect();
    users.dedup();
    users
}

/// The sequences of some users, in place of all: what samplers count is theirs.
fn part(dataset: &Dataset, users: &BTreeSet<u32>) -> Dataset {
    let of = || users.iter().map(|&user| user as usize);
    Dataset {
        name: dataset.name.clone(),
        n_items: dataset.n_items,
        sequences: of().map(|user| dataset.sequences[user].clone()).collect(),
        cuts: dataset.cuts.as_ref().map(|cuts| of().map(|user| cuts[user]).collect()),
        ..Dataset::default()
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use prefsweep_datasets::{DatasetConfig, DatasetName};

    use super::*;
    use crate::data::Users;

    fn data() -> Prepared {
        let mut config = DatasetConfig::new(DatasetName::Synthetic);
        config.synthetic.get_or_insert_default().users = 60;
        // Short windows, so that users have several.
        Prepared::load(&config, Path::new("."), 4).unwrap()
    }

    fn users(data: &Prepared, count: usize, seed: u64) -> Vec<u32> {
        let training = TrainingConfig { users: Users::Few(count), ..TrainingConfig::default() };
        let few = FewUsers::of(&training, data, seed).unwrap();
        let mut users: Vec<u32> =
            few.windows.iter().map(|&index| data.windows[index as usize].user).collect();
        let all = data.windows.iter().filter(|window| users.contains(&window.user)).count();
        assert_eq!(few.windows.len(), all, "every window of the drawn users, and no other");
        users.dedup();
        assert_eq!(users.len(), count);
        users
    }

    #[test]
    fn fewer_users_are_among_more_and_seeds_differ() {
        let data = data();
        let ten = users(&data, 10, 1);
        assert!(ten.iter().all(|user| users(&data, 30, 1).contains(user)));
        assert_eq!(ten, users(&data, 10, 1));
        assert_ne!(ten, users(&data, 10, 2));
        assert_eq!(users(&data, trainable(&data).len(), 1), trainable(&data));
    }

    #[test]
    fn windows_are_counted_for_every_length() {
        let mut config = DatasetConfig::new(DatasetName::Synthetic);
        config.synthetic.get_or_insert_default().users = 60;
        let few = TrainingConfig { users: Users::Few(7), ..TrainingConfig::default() };
        for length in [1, 3, 4, 5, 200] {
            let cut = Prepared::load(&config, Path::new("."), length).unwrap();
            let all = n_windows(&TrainingConfig::default(), &data(), length, 1);
            assert_eq!(all, cut.windows.len(), "{length}");
            let counted = n_windows(&few, &data(), length, 1);
            assert_eq!(counted, FewUsers::of(&few, &cut, 1).unwrap().windows.len(), "{length}");
        }
    }

    #[test]
    fn all_users_are_nothing_to_choose() {
        assert!(FewUsers::of(&TrainingConfig::default(), &data(), 1).is_none());
    }

    #[test]
    fn samplers_know_these_users_where_the_reference_does() {
        let data = data();
        let both = TrainingConfig { users: Users::Few(7), stages: Stages::Both };
        let few = FewUsers::of(&both, &data, 3).unwrap();
        let mut counts = vec![0; data.dataset.n_items];
        for user in users(&data, 7, 3) {
            data.dataset.train(user as usize).iter().for_each(|&item| counts[item as usize] += 1);
        }
        let (known, _) = few.known.unwrap();
        assert_eq!(known.train_popularity(), counts);
        let preference = TrainingConfig { stages: Stages::Preference, ..both };
        assert!(FewUsers::of(&preference, &data, 3).unwrap().known.is_none());
    }
}
