//! Ranking metrics computed again from the ranks of users.

use std::collections::BTreeMap;
use std::f64::consts::LN_2;

use super::finding::{Finding, differs};
use crate::ranks::UserRank;

/// The metrics that follow from ranks, and whether they have a cut-off.
pub(super) const NAMES: [(&str, bool); 4] =
    [("hr", true), ("ndcg", true), ("mrr", false), ("auc", false)];

/// How many users have each rank among so many competitors, by twice the rank.
pub(super) struct Counts(BTreeMap<(u64, u32), u64>);

impl Counts {
    pub(super) fn of(ranks: &[UserRank]) -> Self {
        let mut counts = BTreeMap::new();
        for one in ranks {
            let doubled = (2.0 * f64::from(one.rank)) as u64;
            *counts.entry((doubled, one.competitors)).or_default() += 1;
        }
        Self(counts)
    }

    /// A metric's mean over users.
    pub(super) fn mean(&self, metric: &str, cutoff: usize) -> f64 {
        let gain = |rank: f64, competitors: f64| match metric {
            "mrr" => rank.recip(),
            "auc" => 1.0 - (rank - 1.0) / competitors,
            _ if rank > cutoff as f64 => 0.0,
            "hr" => 1.0,
            _ => LN_2 / rank.ln_1p(),
        };
        let gains = self.0.iter().map(|((doubled, competitors), count)| {
            *count as f64 * gain(*doubled as f64 / 2.0, f64::from(*competitors))
        });
        let users: u64 = self.0.values().sum();
        gains.sum::<f64>() / users as f64
    }
}

/// Every user once, each with a rank in whole or half steps, from 1 to one more than it has
/// competitors.
pub(super) fn users(ranks: &[UserRank], users: usize, place: &str) -> Finding {
    let distinct = ranks.windows(2).all(|pair| pair[0].user != pair[1].user);
    let valid = ranks.iter().all(|one| {
        let last = f64::from(one.competitors) + 1.0;
        let rank = f64::from(one.rank);
        one.competitors > 0 && (1.0..=last).contains(&rank) && (2.0 * rank).fract() == 0.0
    });
    if ranks.len() == users && distinct && valid {
        return Finding::Ok;
    }
    let what = match (distinct, valid) {
        (false, _) => ", some user twice",
        (_, false) => ", some rank not in half steps, below 1 or beyond the competitors",
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

    fn ranks(ranks: &[(u32, f32, u32)]) -> Vec<UserRank> {
        let one = |&(user, rank, competitors)| UserRank { user, rank, competitors };
        ranks.iter().map(one).collect()
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
