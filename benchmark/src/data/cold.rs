//! Cold test items: those that training has seen little of.

use prefsweep_datasets::Dataset;
use prefsweep_store::Cold;

/// An item is cold with so many interactions in the training part at most.
const AT_MOST: u32 = 5;

/// Whose test items are cold, of those users who are evaluated.
#[must_use]
pub fn cold_targets(dataset: &Dataset, evaluated: &[u32]) -> Cold {
    let popularity = dataset.train_popularity();
    let is_cold = |item: u32| popularity[item as usize] <= AT_MOST;
    let users = evaluated.iter().copied().filter(|&user| {
        let test = dataset.test(user as usize);
        test.is_some_and(|case| is_cold(case.target))
    });
    Cold {
        at_most: AT_MOST as usize,
        items: (0..dataset.n_items as u32).filter(|&item| is_cold(item)).count(),
        users: users.collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_are_cold_by_what_training_sees_of_them() {
        // Item 0 is in seven training parts, item 1 is held out seven times, item 2 is in one.
        let mut sequences = vec![vec![0, 1, 1]; 7];
        sequences.push(vec![2, 1, 0]);
        let dataset = Dataset { n_items: 3, sequences, ..Dataset::default() };
        let all: Vec<u32> = (0..8).collect();
        let cold = cold_targets(&dataset, &all);
        assert_eq!((cold.at_most, cold.items), (5, 2));
        assert_eq!(cold.users, all[..7]);
        assert_eq!(cold_targets(&dataset, &[3, 7]).users, [3]);
    }
}
