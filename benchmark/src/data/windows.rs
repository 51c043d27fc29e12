//! Training windows: stretches of the users' sequences.

use prefsweep_datasets::{Dataset, Item};

/// A stretch of one user's training sequence: `inputs[j]` is followed by `targets[j]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    /// Whose it is.
    pub user: u32,
    /// Items seen, oldest first.
    pub inputs: Vec<Item>,
    /// The next item at each position.
    pub targets: Vec<Item>,
}

/// Cuts every training sequence into windows of at most `max_len` positions, from its end, so
/// that each transition is trained exactly once per epoch.
#[must_use]
pub fn windows(dataset: &Dataset, max_len: usize) -> Vec<Window> {
    let mut windows = Vec::new();
    for user in 0..dataset.n_users() {
        let sequence = dataset.train(user);
        let mut end = sequence.len();
        while end > 1 {
            let start = end.saturating_sub(max_len + 1);
            windows.push(Window {
                user: user as u32,
                inputs: sequence[start..end - 1].to_vec(),
                targets: sequence[start + 1..end].to_vec(),
            });
            end = start + 1;
        }
    }
    windows
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(user: u32, inputs: &[Item], targets: &[Item]) -> Window {
        Window { user, inputs: inputs.to_vec(), targets: targets.to_vec() }
    }

    fn dataset(sequences: Vec<Vec<Item>>) -> Dataset {
        Dataset {
            name: "test".into(),
            n_items: 100,
            user_ids: sequences.iter().map(|_| String::new()).collect(),
            sequences,
            item_ids: vec![String::new(); 100],
            ..Dataset::default()
        }
    }

    #[test]
    fn windows_cover_each_training_transition_once() {
        // 0..8 without the last two for validation and test: transitions 0→1 … 4→5.
        let data = dataset(vec![(0..8).collect(), vec![7, 8, 9]]);
        assert_eq!(
            windows(&data, 3),
            [window(0, &[2, 3, 4], &[3, 4, 5]), window(0, &[0, 1], &[1, 2])],
            "a user with one training item has no transition"
        );
    }
}
