//! Per-user values of every cell, read from the files of the results.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use polars::prelude::*;
use prefsweep_store::{CellEntry, CellStatus, RANKS_FILE, SeriesKey};

use super::compare::{User, UserValues};
use super::question::is_control;
use crate::error::ReportError;
use crate::findings::Findings;
use crate::names::cell_name;
use crate::ranks::{TiedRank, ranks_with_ties};
use crate::rows::rows_with;
use crate::statistics::{BySeed, UserMetric};
use crate::sweep::Gap;

/// What is known of one loss.
#[derive(Debug, Clone)]
pub(super) struct Evidence {
    pub(super) series: SeriesKey,
    /// By number of negatives; of a control, which does not depend on it, the largest alone.
    pub(super) cells: BTreeMap<usize, CellEvidence>,
    /// A complete cell has no file of ranks.
    pub(super) lacks_ranks: bool,
    /// Evaluations at the largest K, in order of steps.
    pub(super) steps: Vec<StepEvidence>,
}

impl Evidence {
    /// Nothing yet.
    pub(super) fn new(series: SeriesKey) -> Self {
        Self { series, cells: BTreeMap::new(), lacks_ranks: false, steps: Vec::new() }
    }
}

/// One loss at one K.
#[derive(Debug, Clone, Default)]
pub(super) struct CellEvidence {
    /// Mean measure on the validation split.
    pub(super) validation: Option<f64>,
    /// Normalised training loss at the end.
    pub(super) loss: BySeed,
    /// Test measure at the end.
    pub(super) test: UserValues,
    /// Test measure of the references the cells started from.
    pub(super) reference: UserValues,
    /// Mean test measure of these references.
    pub(super) reference_mean: Option<f64>,
}

/// One evaluation step.
#[derive(Debug, Clone)]
pub(super) struct StepEvidence {
    pub(super) step: u32,
    pub(super) validation: f64,
    pub(super) loss: Option<f64>,
    pub(super) test: UserValues,
}

/// Values of one cell, by step.
pub(super) type BySteps = BTreeMap<u32, Vec<(User, f64)>>;

/// Reads the ranks of all complete cells and of their references.
pub(super) fn gather(findings: &Findings) -> Result<(Vec<Evidence>, Vec<Gap>), ReportError> {
    let mut gathering = Gathering {
        findings,
        metric: UserMetric::Ndcg(findings.cutoff),
        references: BTreeMap::new(),
        gaps: Vec::new(),
    };
    let series = 0..findings.sweep.series.len();
    let evidence = series.map(|series| gathering.of_series(series)).collect::<Result<_, _>>()?;
    Ok((evidence, gathering.gaps))
}

struct Gathering<'a> {
    findings: &'a Findings,
    metric: UserMetric,
    /// Every cell of a seed has the same one: each file is read once.
    references: BTreeMap<PathBuf, Option<Vec<(User, f64)>>>,
    gaps: Vec<Gap>,
}

impl Gathering<'_> {
    fn of_series(&mut self, series: usize) -> Result<Evidence, ReportError> {
        let findings = self.findings;
        let mut evidence = Evidence::new(findings.sweep.series[series].key.clone());
        let control = is_control(&evidence.series.loss);
        let groups: Vec<_> = findings.of_series(series).collect();
        // A control is the same run at every K: one of them stands for all.
        let repeated = if control { groups.len().saturating_sub(1) } else { 0 };
        for (negatives, group) in groups.into_iter().skip(repeated) {
            let cell = CellEvidence {
                validation: group.metric(&findings.selection()).map(|found| found.mean),
                loss: group.last.get("loss_normalised").cloned().unwrap_or_default(),
                reference_mean: findings.reference_mean(series, negatives, &findings.main()),
                ..CellEvidence::default()
            };
            evidence.cells.insert(negatives, cell);
        }
        let cells = findings.sweep.cells_of(series);
        for cell in cells.filter(|cell| cell.status == CellStatus::Complete) {
            self.add_cell(cell, &mut evidence)?;
        }
        if let Some(largest) = evidence.cells.keys().last().filter(|_| !control) {
            evidence.steps = self.steps(series, *largest)?;
        }
        Ok(evidence)
    }

    fn add_cell(&mut self, cell: &CellEntry, evidence: &mut Evidence) -> Result<(), ReportError> {
        let path = self.findings.sweep.dir.join(&cell.dir).join(RANKS_FILE);
        if !path.exists() {
            evidence.lacks_ranks = true;
            self.note(cell, &path);
            return Ok(());
        }
        let Some(found) = evidence.cells.get_mut(&cell.key.negatives) else {
            return Ok(());
        };
        if let Some((_, values)) = self.read(&path, "test", true)?.pop_last() {
            found.test.insert(cell.key.seed, values);
        }
        let references = self.findings.sweep.index.references.iter();
        for entry in references.filter(|entry| entry.id == cell.reference) {
            let path = self.findings.sweep.dir.join(&entry.dir).join(RANKS_FILE);
            if entry.status != CellStatus::Complete || !path.exists() {
                continue;
            }
            if !self.references.contains_key(&path) {
                let last = self.read(&path, "test", true)?.pop_last().map(|(_, values)| values);
                self.references.insert(path.clone(), last);
            }
            if let Some(values) = &self.references[&path] {
                found.reference.insert(cell.key.seed, values.clone());
            }
        }
        Ok(())
    }

    /// A cell that several losses share is listed once.
    fn note(&mut self, cell: &CellEntry, path: &Path) {
        let what = format!("ranks of {}", cell_name(&cell.key));
        let reason = format!("{} is not there", path.display());
        if self.gaps.iter().all(|gap| gap.reason != reason) {
            self.gaps.push(Gap { what, reason });
        }
    }

    /// Evaluations that every seed has, with the loss of the curve.
    fn steps(&self, series: usize, negatives: usize) -> Result<Vec<StepEvidence>, ReportError> {
        let sweep = &self.findings.sweep;
        let mut test: BTreeMap<u32, UserValues> = BTreeMap::new();
        let mut validation: BTreeMap<u32, Vec<f64>> = BTreeMap::new();
        let mut seeds = BTreeSet::new();
        for cell in sweep.cells_at(series, negatives) {
            let path = sweep.dir.join(&cell.dir).join(RANKS_FILE);
            if cell.status != CellStatus::Complete || !path.exists() {
                continue;
            }
            seeds.insert(cell.key.seed);
            for (step, values) in self.read(&path, "test", false)? {
                test.entry(step).or_default().insert(cell.key.seed, values);
            }
            for (step, values) in self.read(&path, "validation", false)? {
                let sum: f64 = values.iter().map(|(_, value)| value).sum();
                validation.entry(step).or_default().push(sum / values.len() as f64);
            }
        }
        let curve = self.findings.curves.get(&(series, negatives));
        let loss = |step: u32| {
            let mut points = curve?.iter();
            points.find(|point| point.step == step).map(|point| point.loss_normalised.mean)
        };
        let complete = test.into_iter().filter(|(_, by_seed)| by_seed.len() == seeds.len());
        Ok(complete
            .filter_map(|(step, test)| {
                let means = validation.get(&step).filter(|means| means.len() == seeds.len())?;
                let validation = means.iter().sum::<f64>() / means.len() as f64;
                Some(StepEvidence { step, validation, loss: loss(step), test })
            })
            .collect())
    }

    fn read(&self, path: &Path, split: &str, last: bool) -> Result<BySteps, ReportError> {
        let part = (split, self.findings.protocol);
        read_ranks(path, part, last, self.metric, &self.findings.sweep.index.dataset.people)
    }
}

/// The measure of every user under one split and protocol, at every step or at the last.
pub(super) fn read_ranks(
    path: &Path,
    part: (&str, &str),
    last: bool,
    metric: UserMetric,
    people: &[u32],
) -> Result<BySteps, ReportError> {
    read(path, part, last, metric, people).map_err(|error| ReportError::parquet(path, &error))
}

fn read(
    path: &Path,
    (split, protocol): (&str, &str),
    last: bool,
    metric: UserMetric,
    people: &[u32],
) -> PolarsResult<BySteps> {
    let words = [("split", split), ("protocol", protocol)];
    let frame = rows_with(&ranks_with_ties(path)?, &words)?;
    let last = if last { frame.column("step")?.u32()?.iter().flatten().max() } else { None };
    let (step, user) = (frame.column("step")?.u32()?, frame.column("user")?.u32()?);
    let mut found = BySteps::new();
    let (rank, ties) = (frame.column("rank")?.f32()?, frame.column("ties")?.u32()?);
    let ranks = rank.iter().zip(ties.iter());
    for (row, ((step, user), (rank, ties))) in step.iter().zip(user.iter()).zip(ranks).enumerate() {
        if let (Some(step), Some(user), Some(rank)) = (step, user, rank)
            && last.is_none_or(|last| last == step)
        {
            found.entry(step).or_default().push((
                User::of(user, people),
                TiedRank::read(row, Some(rank), ties)?.worth(metric),
            ));
        }
    }
    for values in found.values_mut() {
        values.sort_by_key(|(user, _)| *user);
    }
    Ok(found)
}
