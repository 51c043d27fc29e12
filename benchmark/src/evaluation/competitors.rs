//! The rank of a target among its competitors.

use std::cmp::Ordering;

use prefsweep_policy::kernels::{LANES, vectorised};
use serde::{Deserialize, Serialize};

/// The competitors of a target that count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Competitors {
    count: u32,
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
                let count = scores.len() as u32;
                Self { count, above: above.iter().sum(), ties: ties.iter().sum() }
            },
        )
    }

    /// Takes one with this score away.
    pub fn remove(&mut self, target: f32, score: f32) {
        self.count -= 1;
        self.above -= above_it(score, target);
        self.ties -= u32::from(score == target);
    }

    /// The rank of the target: one, plus the items scored above it, plus half of those scored the
    /// same, which is its expected rank when ties are broken at random.
    #[must_use]
    pub fn rank(self) -> Rank {
        Rank {
            rank: 1.0 + self.above as f32 + 0.5 * self.ties as f32,
            ties: self.ties,
            competitors: self.count,
        }
    }
}

/// Whether a score counts as above the target's: so does everything where one of them is not a
/// number, or else a broken model would rank every target first.
#[inline(always)]
fn above_it(score: f32, target: f32) -> u32 {
    u32::from(!matches!(score.partial_cmp(&target), Some(Ordering::Less | Ordering::Equal)))
}

/// Where a target stands among its competitors.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rank {
    /// Expected rank, from 1.
    pub rank: f32,
    /// Competitors with exactly the target's score.
    pub ties: u32,
    /// All competitors.
    pub competitors: u32,
}

impl Rank {
    /// The first of the places that the target shares with the tied items, from 1.
    #[must_use]
    pub fn first(self) -> f64 {
        f64::from(self.rank) - 0.5 * f64::from(self.ties)
    }

    /// What `gain` of a place is worth in expectation over a uniformly random order of the tied items: the
    /// target stands at each of the places that it shares with them equally often.
    ///
    /// `gain` is given places from 1; beyond place `last` nothing is gained.
    #[must_use]
    pub fn expected(self, last: usize, gain: impl Fn(f64) -> f64) -> f64 {
        let places = f64::from(self.ties) + 1.0;
        let first = self.first();
        let counted = (last as f64 - first + 1.0).clamp(0.0, places) as u32;
        let gains = (0..counted).map(|place| gain(first + f64::from(place)));
        gains.fold(0.0, |sum, gain| sum + gain) / places
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ties_count_at_their_expected_rank() {
        let rank = Competitors::of(0.5, &[0.9, 0.5, 0.5, 0.1]).rank();
        assert_eq!(rank, Rank { rank: 3.0, ties: 2, competitors: 4 });
    }

    #[test]
    fn a_target_that_is_not_a_number_is_last() {
        let rank = Competitors::of(f32::NAN, &[0.5; 20]).rank();
        assert_eq!(rank, Rank { rank: 21.0, ties: 0, competitors: 20 });
        assert_eq!(Competitors::of(0.5, &[f32::NAN, 0.1]).rank().rank, 2.0);
    }

    #[test]
    fn constant_scores_hit_as_often_as_chance() {
        // The target and 48 others, all alike.
        let rank = Competitors::of(0.5, &[0.5; 48]).rank();
        for k in [1, 10, 20, 25, 30, 49, 80] {
            assert_eq!(rank.expected(k, |_| 1.0), k.min(49) as f64 / 49.0);
        }
    }

    /// Sums `gain` over the target's place in every order of `items`, and counts the orders.
    fn in_every_order(
        items: &mut Vec<bool>,
        fixed: usize,
        gain: &dyn Fn(usize) -> f64,
    ) -> (f64, f64) {
        if fixed == items.len() {
            let target = items.iter().position(|&is_target| is_target).unwrap();
            return (gain(target), 1.0);
        }
        let (mut sum, mut orders) = (0.0, 0.0);
        for next in fixed..items.len() {
            items.swap(fixed, next);
            let (more, of) = in_every_order(items, fixed + 1, gain);
            (sum, orders) = (sum + more, orders + of);
            items.swap(fixed, next);
        }
        (sum, orders)
    }

    proptest! {
        /// The mean over all orders of the tied items, written down one by one.
        #[test]
        fn expectations_are_those_of_all_orders(
            above in 0_u8..6, ties in 0_u8..6, below in 0_u8..3, last in 1_usize..14,
        ) {
            let alike = |count: u8, score: f32| std::iter::repeat_n(score, usize::from(count));
            let scores: Vec<f32> =
                alike(above, 2.0).chain(alike(ties, 1.0)).chain(alike(below, 0.0)).collect();
            let rank = Competitors::of(1.0, &scores).rank();
            let mut tied = vec![false; usize::from(ties)];
            tied.push(true);
            let gains: [fn(f64) -> f64; 3] = [|_| 1.0, f64::recip, |place| (place + 1.0).log2().recip()];
            for gain in gains {
                let of_place = |place: usize| {
                    let place = 1 + usize::from(above) + place;
                    if place <= last { gain(place as f64) } else { 0.0 }
                };
                let (sum, orders) = in_every_order(&mut tied, 0, &of_place);
                prop_assert!((rank.expected(last, gain) - sum / orders).abs() < 1e-12);
            }
        }

        /// Without ties the gain itself, to the bit.
        #[test]
        fn without_ties_nothing_is_averaged(rank in 1_u16..500, last in 1_usize..100) {
            let one = Rank { rank: f32::from(rank), ties: 0, competitors: 500 };
            let gain = |place: f64| 1.0 / (place + 1.0).log2();
            let expected = if usize::from(rank) <= last { gain(f64::from(rank)) } else { 0.0 };
            prop_assert_eq!(one.expected(last, gain).to_bits(), expected.to_bits());
        }

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
    }
}
