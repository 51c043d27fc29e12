//! NDCG@k.
//!
//! Järvelin and Kekäläinen, "Cumulated gain-based evaluation of IR techniques" (2002), with one
//! relevant item.

use super::metric::{Metric, mean};
use crate::evaluation::competitors::Rank;

/// NDCG@k with one relevant item.
#[derive(Clone, Copy, Debug)]
pub struct Ndcg;

impl Metric for Ndcg {
    fn name(&self) -> &'static str {
        "ndcg"
    }

    fn title(&self) -> &'static str {
        "NDCG"
    }

    fn meaning(&self) -> &'static str {
        "normalised discounted cumulative gain of the held-out item among the k highest ranked, 0 to 1"
    }

    fn per_cutoff(&self) -> bool {
        true
    }

    fn of_ranks(&self, ranks: &[Rank], cutoff: usize) -> Option<f64> {
        Some(ndcg(ranks, cutoff))
    }
}

/// The mean of `1 / log2(rank + 1)` for ranks at most `k`, in expectation over the order of ties.
#[must_use]
pub fn ndcg(ranks: &[Rank], k: usize) -> f64 {
    mean(ranks.iter().map(|rank| rank.expected(k, |place| 1.0 / (place + 1.0).log2())))
}
