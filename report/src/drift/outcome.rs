//! What a comparison of two results found.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::verdict::Difference;

/// Everything that was compared.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Drift {
    /// Where the first results lie: what the second are compared with.
    pub a: String,
    /// Where the second results lie.
    pub b: String,
    /// Level of the tests after Holm's correction.
    pub alpha: f64,
    /// Why users cannot be paired, by protocol; empty where they can.
    pub unpaired: BTreeMap<String, String>,
    /// One row per loss, K, protocol and metric.
    pub rows: Vec<Row>,
    /// Runs of the first results that the second lack.
    pub only_in_a: Vec<String>,
    /// Runs of the second results that the first lack.
    pub only_in_b: Vec<String>,
}

/// One metric of one loss at one K.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    /// The loss with the values on the other axes; `reference` for the models that cells start from.
    pub label: String,
    /// Number of negatives; none for a reference.
    pub negatives: Option<usize>,
    /// `full` or `candidates`; test split, end of training.
    pub protocol: &'static str,
    /// For example `NDCG@10`.
    pub metric: String,
    /// Seeds on both sides.
    pub seeds: usize,
    /// Mean over these seeds and all users, first results.
    pub a: f64,
    /// The same, second results.
    pub b: f64,
    /// Every user of every seed has the same rank on both sides.
    pub identical: bool,
    /// Ranks that are not the same, over users and seeds; none where users cannot be paired.
    pub moved: Option<usize>,
    /// Second minus first, tested; none where nothing differs or users cannot be paired.
    pub difference: Option<Difference>,
}

impl Drift {
    /// Why the second results are not what the first were, a sentence each; empty if they are.
    ///
    /// A difference counts where it is significant after correction; with `exact`, any rank that is
    /// not the same. Runs that the second results lack count always, for an absent result
    /// passes no test.
    pub fn reasons(&self, exact: bool) -> Vec<String> {
        let mut reasons: Vec<String> = self
            .unpaired
            .iter()
            .map(|(protocol, why)| format!("{protocol}: users cannot be paired: {why}"))
            .collect();
        if self.rows.is_empty() {
            reasons.push("no training is in both results".to_owned());
        }
        reasons.extend(self.only_in_a.iter().map(|what| format!("{what} is not in {}", self.b)));
        for row in &self.rows {
            let place = format!("{}, {}, {}", row.name(), row.protocol, row.metric);
            if let Some(found) = row.difference.filter(|found| found.p_holm < self.alpha) {
                reasons.push(format!(
                    "{place}: {} in place of {} (p = {:.2e} after Holm's correction)",
                    row.b, row.a, found.p_holm
                ));
            }
        }
        if exact {
            reasons.extend(self.moved_ranks());
        }
        reasons
    }

    /// Once per loss, K and protocol.
    fn moved_ranks(&self) -> BTreeSet<String> {
        let moved = self.rows.iter().filter_map(|row| Some((row, row.moved.filter(|n| *n > 0)?)));
        moved
            .map(|(row, moved)| format!("{}, {}: {moved} ranks differ", row.name(), row.protocol))
            .collect()
    }
}

impl Row {
    fn name(&self) -> String {
        name(&self.label, self.negatives)
    }
}

/// `dmpo, beta=0.5, K = 20`; a reference has no K.
pub(super) fn name(label: &str, negatives: Option<usize>) -> String {
    negatives.map_or(label.to_owned(), |k| format!("{label}, K = {k}"))
}
