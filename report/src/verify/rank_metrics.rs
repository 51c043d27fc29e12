//! Ranking metrics computed again from the ranks of users.

use std::collections::BTreeMap;
use std::f64::consts::LN_2;

use super::finding::{Finding, differs};
use crate::ranks::UserRank;

/// The metrics that follow from ranks, and whether they have a cut-off.
pub(super) const NAMES: [(&str, bool); 4] =
    [("hr", true), ("ndcg", true), ("mrr", false), ("auc", false)];

/// The share of users whose item ties with another.
pub(super) const TIES: &str = "ties";

/// No catalogue has more items.
const MOST_ITEMS: u64 = 1 << 24;

/// Where users stand alike.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Standing {
    /// Twice the expected rank.
    doubled: u64,
    competitors: u32,
    /// None in files of before they were counted.
    ties: Option<u32>,
}

/// How many users stand alike.
pub(super) struct Counts(BTreeMap<Standing, u64>);

impl Counts {
    pub(super) fn of(ranks: &[UserRank]) -> Self {
        let mut counts = BTreeMap::new();
        for one in ranks {
            let doubled = (2.0 * f64::from(one.rank.rank)) as u64;
            let standing = Standing { doubled, competitors: one.competitors, ties: one.rank.ties };
            *counts.entry(standing).or_default() += 1;
        }
        Self(counts)
    }

    /// A metric's mean over users, each at the mean over the places that tied items share; where ties were
    /// not counted, at the expected rank, as the metrics beside such ranks are.
    pub(super) fn mean(&self, metric: &str, cutoff: usize) -> f64 {
        let gain = |rank: f64| match metric {
            "mrr" => rank.recip(),
            _ if rank > cutoff as f64 => 0.0,
            "hr" => 1.0,
            _ => LN_2 / rank.ln_1p(),
        };
        let mut up_to = vec![0.0];
        let worth = |standing: &Standing| {
            let Standing { doubled, competitors, ties } = standing;
            let rank = *doubled as f64 / 2.0;
            if metric == "auc" {
                return 1.0 - (rank - 1.0) / f64::from(*competitors);
            }
            let ties = u64::from(ties.unwrap_or(0));
            let last = (doubled + ties) / 2;
            // Ranks that cannot be are found by `users`, and none is of so large a catalogue.
            if ties == 0 || last > u64::from(*competitors) + 1 || last > MOST_ITEMS {
                return gain(rank);
            }
            let above = (doubled - ties) / 2 - 1;
            // What all places up to each are worth together.
            while up_to.len() as u64 <= last {
                up_to.push(up_to[up_to.len() - 1] + gain(up_to.len() as f64));
            }
            (up_to[last as usize] - up_to[above as usize]) / (ties + 1) as f64
        };
        self.over_users(worth)
    }

    /// The share of users whose item ties with another; none where ties were not counted.
    pub(super) fn tied_share(&self) -> Option<f64> {
        let counted = self.0.keys().all(|standing| standing.ties.is_some());
        counted.then(|| self.over_users(|standing| f64::from(u8::from(standing.ties > Some(0)))))
    }

    fn over_users(&self, mut worth: impl FnMut(&Standing) -> f64) -> f64 {
        let worths = self.0.iter().map(|(standing, count)| *count as f64 * worth(standing));
        let users: u64 = self.0.values().sum();
        worths.sum::<f64>() / users as f64
    }
}

/// Every user once, each with a rank from 1 to one more than it has competitors: in half steps, with ties at the
/// middle of the places that they share.
pub(super) fn users(ranks: &[UserRank], users: usize, place: &str) -> Finding {
    let distinct = ranks.windows(2).all(|pair| pair[0].user != pair[1].user);
    let valid = ranks.iter().all(|one| {
        let last = f64::from(one.competitors) + 1.0;
        let (rank, half) =
            (f64::from(one.rank.rank), one.rank.ties.map(|ties| 0.5 * f64::from(ties)));
        let room = half.is_none_or(|half| rank - half >= 1.0 && rank + half <= last);
        let whole = half.map_or(2.0 * rank, |half| rank - half).fract() == 0.0;
        one.competitors > 0 && (1.0..=last).contains(&rank) && room && whole
    });
    if ranks.len() == users && distinct && valid {
        return Finding::Ok;
    }
    let what = match (distinct, valid) {
        (false, _) => ", some user twice",
        (_, false) => {
            ", some rank not in half steps, not amid its ties, below 1 or beyond the competitors"
        }
        _ => "",
    };
    differs(
        format!("ranks of {} users at {place}{what}", ranks.len()),
        format!("{users} users, each with a rank"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ranks::TiedRank;

    fn ranks(ranks: &[(u32, f32, u32)]) -> Vec<UserRank> {
        let one = |&(user, rank, competitors)| UserRank {
            user,
            rank: TiedRank { rank, ties: None },
            competitors,
        };
        ranks.iter().map(one).collect()
    }

    fn tied(ranks: &[(u32, f32, u32, u32)]) -> Vec<UserRank> {
        let one = |&(user, rank, competitors, ties)| UserRank {
            user,
            rank: TiedRank { rank, ties: Some(ties) },
            competitors,
        };
        ranks.iter().map(one).collect()
    }

    #[test]
    fn ties_are_worth_the_mean_of_their_places() {
        // Places 1 to 3 of one user, 2 alone of the other.
        let counts = Counts::of(&tied(&[(0, 2.0, 4, 2), (1, 2.0, 4, 0)]));
        assert!((counts.mean("hr", 1) - 1.0 / 6.0).abs() < 1e-12);
        assert!((counts.mean("hr", 2) - (2.0 / 3.0 + 1.0) / 2.0).abs() < 1e-12);
        assert!((counts.mean("mrr", 0) - (11.0 / 18.0 + 0.5) / 2.0).abs() < 1e-12);
        let second = 0.630_929_753_571_457_4;
        let ndcg = ((1.0 + second + 0.5) / 3.0 + second) / 2.0;
        assert!((counts.mean("ndcg", 10) - ndcg).abs() < 1e-12);
        assert_eq!(counts.mean("auc", 0), 0.75);
        assert_eq!(counts.tied_share(), Some(0.5));
        assert_eq!(Counts::of(&ranks(&[(0, 1.0, 3)])).tied_share(), None);
    }

    /// A damaged table would have 32 GiB allocated for the places up to its rank.
    #[test]
    fn ranks_of_no_catalogue_take_no_memory() {
        assert_eq!(Counts::of(&tied(&[(0, 2e9, u32::MAX, 4)])).mean("hr", 10), 0.0);
    }

    #[test]
    fn values_by_hand() {
        let ranks = ranks(&[(0, 1.0, 10), (1, 3.0, 20), (2, 12.0, 22), (3, 2.5, 6)]);
        let counts = Counts::of(&ranks);
        assert_eq!(counts.mean("hr", 2), 0.25);
        assert_eq!(counts.mean("hr", 10), 0.75);
        // 1 + 1/2 + 1/log2(3.5), over four.
        assert!((counts.mean("ndcg", 10) - (1.5 + 0.553_294_755) / 4.0).abs() < 1e-9);
        let expected = (1.0 + 1.0 / 3.0 + 1.0 / 12.0 + 0.4) / 4.0;
        assert!((counts.mean("mrr", 0) - expected).abs() < 1e-12);
        // Shares of competitors below: all of 10, 18 of 20, 11 of 22, 4.5 of 6.
        assert!((counts.mean("auc", 0) - (1.0 + 0.9 + 0.5 + 0.75) / 4.0).abs() < 1e-12);
    }

    #[test]
    fn users_are_counted_once() {
        assert_eq!(users(&ranks(&[(0, 1.0, 3), (1, 2.5, 3)]), 2, ""), Finding::Ok);
        assert_eq!(users(&tied(&[(0, 1.0, 3, 0), (1, 2.5, 3, 3)]), 2, ""), Finding::Ok);
        for wrong in [&[(0, 2.5, 3, 0)][..], &[(0, 2.0, 3, 4)], &[(0, 3.5, 3, 3)]] {
            assert!(matches!(users(&tied(wrong), 1, "x"), Finding::Differs { .. }), "{wrong:?}");
        }
        for wrong in [
            &[(0, 1.0, 3)][..],
            &[(0, 1.0, 3), (0, 2.0, 3)],
            &[(0, 0.5, 3), (1, 1.0, 3)],
            &[(0, 1.25, 3), (1, 1.0, 3)],
            &[(0, 4.5, 3), (1, 1.0, 3)],
            &[(0, 1.0, 0), (1, 1.0, 3)],
        ] {
            let found = users(&ranks(wrong), 2, "x");
            assert!(matches!(found, Finding::Differs { .. }), "{wrong:?}");
        }
    }
}
