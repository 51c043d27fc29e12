//! What one user's rank is worth.

/// A ranking metric of a single user whose next item has a known rank.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UserMetric {
    /// 1 when the rank is at most k, else 0.
    HitRate(usize),
    /// 1 / log₂(rank + 1) when the rank is at most k, else 0: NDCG@k with one relevant item
    /// (Järvelin and Kekäläinen, ACM TOIS 20, 2002).
    Ndcg(usize),
    /// 1 / rank, whose mean is MRR.
    ReciprocalRank,
}

impl UserMetric {
    /// The metric at a rank, counted from 1; ties may give half ranks.
    pub fn of(self, rank: f32) -> f64 {
        let rank = f64::from(rank);
        match self {
            Self::HitRate(cutoff) => f64::from(u8::from(rank <= cutoff as f64)),
            Self::Ndcg(cutoff) if rank <= cutoff as f64 => 1.0 / (rank + 1.0).log2(),
            Self::Ndcg(_) => 0.0,
            Self::ReciprocalRank => rank.recip(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metrics_by_hand() {
        assert_eq!(UserMetric::Ndcg(10).of(1.0), 1.0);
        assert_eq!(UserMetric::Ndcg(10).of(3.0), 0.5);
        assert_eq!(UserMetric::Ndcg(10).of(10.5), 0.0);
        assert_eq!(UserMetric::ReciprocalRank.of(2.5), 0.4);
        assert_eq!([9.5, 10.0, 10.5].map(|r| UserMetric::HitRate(10).of(r)), [1.0, 1.0, 0.0]);
    }
}
