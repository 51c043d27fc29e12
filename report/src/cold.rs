//! Metrics of users whose test items are cold, and of the others, from the ranks of every run.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use prefsweep_store::{CellStatus, RANKS_FILE};
use serde_json::Value;

use crate::findings::Findings;
use crate::ranks::last_ranks;
use crate::statistics::{Estimate, UserMetric, estimate};

/// The runs of one row: those that differ in the seed alone.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ColdRow {
    pub(crate) run: ColdRun,
    /// Mean over seeds of the main measure over users with a cold test item; None without such users.
    pub(crate) cold: Option<Estimate>,
    /// The same over the others.
    pub(crate) warm: Option<Estimate>,
}

/// What a row is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ColdRun {
    /// References, by the swept settings that they depend on.
    References(BTreeMap<String, Value>),
    /// A series at a number of negatives.
    Cells(usize, usize),
}

/// One row per reference, then one per series and K; none where the index knows of no cold items.
pub(crate) fn cold_rows(findings: &Findings) -> Vec<ColdRow> {
    let index = &findings.sweep.index;
    let Some(cold) = &index.dataset.cold else { return Vec::new() };
    let cold: BTreeSet<u32> = cold.users.iter().copied().collect();
    let references = index.references.iter().map(|entry| {
        let run = ColdRun::References(entry.axes.clone());
        (run, &entry.dir, entry.status == CellStatus::Complete)
    });
    let cells = findings.sweep.cells().map(|(series, entry)| {
        let run = ColdRun::Cells(series, entry.key.negatives);
        (run, &entry.dir, entry.status == CellStatus::Complete)
    });
    let mut rows: Vec<(ColdRun, Vec<[Option<f64>; 2]>)> = Vec::new();
    for (run, dir, complete) in references.chain(cells) {
        // What is missing or damaged stands among the missing runs.
        let path = findings.sweep.dir.join(dir).join(RANKS_FILE);
        let means = complete.then(|| means(findings, &path, &cold));
        let Some(means) = means.flatten() else { continue };
        match rows.iter_mut().find(|(known, _)| *known == run) {
            Some((_, seeds)) => seeds.push(means),
            None => rows.push((run, vec![means])),
        }
    }
    let row = |(run, seeds): (ColdRun, Vec<[Option<f64>; 2]>)| {
        let over_seeds = |part: usize| estimate(seeds.iter().filter_map(|means| means[part]));
        ColdRow { run, cold: over_seeds(0), warm: over_seeds(1) }
    };
    rows.into_iter().map(row).collect()
}

/// The main measure of one run over users with a cold test item, and over the others.
fn means(findings: &Findings, path: &Path, cold: &BTreeSet<u32>) -> Option<[Option<f64>; 2]> {
    let ranks = last_ranks(path, "test").ok()?;
    let metric = UserMetric::Ndcg(findings.cutoff);
    let mut sums = [(0.0, 0_usize); 2];
    for (user, rank) in ranks.get(findings.protocol)? {
        let (sum, count) = &mut sums[usize::from(!cold.contains(user))];
        *sum += rank.worth(metric);
        *count += 1;
    }
    Some(sums.map(|(sum, count)| (count > 0).then(|| sum / count as f64)))
}
