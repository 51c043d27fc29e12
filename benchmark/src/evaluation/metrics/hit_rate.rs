//! HR@k.

use super::metric::{Metric, mean};
use crate::evaluation::competitors::Rank;

/// HR@k: the share of ranks that are at most `k`, in expectation over the order of ties.
#[derive(Clone, Copy, Debug)]
pub struct HitRate;

impl Metric for HitRate {
    fn name(&self) -> &'static str {
        "hr"
    }

    fn title(&self) -> &'static str {
        "HR"
    }

    fn meaning(&self) -> &'static str {
        "share of users whose held-out item is among the k highest ranked, 0 to 1"
    }

    fn per_cutoff(&self) -> bool {
        true
    }

    fn of_ranks(&self, ranks: &[Rank], cutoff: usize) -> Option<f64> {
        Some(mean(ranks.iter().map(|rank| rank.expected(cutoff, |_| 1.0))))
    }
}
