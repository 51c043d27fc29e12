//! Two results of the same experiment: are they the same, and if not, by how much?
//!
//! Trainings are paired by loss, K, seed and other swept scalars, users by themselves, and the
//! difference is tested over seeds and users as in the verdict, corrected over all rows.

mod table;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Serialize;

use crate::error::ReportError;
use crate::findings::main_cutoff;
use crate::ranked_cells::{RankedCell, RankedCells};
use crate::ranks::UserRanks;
use crate::results::PROTOCOLS;
use crate::statistics::UserMetric;
use crate::verdict::{Difference, Rules, UserValues, compare, correct};

/// Everything that was compared.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Drift {
    /// Where the first results lie: what the second are held against.
    pub a: String,
    /// Where the second results lie.
    pub b: String,
    /// Level of the tests after Holm's correction.
    pub alpha: f64,
    /// Why users cannot be paired, by protocol; empty where they can.
    pub unpaired: BTreeMap<String, String>,
    /// One row per loss, K, protocol and metric.
    pub rows: Vec<Row>,
    /// Trainings of the first results that the second lack.
    pub only_in_a: Vec<String>,
    /// Trainings of the second results that the first lack.
    pub only_in_b: Vec<String>,
}

/// One metric of one loss at one K.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    /// The loss with its other swept scalars; `reference` for the models that cells start from.
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
    /// not the same. Trainings that the second results lack count always, for an absent result
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

fn name(label: &str, negatives: Option<usize>) -> String {
    negatives.map_or(label.to_owned(), |k| format!("{label}, K = {k}"))
}

/// Compares two results; each is a results folder, its `index.json`, or a folder that
/// `prefsweep export` wrote.
///
/// # Errors
///
/// When a file cannot be read, or the two share no cut-off.
pub fn compare_results(a: &Path, b: &Path) -> Result<Drift, ReportError> {
    let (first, second) = (RankedCells::load(a)?, RankedCells::load(b)?);
    let common: Vec<usize> =
        first.cutoffs.iter().copied().filter(|k| second.cutoffs.contains(k)).collect();
    if common.is_empty() {
        let message = format!(
            "cut-offs {:?}, but those of {} are {:?}: none in common",
            second.cutoffs,
            a.display(),
            first.cutoffs
        );
        return Err(ReportError::Contradiction { path: b.to_owned(), message });
    }
    let rules = Rules::default();
    let cutoff = main_cutoff(&common);
    let mut drift = Drift {
        a: a.display().to_string(),
        b: b.display().to_string(),
        alpha: rules.alpha,
        unpaired: unpaired(&first, &second),
        rows: Vec::new(),
        only_in_a: alone(&first, &second),
        only_in_b: alone(&second, &first),
    };
    for (key, before) in groups(&first) {
        let after: Vec<&RankedCell> =
            second.cells.iter().filter(|cell| (cell.label(), cell.negatives) == key).collect();
        let pairs: Vec<(&RankedCell, &RankedCell)> = before
            .into_iter()
            .filter_map(|one| Some((one, *after.iter().find(|other| other.seed == one.seed)?)))
            .collect();
        for protocol in PROTOCOLS {
            let paired = !drift.unpaired.contains_key(protocol);
            drift.rows.extend(rows(&key, protocol, &pairs, cutoff, paired, &rules));
        }
    }
    let size = drift.rows.len();
    let mut tests: Vec<&mut Difference> =
        drift.rows.iter_mut().filter_map(|row| row.difference.as_mut()).collect();
    correct(&mut tests, size, &rules);
    Ok(drift)
}

type Key = (String, Option<usize>);

/// Trainings of one loss and K, in the order of the results.
fn groups(results: &RankedCells) -> Vec<(Key, Vec<&RankedCell>)> {
    let mut groups: Vec<(Key, Vec<&RankedCell>)> = Vec::new();
    for cell in &results.cells {
        let key = (cell.label(), cell.negatives);
        match groups.iter_mut().find(|(known, _)| *known == key) {
            Some((_, cells)) => cells.push(cell),
            None => groups.push((key, vec![cell])),
        }
    }
    groups
}

fn alone(these: &RankedCells, others: &RankedCells) -> Vec<String> {
    let key = |cell: &RankedCell| (cell.label(), cell.negatives, cell.seed);
    let there: BTreeSet<_> = others.cells.iter().map(key).collect();
    let alone = these.cells.iter().filter(|cell| !there.contains(&key(cell)));
    alone
        .map(|cell| format!("{}, seed {}", name(&cell.label(), cell.negatives), cell.seed))
        .collect()
}

fn unpaired(a: &RankedCells, b: &RankedCells) -> BTreeMap<String, String> {
    let (a, b) = (&a.dataset, &b.dataset);
    let why = |what: &str, a: &str, b: &str| {
        (a != b).then(|| format!("other {what} (fingerprint {b} in place of {a})"))
    };
    let data = why("data", &a.fingerprint, &b.fingerprint);
    let lists = why("candidate lists", &a.candidates_fingerprint, &b.candidates_fingerprint);
    let candidates = data.clone().or(lists).map(|why| ("candidates".to_owned(), why));
    data.map(|why| ("full".to_owned(), why)).into_iter().chain(candidates).collect()
}

fn rows(
    key: &Key,
    protocol: &'static str,
    pairs: &[(&RankedCell, &RankedCell)],
    cutoff: usize,
    paired: bool,
    rules: &Rules,
) -> Vec<Row> {
    let ranks = |cell: &RankedCell| cell.ranks.get(protocol).cloned();
    let pairs: Vec<(u64, UserRanks, UserRanks)> =
        pairs.iter().filter_map(|(a, b)| Some((a.seed, ranks(a)?, ranks(b)?))).collect();
    if pairs.is_empty() {
        return Vec::new();
    }
    let moved = paired.then(|| pairs.iter().map(|(_, a, b)| moved(a, b)).sum::<usize>());
    let metrics = [
        (format!("NDCG@{cutoff}"), UserMetric::Ndcg(cutoff)),
        (format!("HR@{cutoff}"), UserMetric::HitRate(cutoff)),
        ("MRR".to_owned(), UserMetric::ReciprocalRank),
    ];
    let row = |(name, metric): (String, UserMetric)| {
        let (mut before, mut after) = (UserValues::new(), UserValues::new());
        for (seed, a, b) in &pairs {
            before.insert(*seed, values(a, metric));
            after.insert(*seed, values(b, metric));
        }
        let tested = moved.is_some_and(|moved| moved > 0) && before != after;
        Row {
            label: key.0.clone(),
            negatives: key.1,
            protocol,
            metric: name,
            seeds: pairs.len(),
            a: mean(&before),
            b: mean(&after),
            identical: moved == Some(0),
            moved,
            difference: tested.then(|| compare(&after, &before, None, rules)).flatten(),
        }
    };
    metrics.into_iter().map(row).collect()
}

fn values(ranks: &UserRanks, metric: UserMetric) -> Vec<(u32, f64)> {
    ranks.iter().map(|(user, rank)| (*user, metric.of(*rank))).collect()
}

fn mean(values: &UserValues) -> f64 {
    let all = || values.values().flatten();
    all().map(|(_, value)| value).sum::<f64>() / all().count() as f64
}

/// Users whose rank is not the same bits on both sides, or who are on one side only.
fn moved(a: &UserRanks, b: &UserRanks) -> usize {
    let bits = |ranks: &UserRanks| -> BTreeMap<u32, u32> {
        ranks.iter().map(|(user, rank)| (*user, rank.to_bits())).collect()
    };
    let (a, b) = (bits(a), bits(b));
    let users: BTreeSet<&u32> = a.keys().chain(b.keys()).collect();
    users.into_iter().filter(|user| a.get(user) != b.get(user)).count()
}
