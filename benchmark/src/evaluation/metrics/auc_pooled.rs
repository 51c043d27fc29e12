//! AUC pooled over users.

use super::metric::Metric;
use crate::evaluation::shown::Shown;

/// Every user is shown one item, the held-out one or a negative, by a fair coin; the share of pairs of a held-out
/// item and a negative, of whatever users, of which the held-out one has the larger log-probability, ties counted
/// half.
///
/// As in the notebook of DMPO's authors (Bai et al. 2024): where [`auc`](super::Auc) compares items of one user, this
/// also asks whether log-probabilities mean the same for all of them.
#[derive(Clone, Copy, Debug)]
pub struct AucPooled;

impl Metric for AucPooled {
    fn name(&self) -> &'static str {
        "auc_pooled"
    }

    fn title(&self) -> &'static str {
        "pooled AUC"
    }

    fn meaning(&self) -> &'static str {
        "each user is shown the held-out item or a negative; share of pairs, over all users, in which the held-out one has \
         the larger log-probability, 0 to 1; 0.5 is chance"
    }

    fn of_shown(&self, shown: &[Shown]) -> Option<f64> {
        let mut sorted = shown.to_vec();
        sorted.sort_by(|one, other| one.log_probability.total_cmp(&other.log_probability));
        let (mut below, mut in_order, mut positives) = (0.0, 0.0, 0.0);
        for tied in sorted.chunk_by(|one, other| one.log_probability == other.log_probability) {
            let held_out = tied.iter().filter(|shown| shown.positive).count() as f64;
            let negatives = tied.len() as f64 - held_out;
            in_order += held_out * (below + 0.5 * negatives);
            below += negatives;
            positives += held_out;
        }
        let pairs = positives * below;
        (pairs > 0.0).then(|| in_order / pairs)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shown(positive: bool, log_probability: f32) -> Shown {
        Shown { positive, log_probability }
    }

    #[test]
    fn matches_a_value_by_hand() {
        let list = [
            shown(true, -1.0),
            shown(false, -2.0),
            shown(true, -2.0),
            shown(false, -3.0),
            shown(true, -4.0),
        ];
        // -1 is above both, -2 above one and level with one, -4 above none: (2 + 1.5 + 0) / 6.
        assert_eq!(AucPooled.of_shown(&list), Some(3.5 / 6.0));
        assert_eq!(AucPooled.of_shown(&list[..1]), None, "no negative was shown");
        assert_eq!(AucPooled.of_shown(&[]), None);
    }

    proptest! {
        /// Every pair counted by itself; and a larger scale or another order of users changes nothing.
        #[test]
        fn is_the_share_of_pairs_in_order(
            list in proptest::collection::vec((any::<bool>(), -6_i8..6), 2..60),
        ) {
            let list: Vec<Shown> =
                list.iter().map(|&(positive, level)| shown(positive, f32::from(level))).collect();
            let (mut points, mut pairs) = (0.0, 0.0);
            for one in list.iter().filter(|shown| shown.positive) {
                for other in list.iter().filter(|shown| !shown.positive) {
                    let (one, other) = (one.log_probability, other.log_probability);
                    points += if one > other { 1.0 } else if one == other { 0.5 } else { 0.0 };
                    pairs += 1.0;
                }
            }
            let found = AucPooled.of_shown(&list);
            prop_assert_eq!(found.is_some(), pairs > 0.0);
            let Some(found) = found else { return Ok(()) };
            prop_assert!((found - points / pairs).abs() < 1e-12);
            let turned: Vec<Shown> =
                list.iter().rev().map(|one| shown(one.positive, 3.0 * one.log_probability - 9.0)).collect();
            prop_assert_eq!(AucPooled.of_shown(&turned), Some(found));
        }
    }
}
