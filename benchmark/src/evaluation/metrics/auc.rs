//! AUC per user.

use super::metric::{Metric, mean};
use crate::evaluation::competitors::Rank;

/// The mean over users of the share of competitors that are ranked below the held-out item, ties
/// counted half: the probability that it is preferred to one drawn at random.
///
/// It follows from the rank: with n competitors, `1 - (rank - 1) / n`.
#[derive(Clone, Copy, Debug)]
pub struct Auc;

impl Metric for Auc {
    fn name(&self) -> &'static str {
        "auc"
    }

    fn title(&self) -> &'static str {
        "AUC"
    }

    fn meaning(&self) -> &'static str {
        "mean over users of the share of competing items ranked below the held-out one, 0 to 1; 0.5 is chance"
    }

    fn of_ranks(&self, ranks: &[Rank], _cutoff: usize) -> Option<f64> {
        Some(mean(ranks.iter().map(|rank| {
            // Without a competitor nothing is ranked above it.
            1.0 - (f64::from(rank.rank) - 1.0) / f64::from(rank.competitors.max(1))
        })))
    }
}
