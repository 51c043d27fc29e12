//! The share of tied targets.

use prefsweep_store::Direction;

use super::metric::{Metric, mean};
use crate::evaluation::competitors::Rank;

/// The share of targets that tie with a competitor. Scores of a trained model hardly ever tie, so
/// a large share means that something is wrong with them.
#[derive(Clone, Copy, Debug)]
pub struct TiedShare;

impl Metric for TiedShare {
    fn name(&self) -> &'static str {
        "ties"
    }

    fn title(&self) -> &'static str {
        "ties"
    }

    fn meaning(&self) -> &'static str {
        "share of held-out items whose score equals that of another item, 0 to 1"
    }

    fn direction(&self) -> Direction {
        Direction::LowerIsBetter
    }

    fn of_ranks(&self, ranks: &[Rank], _cutoff: usize) -> Option<f64> {
        Some(mean(ranks.iter().map(|rank| if rank.ties > 0 { 1.0 } else { 0.0 })))
    }
}
