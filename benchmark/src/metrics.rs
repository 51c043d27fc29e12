//! Ranking metrics from ranks.

use std::cmp::Ordering;

use crate::simd::{LANES, vectorised};

/// The competitors of a target that count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Competitors {
    above: u32,
    ties: u32,
}

impl Competitors {
    /// Those with these scores.
    #[must_use]
    pub fn of(target: f32, scores: &[f32]) -> Self {
        vectorised(
            #[inline(always)]
            || {
                let (blocks, rest) = scores.as_chunks::<LANES>();
                let (mut above, mut ties) = ([0_u32; LANES], [0_u32; LANES]);
                for block in blocks {
                    for lane in 0..LANES {
                        above[lane] += above_it(block[lane], target);
                        ties[lane] += u32::from(block[lane] == target);
                    }
                }
                for (lane, score) in rest.iter().enumerate() {
                    above[lane] += above_it(*score, target);
                    ties[lane] += u32::from(*score == target);
                }
                Self { above: above.iter().sum(), ties: ties.iter().sum() }
            },
        )
    }

    /// Takes one with this score away.
    pub fn remove(&mut self, target: f32, score: f32) {
        self.above -= above_it(score, target);
        self.ties -= u32::from(score == target);
    }

    /// The rank of the target: one, plus the items scored above it, plus half of those scored the
    /// same, which is its expected rank when ties are broken at random.
    #[must_use]
    pub fn rank(self) -> Rank {
        Rank { rank: 1.0 + self.above as f32 + 0.5 * self.ties as f32, ties: self.ties }
    }
}

/// Whether a score counts as above the target's: so does everything where one of them is not a
/// number, or else a broken model would rank every target first.
#[inline(always)]
fn above_it(score: f32, target: f32) -> u32 {
    u32::from(!matches!(score.partial_cmp(&target), Some(Ordering::Less | Ordering::Equal)))
}

/// Where a target stands among its competitors.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rank {
    /// Expected rank, from 1.
    pub rank: f32,
    /// Competitors with exactly the target's score.
    pub ties: u32,
}

/// HR@k: the share of ranks that are at most `k`.
#[must_use]
pub fn hit_rate(ranks: &[Rank], k: usize) -> f64 {
    mean(ranks.iter().map(|rank| if f64::from(rank.rank) <= k as f64 { 1.0 } else { 0.0 }))
}

/// NDCG@k with one relevant item: the mean of `1 / log2(rank + 1)` for ranks at most `k`.
#[must_use]
pub fn ndcg(ranks: &[Rank], k: usize) -> f64 {
    mean(ranks.iter().map(|rank| {
        let rank = f64::from(rank.rank);
        if rank <= k as f64 { 1.0 / (rank + 1.0).log2() } else { 0.0 }
    }))
}

/// The mean reciprocal rank.
#[must_use]
pub fn reciprocal_rank(ranks: &[Rank]) -> f64 {
    mean(ranks.iter().map(|rank| 1.0 / f64::from(rank.rank)))
}

/// The share of targets that tie with a competitor. Scores of a trained model hardly ever tie, so
/// a large share means that something is wrong with them.
#[must_use]
pub fn tied_share(ranks: &[Rank]) -> f64 {
    mean(ranks.iter().map(|rank| if rank.ties > 0 { 1.0 } else { 0.0 }))
}

fn mean(values: impl ExactSizeIterator<Item = f64>) -> f64 {
    let count = values.len() as f64;
    values.sum::<f64>() / count
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ranks(ranks: &[f32]) -> Vec<Rank> {
        ranks.iter().map(|&rank| Rank { rank, ties: 0 }).collect()
    }

    #[test]
    fn metrics_match_hand_computed_values() {
        let ranks = ranks(&[1.0, 3.0, 12.0, 2.0]);
        assert_eq!(hit_rate(&ranks, 1), 0.25);
        assert_eq!(hit_rate(&ranks, 2), 0.5);
        assert_eq!(hit_rate(&ranks, 10), 0.75);
        // 1/log2(2) + 1/log2(4) + 0 + 1/log2(3), over four.
        assert!((ndcg(&ranks, 10) - (1.0 + 0.5 + 0.630_929_753_571_457_4) / 4.0).abs() < 1e-12);
        let mrr = (1.0 + 1.0 / 3.0 + 1.0 / 12.0 + 0.5) / 4.0;
        assert!((reciprocal_rank(&ranks) - mrr).abs() < 1e-12);
    }

    #[test]
    fn ties_count_at_their_expected_rank() {
        let rank = Competitors::of(0.5, &[0.9, 0.5, 0.5, 0.1]).rank();
        assert_eq!(rank, Rank { rank: 3.0, ties: 2 });
        assert_eq!(tied_share(&[rank, Rank { rank: 1.0, ties: 0 }]), 0.5);
    }

    #[test]
    fn a_target_that_is_not_a_number_is_last() {
        let rank = Competitors::of(f32::NAN, &[0.5; 20]).rank();
        assert_eq!(rank, Rank { rank: 21.0, ties: 0 });
        assert_eq!(Competitors::of(0.5, &[f32::NAN, 0.1]).rank().rank, 2.0);
    }

    proptest! {
        /// The expected rank is the mean rank over both extreme orders of the ties.
        #[test]
        fn expected_rank_is_between_the_best_and_the_worst(
            target in -3_i8..3, others in proptest::collection::vec(-3_i8..3, 0..40),
        ) {
            let above = others.iter().filter(|&&other| other > target).count();
            let at_least = others.iter().filter(|&&other| other >= target).count();
            let scores: Vec<f32> = others.iter().map(|&other| f32::from(other)).collect();
            let mut competitors = Competitors::of(f32::from(target), &scores);
            let middle = (1 + above + 1 + at_least) as f32 / 2.0;
            prop_assert_eq!(competitors.rank().rank, middle);
            for score in scores {
                competitors.remove(f32::from(target), score);
            }
            prop_assert_eq!(competitors, Competitors::default());
        }

        #[test]
        fn metrics_are_shares_and_grow_with_the_cutoff(
            list in proptest::collection::vec(1_u16..500, 1..50), k in 1_usize..100,
        ) {
            let ranks: Vec<Rank> =
                list.iter().map(|&rank| Rank { rank: f32::from(rank), ties: 0 }).collect();
            prop_assert!(ndcg(&ranks, k) <= hit_rate(&ranks, k));
            prop_assert!(hit_rate(&ranks, k) <= hit_rate(&ranks, k + 1));
            prop_assert!(hit_rate(&ranks, k) <= 1.0);
            // Reciprocal rank at k is at most NDCG at k, since log2(r + 1) <= r.
            let truncated = list.iter().filter(|&&r| usize::from(r) <= k).map(|&r| 1.0 / f64::from(r));
            prop_assert!(truncated.sum::<f64>() / list.len() as f64 <= ndcg(&ranks, k) + 1e-12);
        }
    }
}
