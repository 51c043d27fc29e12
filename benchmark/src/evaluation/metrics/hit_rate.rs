//! HR@k.

use super::metric::{Metric, mean};
use crate::evaluation::competitors::Rank;

/// HR@k: the share of ranks that are at most `k`.
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
        let hit = |rank: &Rank| if f64::from(rank.rank) <= cutoff as f64 { 1.0 } else { 0.0 };
        Some(mean(ranks.iter().map(hit)))
    }
}
