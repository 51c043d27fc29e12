//! One item for every user, held-out or negative, with the policy's log-probability of it.

use prefsweep_datasets::random::stream;
use prefsweep_policy::kernels::log_sum_exp_rows;
use rand::RngExt;
use serde::{Deserialize, Serialize};

use crate::data::Split;

/// What a user is shown.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Shown {
    /// Whether it is the held-out item; otherwise it is the first of the user's candidates.
    pub positive: bool,
    /// The policy's log-probability of it after the user's history.
    pub log_probability: f32,
}

/// How scores become log-probabilities.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Normalised {
    /// By a softmax over the catalogue.
    OverItems,
    /// They are log-probabilities.
    Already,
}

/// A fair coin: whether a user is shown the held-out item. It depends on user and split alone, so that all
/// policies are asked about the same items.
pub(super) fn is_positive(user: u32, split: Split) -> bool {
    stream(0, "shown item", &[u64::from(user), split as u64]).random()
}

impl Normalised {
    /// The log-probability of an item; may use the scores up.
    pub(super) fn log_probability(self, scores: &mut [f32], item: u32) -> f32 {
        let score = scores[item as usize];
        match self {
            Self::Already => score,
            Self::OverItems => {
                let (n_items, mut log_sum) = (scores.len(), [0.0]);
                log_sum_exp_rows(scores, n_items, &mut log_sum);
                score - log_sum[0]
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn log_probabilities_are_those_of_the_softmax() {
        let scores: Vec<f32> = (0..101).map(|item| (item as f32 * 0.7).sin() * 5.0).collect();
        let sum: f64 = scores.iter().map(|&score| f64::from(score).exp()).sum();
        for item in [0, 50, 100] {
            let found = Normalised::OverItems.log_probability(&mut scores.clone(), item);
            let exact = f64::from(scores[item as usize]) - sum.ln();
            assert!((f64::from(found) - exact).abs() < 1e-5, "{found} {exact}");
        }
        assert_eq!(Normalised::Already.log_probability(&mut [-3.0, -0.5], 1), -0.5);
    }

    #[test]
    fn the_coin_is_fair_and_falls_apart_on_the_splits() {
        let heads = |split| (0..10_000).filter(|&user| is_positive(user, split)).count();
        // Four standard deviations of 50.
        assert!(Split::ALL.into_iter().all(|split| heads(split).abs_diff(5000) < 200));
        let both =
            |user: &u32| is_positive(*user, Split::Test) == is_positive(*user, Split::Validation);
        assert!((0..10_000).filter(both).count().abs_diff(5000) < 200);
    }
}
