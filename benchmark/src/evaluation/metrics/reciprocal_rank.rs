//! MRR.

use super::metric::{Metric, mean};
use crate::evaluation::competitors::Rank;

/// The mean reciprocal rank, in expectation over the order of ties.
#[derive(Clone, Copy, Debug)]
pub struct ReciprocalRank;

impl Metric for ReciprocalRank {
    fn name(&self) -> &'static str {
        "mrr"
    }

    fn title(&self) -> &'static str {
        "MRR"
    }

    fn meaning(&self) -> &'static str {
        "mean of 1 / rank of the held-out item, 0 to 1"
    }

    fn of_ranks(&self, ranks: &[Rank], _cutoff: usize) -> Option<f64> {
        Some(mean(ranks.iter().map(|rank| rank.expected(usize::MAX, |place| 1.0 / place))))
    }
}
