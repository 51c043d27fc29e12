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
    }
}
