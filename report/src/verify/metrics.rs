//! Ranking metrics computed again from the ranks.

use std::collections::BTreeMap;
use std::f64::consts::LN_2;
use std::path::Path;

use super::Finding;
use crate::error::ReportError;
use crate::ranks::{UserRanks, read_ranks};
use crate::results::Index;
use crate::sweep::metrics_of_file;

/// Values differ by no more than what the order of a sum can do.
const TOLERANCE: f64 = 1e-9;

/// Every stored HR@k, NDCG@k and MRR of an entry against the one its ranks give, and the number of
/// users. The share of ties does not follow from ranks and is not checked.
pub(super) fn verify(metrics: &Path, ranks: &Path, index: &Index) -> Vec<Finding> {
    if !metrics.is_file() {
        return vec![Finding::Missing];
    }
    compare(metrics, ranks, index).unwrap_or_else(|error| {
        let expected = "readable metrics and ranks".to_owned();
        vec![Finding::Differs { found: error.to_string(), expected }]
    })
}

fn compare(metrics: &Path, ranks: &Path, index: &Index) -> Result<Vec<Finding>, ReportError> {
    let mut stored = metrics_of_file(metrics)?;
    stored.retain(|(_, measure), _| measure.metric != "ties");
    let mut findings = Vec::new();
    for ((step, split, protocol), ranks) in read_ranks(ranks)? {
        let place = format!("step {step}, {split}, {protocol}");
        findings.push(users(&ranks, index.dataset.ranked(split), &place));
        let counts = counts(&ranks);
        for (metric, cutoff) in names(&index.cutoffs) {
            let measure = crate::findings::Measure::new(split, protocol, metric, cutoff);
            let name = format!("{} at {place}", measure.name());
            let expected = value(&counts, metric, cutoff);
            let found = stored.remove(&(step, measure));
            findings.push(match found {
                Some(found) if (found - expected).abs() <= TOLERANCE * expected.abs() => {
                    Finding::Ok
                }
                found => Finding::Differs {
                    found: format!("{name} = {}", found.map_or("none".into(), |v| v.to_string())),
                    expected: format!("{expected} from the ranks"),
                },
            });
        }
    }
    findings.extend(stored.into_iter().map(|((step, measure), value)| Finding::Differs {
        found: format!(
            "{} = {value} at step {step}, {}, {}",
            measure.name(),
            measure.split,
            measure.protocol
        ),
        expected: "no such row: there are no ranks for it".to_owned(),
    }));
    Ok(findings)
}

fn names(cutoffs: &[usize]) -> impl Iterator<Item = (&'static str, usize)> {
    let at_cutoffs = cutoffs.iter().flat_map(|&cutoff| [("hr", cutoff), ("ndcg", cutoff)]);
    at_cutoffs.chain([("mrr", 0)])
}

/// Every user once, each with a rank from 1 in whole or half steps.
fn users(ranks: &UserRanks, users: usize, place: &str) -> Finding {
    let distinct = ranks.windows(2).all(|pair| pair[0].0 != pair[1].0);
    let valid = ranks.iter().all(|(_, rank)| *rank >= 1.0 && (2.0 * rank).fract() == 0.0);
    if ranks.len() == users && distinct && valid {
        return Finding::Ok;
    }
    let what = match (distinct, valid) {
        (false, _) => ", some user twice",
        (_, false) => ", some rank below 1 or not in half steps",
        _ => "",
    };
    Finding::Differs {
        found: format!("ranks of {} users at {place}{what}", ranks.len()),
        expected: format!("{users} users, each with a rank"),
    }
}

/// How many users have each rank, by twice the rank.
fn counts(ranks: &UserRanks) -> BTreeMap<u64, u64> {
    let mut counts = BTreeMap::new();
    for (_, rank) in ranks {
        *counts.entry((2.0 * f64::from(*rank)) as u64).or_default() += 1;
    }
    counts
}

fn value(counts: &BTreeMap<u64, u64>, metric: &str, cutoff: usize) -> f64 {
    let gain = |rank: f64| match metric {
        "mrr" => rank.recip(),
        _ if rank > cutoff as f64 => 0.0,
        "hr" => 1.0,
        _ => LN_2 / rank.ln_1p(),
    };
    let users: u64 = counts.values().sum();
    let sum: f64 =
        counts.iter().map(|(doubled, count)| *count as f64 * gain(*doubled as f64 / 2.0)).sum();
    sum / users as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_by_hand() {
        let ranks: UserRanks =
            [1.0, 3.0, 12.0, 2.5].into_iter().zip(0..).map(|(r, u)| (u, r)).collect();
        let counts = counts(&ranks);
        assert_eq!(value(&counts, "hr", 2), 0.25);
        assert_eq!(value(&counts, "hr", 10), 0.75);
        // 1 + 1/2 + 1/log2(3.5), over four.
        assert!((value(&counts, "ndcg", 10) - (1.5 + 0.553_294_755) / 4.0).abs() < 1e-9);
        assert!(
            (value(&counts, "mrr", 0) - (1.0 + 1.0 / 3.0 + 1.0 / 12.0 + 0.4) / 4.0).abs() < 1e-12
        );
    }

    #[test]
    fn users_are_counted_once() {
        assert_eq!(users(&vec![(0, 1.0), (1, 2.5)], 2, ""), Finding::Ok);
        for wrong in [vec![(0, 1.0)], vec![(0, 1.0), (0, 2.0)], vec![(0, 0.5), (1, 1.0)]] {
            assert!(matches!(users(&wrong, 2, "x"), Finding::Differs { .. }), "{wrong:?}");
        }
    }
}
