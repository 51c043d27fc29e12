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

/// The mean of `1 / log2(rank + 1)` for ranks at most `k`.
#[must_use]
pub fn ndcg(ranks: &[Rank], k: usize) -> f64 {
    mean(ranks.iter().map(|rank| {
        let rank = f64::from(rank.rank);
        if rank <= k as f64 { 1.0 / (rank + 1.0).log2() } else { 0.0 }
    }))
}
