//! The registry of metrics, and all of their values.

use prefsweep_datasets::Dataset;
use prefsweep_store::{LIST_LENGTH, MetricFacts};

use super::auc::Auc;
use super::auc_pooled::AucPooled;
use super::coverage::Coverage;
use super::gini::Gini;
use super::hit_rate::HitRate;
use super::mean_popularity::MeanPopularity;
use super::metric::Metric;
use super::ndcg::Ndcg;
use super::reciprocal_rank::ReciprocalRank;
use super::tied_share::TiedShare;
use crate::data::Split;
use crate::evaluation::lists::TopLists;
use crate::evaluation::protocol::Protocol;
use crate::evaluation::ranks::Ranks;

/// Every metric, in the order of the tables.
pub const METRICS: &[&dyn Metric] = &[
    // Of ranks.
    &HitRate,
    &Ndcg,
    &ReciprocalRank,
    &TiedShare,
    &Auc,
    // Of single items.
    &AucPooled,
    // Of lists.
    &Coverage,
    &MeanPopularity,
    &Gini,
];

/// One metric's value.
#[derive(Clone, Debug, PartialEq)]
pub struct MetricValue {
    /// Which held-out item.
    pub split: Split,
    /// Against which competitors.
    pub protocol: Protocol,
    /// The metric's name in files.
    pub name: &'static str,
    /// The k of a metric with cut-offs, the length of the lists of a metric of lists, 0 for others.
    pub cutoff: usize,
    /// The value.
    pub value: f64,
}

/// What the index says of every metric.
#[must_use]
pub fn metric_facts() -> Vec<MetricFacts> {
    let facts = |metric: &&dyn Metric| MetricFacts {
        name: metric.name().into(),
        title: metric.title().into(),
        meaning: metric.meaning().into(),
        per_cutoff: metric.per_cutoff(),
        direction: metric.direction(),
    };
    METRICS.iter().map(facts).collect()
}

/// All metrics of some ranks: by cut-off those that have one, then the others; last those of what is shown beside
/// ranks, which know no cut-off.
#[must_use]
pub fn of_ranks(ranks: &[Ranks], cutoffs: &[usize]) -> Vec<MetricValue> {
    let mut values = Vec::new();
    let value = |part: &Ranks, metric: &dyn Metric, cutoff: usize, value: f64| MetricValue {
        split: part.split,
        protocol: part.protocol,
        name: metric.name(),
        cutoff,
        value,
    };
    for part in ranks {
        let mut push = |per_cutoff: bool, cutoff: usize| {
            for metric in METRICS.iter().filter(|metric| metric.per_cutoff() == per_cutoff) {
                let found = metric.of_ranks(&part.ranks, cutoff);
                values.extend(found.map(|found| value(part, *metric, cutoff, found)));
            }
        };
        for &cutoff in cutoffs {
            push(true, cutoff);
        }
        push(false, 0);
    }
    for part in ranks {
        for metric in METRICS {
            let found = metric.of_shown(&part.shown);
            values.extend(found.map(|found| value(part, *metric, 0, found)));
        }
    }
    values
}

/// All metrics of the lists recommended after the test histories.
#[must_use]
pub fn of_lists(lists: &TopLists, dataset: &Dataset) -> Vec<MetricValue> {
    let value = |metric: &&dyn Metric| {
        Some(MetricValue {
            split: Split::Test,
            protocol: Protocol::Full,
            name: metric.name(),
            cutoff: LIST_LENGTH,
            value: metric.of_lists(lists, dataset)?,
        })
    };
    METRICS.iter().filter_map(value).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::evaluation::competitors::Rank;

    fn ranks(ranks: &[f32]) -> Vec<Rank> {
        ranks.iter().map(|&rank| Rank { rank, ties: 0, competitors: 20 }).collect()
    }

    fn of(metric: &dyn Metric, list: &[Rank], cutoff: usize) -> f64 {
        metric.of_ranks(list, cutoff).unwrap()
    }

    #[test]
    fn metrics_match_hand_computed_values() {
        let ranks = ranks(&[1.0, 3.0, 12.0, 2.0]);
        assert_eq!(of(&HitRate, &ranks, 1), 0.25);
        assert_eq!(of(&HitRate, &ranks, 2), 0.5);
        assert_eq!(of(&HitRate, &ranks, 10), 0.75);
        // 1/log2(2) + 1/log2(4) + 0 + 1/log2(3), over four.
        let ndcg = (1.0 + 0.5 + 0.630_929_753_571_457_4) / 4.0;
        assert!((of(&Ndcg, &ranks, 10) - ndcg).abs() < 1e-12);
        let mrr = (1.0 + 1.0 / 3.0 + 1.0 / 12.0 + 0.5) / 4.0;
        assert!((of(&ReciprocalRank, &ranks, 0) - mrr).abs() < 1e-12);
        // 0, 2, 11 and 1 of 20 competitors are above.
        assert!((of(&Auc, &ranks, 0) - (1.0 - 14.0 / 80.0)).abs() < 1e-12);
        let tied = [Rank { rank: 3.0, ties: 2, competitors: 4 }, ranks[0]];
        assert_eq!(of(&TiedShare, &tied, 0), 0.5);
        // Places 2, 3 and 4 are equally likely.
        assert_eq!(of(&HitRate, &tied[..1], 2), 1.0 / 3.0);
        let mrr = (1.0 / 2.0 + 1.0 / 3.0 + 1.0 / 4.0) / 3.0;
        assert!((of(&ReciprocalRank, &tied[..1], 0) - mrr).abs() < 1e-12);
        let ndcg = (0.630_929_753_571_457_4 + 0.5) / 3.0;
        assert!((of(&Ndcg, &tied[..1], 3) - ndcg).abs() < 1e-12);
        // Two of four below count half each, one wholly: as the rank says.
        assert_eq!(of(&Auc, &tied[..1], 0), 0.5);
    }

    #[test]
    fn lists_match_hand_computed_values() {
        let data = Dataset {
            name: "toy".into(),
            n_items: 4,
            sequences: vec![vec![0, 1, 0, 2, 3], vec![0, 2, 1, 3]],
            user_ids: vec!["a".into(), "b".into()],
            item_ids: vec![String::new(); 4],
            ..Dataset::default()
        };
        let mut lists = TopLists::default();
        lists.add(0, &[0.4, 0.3, 0.2, 0.1], |item| item != 3);
        lists.add(1, &[0.4, 0.3, 0.2, 0.1], |item| item == 0);
        let found = of_lists(&lists, &data);
        let named = |name| found.iter().find(|value| value.name == name).unwrap().value;
        assert_eq!(named("coverage"), 0.75);
        // In training 0 occurs three times, 1 and 2 once.
        assert_eq!(named("mean_popularity"), (3.0 + 1.0 + 1.0 + 3.0) / 4.0);
        // 2, 1, 1 and 0 recommendations: (-3 * 0 - 1 * 1 + 1 * 1 + 3 * 2) / (4 * 4).
        assert_eq!(named("gini"), 6.0 / 16.0);
        assert!(found.iter().all(|value| value.cutoff == LIST_LENGTH));
    }

    #[test]
    fn names_are_distinct() {
        let mut names: Vec<&str> = METRICS.iter().map(|metric| metric.name()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), METRICS.len());
    }

    proptest! {
        #[test]
        fn metrics_are_shares_and_grow_with_the_cutoff(
            list in proptest::collection::vec(1_u16..500, 1..50), k in 1_usize..100,
        ) {
            let ranks: Vec<Rank> = list
                .iter()
                .map(|&rank| Rank { rank: f32::from(rank), ties: 0, competitors: 500 })
                .collect();
            prop_assert!(of(&Ndcg, &ranks, k) <= of(&HitRate, &ranks, k));
            prop_assert!(of(&HitRate, &ranks, k) <= of(&HitRate, &ranks, k + 1));
            prop_assert!(of(&HitRate, &ranks, k) <= 1.0);
            // Reciprocal rank at k is at most NDCG at k, since log2(r + 1) <= r.
            let truncated = list.iter().filter(|&&r| usize::from(r) <= k).map(|&r| 1.0 / f64::from(r));
            prop_assert!(truncated.sum::<f64>() / list.len() as f64 <= of(&Ndcg, &ranks, k) + 1e-12);
        }

        /// The share of competitors below the target, ties half, counted one by one.
        #[test]
        fn auc_is_the_share_of_pairs_in_order(
            target in -3_i8..3, others in proptest::collection::vec(-3_i8..3, 1..40),
        ) {
            let scores: Vec<f32> = others.iter().map(|&other| f32::from(other)).collect();
            let competitors = crate::evaluation::Competitors::of(f32::from(target), &scores);
            let points = others.iter().map(|&other| match other.cmp(&target) {
                std::cmp::Ordering::Less => 1.0,
                std::cmp::Ordering::Equal => 0.5,
                std::cmp::Ordering::Greater => 0.0,
            });
            let expected = points.sum::<f64>() / others.len() as f64;
            prop_assert!((of(&Auc, &[competitors.rank()], 0) - expected).abs() < 1e-6);
        }
    }
}
