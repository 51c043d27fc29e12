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
    /// The metric at an expected rank, counted from 1, that is shared with `ties` items: its mean over the places of
    /// all of them, which are equally likely.
    pub fn of(self, rank: f32, ties: u32) -> f64 {
        let first = f64::from(rank) - f64::from(ties) / 2.0;
        let places = (0..=ties).map(|below| first + f64::from(below));
        let last = match self {
            Self::HitRate(cutoff) | Self::Ndcg(cutoff) => cutoff as f64,
            Self::ReciprocalRank => f64::INFINITY,
        };
        let gains = places.take_while(|place| *place <= last).map(|place| match self {
            Self::HitRate(_) => 1.0,
            Self::Ndcg(_) => 1.0 / (place + 1.0).log2(),
            Self::ReciprocalRank => place.recip(),
        });
        gains.fold(0.0, |sum, gain| sum + gain) / (f64::from(ties) + 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metrics_by_hand() {
        assert_eq!(UserMetric::Ndcg(10).of(1.0, 0), 1.0);
        assert_eq!(UserMetric::Ndcg(10).of(3.0, 0), 0.5);
        assert_eq!(UserMetric::Ndcg(10).of(10.5, 0), 0.0);
        assert_eq!(UserMetric::ReciprocalRank.of(2.5, 0), 0.4);
        assert_eq!([9.5, 10.0, 10.5].map(|r| UserMetric::HitRate(10).of(r, 0)), [1.0, 1.0, 0.0]);
        // Places 10 and 11; places 1 to 3.
        assert_eq!(UserMetric::HitRate(10).of(10.5, 1), 0.5);
        assert_eq!(UserMetric::Ndcg(1).of(2.0, 2), 1.0 / 3.0);
        assert!((UserMetric::ReciprocalRank.of(2.0, 2) - 11.0 / 18.0).abs() < 1e-15);
    }
}
