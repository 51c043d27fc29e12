//! Loading a results folder: the index, checked, and the tables of every complete cell.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use polars::prelude::*;
use prefsweep_store::{
    BaselineEntry, BaselineStatus, CellEntry, CellStatus, INDEX_FILE, Index, METRICS_FILE,
    PROVENANCE_FILE, Provenance, SeriesKey, is_damaged,
};

use crate::axes::Axes;
use crate::error::ReportError;
use crate::files::read_json;
use crate::grid::Entry;
use crate::index::read_index;
use crate::names::{cell_name, series_name};
use crate::tables::{read_metrics, read_trajectory};
use crate::tuning::Tuning;

/// A loss together with the values on the other axes: one line of a plot, one block of a table.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Series {
    pub(crate) key: SeriesKey,
    /// As people read it.
    pub(crate) name: String,
}

/// Something planned that has no results.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Gap {
    pub(crate) what: String,
    pub(crate) reason: String,
}

/// What one distinct cell cost, with the first series it appears in.
#[derive(Debug, Clone)]
pub(crate) struct CellCost {
    pub(crate) series: usize,
    pub(crate) negatives: usize,
    /// As in the index.
    pub(crate) dir: PathBuf,
    pub(crate) provenance: Provenance,
}

/// A results folder in memory.
pub(crate) struct Sweep {
    pub(crate) dir: PathBuf,
    pub(crate) index: Index,
    pub(crate) series: Vec<Series>,
    /// All axes of the plan.
    pub(crate) axes: Axes,
    /// Of every cell of the index, in its order: the position of its series.
    membership: Vec<usize>,
    /// series, negatives, seed, then the columns of `metrics.csv`.
    pub(crate) metrics: DataFrame,
    /// series, negatives, seed, then the columns of `trajectory.csv`.
    pub(crate) trajectory: DataFrame,
    /// Reference (position in the index), then the columns of `metrics.csv`.
    pub(crate) references: DataFrame,
    /// Baselines that have results, with the columns of `metrics.csv`.
    pub(crate) baselines: Vec<(BaselineEntry, DataFrame)>,
    /// Every distinct cell that appears in more than one series is counted once.
    pub(crate) costs: Vec<CellCost>,
    /// What the references cost, where that lies beside them.
    pub(crate) reference_costs: Vec<Provenance>,
    pub(crate) gaps: Vec<Gap>,
    /// Runs of seeds of their own, which are in none of the above.
    pub(crate) tuning: Tuning,
}

impl Sweep {
    /// Reads everything the report needs from a folder that holds `index.json`.
    pub(crate) fn load(dir: &Path) -> Result<Self, ReportError> {
        let mut index = read_index(&dir.join(INDEX_FILE))?;
        damaged_are_gaps(&mut index, dir);
        let tuning = Tuning::take(&mut index);
        let (series, membership) = series_of(&index);
        let mut loading = Loading { dir, index: &index, membership: &membership, gaps: Vec::new() };
        let (metrics, trajectory) = loading.cells()?;
        let references = loading.references()?;
        let baselines = loading.baselines()?;
        let costs = loading.costs()?;
        let reference_costs = loading.reference_costs()?;
        let gaps = loading.gaps;
        Ok(Self {
            dir: dir.to_owned(),
            axes: Axes::of(series.iter().map(|series| &series.key.axes)),
            index,
            series,
            membership,
            metrics,
            trajectory,
            references,
            baselines,
            costs,
            reference_costs,
            gaps,
            tuning,
        })
    }

    /// The first entries of a series' row in a file: the loss by its key, its value on each axis.
    pub(crate) fn row(&self, series: usize) -> Vec<Entry> {
        self.axes.series(&self.series[series].key, "")
    }

    /// The same in a table that people read: the loss by its name.
    pub(crate) fn named_row(&self, series: usize) -> Vec<Entry> {
        self.axes.named(&self.series[series].key)
    }

    /// Every planned cell with the position of its series.
    pub(crate) fn cells(&self) -> impl Iterator<Item = (usize, &CellEntry)> {
        self.membership.iter().copied().zip(&self.index.cells)
    }

    /// The planned cells of a series.
    pub(crate) fn cells_of(&self, series: usize) -> impl Iterator<Item = &CellEntry> {
        self.cells().filter(move |(of, _)| *of == series).map(|(_, cell)| cell)
    }

    /// The planned cells of a series at K negatives, one per seed.
    pub(crate) fn cells_at(
        &self,
        series: usize,
        negatives: usize,
    ) -> impl Iterator<Item = &CellEntry> {
        self.cells_of(series).filter(move |cell| cell.key.negatives == negatives)
    }

    /// The number of seeds planned for a series at K negatives.
    pub(crate) fn planned(&self, series: usize, negatives: usize) -> usize {
        self.cells_at(series, negatives).count()
    }

    /// Every planned number of negatives of a series, ascending.
    pub(crate) fn planned_negatives(&self, series: usize) -> BTreeSet<usize> {
        self.cells_of(series).map(|cell| cell.key.negatives).collect()
    }

    /// Distinct seeds of the plan.
    pub(crate) fn seeds(&self) -> BTreeSet<u64> {
        self.index.cells.iter().map(|cell| cell.key.seed).collect()
    }

    /// A failure while grouping, with the folder it concerns.
    pub(crate) fn grouping(&self) -> impl Fn(PolarsError) -> ReportError + use<> {
        grouping(&self.dir)
    }
}

/// What was damaged or removed since it was complete is missing, and said.
fn damaged_are_gaps(index: &mut Index, dir: &Path) {
    let reason = "its files are damaged or gone; `prefsweep run` makes it again";
    let cells = index.cells.iter_mut().map(|cell| (&cell.dir, &mut cell.status));
    let references = index.references.iter_mut().map(|entry| (&entry.dir, &mut entry.status));
    for (entry, status) in cells.chain(references) {
        if *status == CellStatus::Complete && is_damaged(&dir.join(entry)) {
            *status = CellStatus::Failed { reason: reason.to_owned() };
        }
    }
}

fn grouping(dir: &Path) -> impl Fn(PolarsError) -> ReportError + use<> {
    let path = dir.to_owned();
    move |error| ReportError::Grouping { path: path.clone(), message: error.to_string() }
}

/// The series in order of appearance, and which of them each cell belongs to.
fn series_of(index: &Index) -> (Vec<Series>, Vec<usize>) {
    let mut series: Vec<Series> = Vec::new();
    let mut place = |cell: &CellEntry| {
        let key = cell.key.series();
        series.iter().position(|known| known.key == key).unwrap_or_else(|| {
            let name = series_name(&key);
            series.push(Series { key, name });
            series.len() - 1
        })
    };
    let membership = index.cells.iter().map(&mut place).collect();
    (series, membership)
}

struct Loading<'a> {
    dir: &'a Path,
    index: &'a Index,
    membership: &'a [usize],
    gaps: Vec<Gap>,
}

impl<'a> Loading<'a> {
    fn absence(&self, status: &CellStatus) -> Option<String> {
        let missing = if self.index.imported.is_some() { NOT_IMPORTED } else { NOT_RUN };
        match status {
            CellStatus::Complete => None,
            CellStatus::Missing => Some(missing.to_owned()),
            CellStatus::Failed { reason } => Some(format!("failed: {reason}")),
        }
    }

    fn planned(&self) -> impl Iterator<Item = (usize, &'a CellEntry)> + use<'a> {
        self.membership.iter().copied().zip(&self.index.cells)
    }

    fn cells(&mut self) -> Result<(DataFrame, DataFrame), ReportError> {
        let mut read: BTreeMap<&Path, (DataFrame, DataFrame)> = BTreeMap::new();
        let mut metrics = Stack::default();
        let mut trajectory = Stack::default();
        for (series, cell) in self.planned() {
            if let Some(reason) = self.absence(&cell.status) {
                self.gaps.push(Gap { what: cell_name(&cell.key), reason });
                continue;
            }
            if !read.contains_key(cell.dir.as_path()) {
                let dir = self.dir.join(&cell.dir);
                let tables = (read_metrics(&dir, &self.index.metrics)?, read_trajectory(&dir)?);
                read.insert(&cell.dir, tables);
            }
            let (cell_metrics, cell_trajectory) = &read[cell.dir.as_path()];
            let keys = [
                ("series", series as u64),
                ("negatives", cell.key.negatives as u64),
                ("seed", cell.key.seed),
            ];
            let fail = grouping(self.dir);
            metrics.push(&keys, cell_metrics).map_err(&fail)?;
            trajectory.push(&keys, cell_trajectory).map_err(&fail)?;
        }
        Ok((metrics.frame, trajectory.frame))
    }

    fn references(&mut self) -> Result<DataFrame, ReportError> {
        let mut stack = Stack::default();
        for (position, entry) in self.index.references.iter().enumerate() {
            if let Some(reason) = self.absence(&entry.status) {
                let what = format!("{}, seed {}", entry.label(), entry.seed);
                self.gaps.push(Gap { what, reason });
                continue;
            }
            let frame = read_metrics(&self.dir.join(&entry.dir), &self.index.metrics)?;
            stack.push(&[("reference", position as u64)], &frame).map_err(grouping(self.dir))?;
        }
        Ok(stack.frame)
    }

    fn baselines(&mut self) -> Result<Vec<(BaselineEntry, DataFrame)>, ReportError> {
        let mut found = Vec::new();
        for entry in self.index.all_baselines() {
            let dir = self.dir.join(&entry.dir);
            let metrics = dir.join(METRICS_FILE);
            let reason = match &entry.status {
                BaselineStatus::Complete if metrics.exists() => {
                    let metrics = read_metrics(&dir, &self.index.metrics)?;
                    found.push((entry, metrics));
                    continue;
                }
                BaselineStatus::Complete => format!("{} is not there", metrics.display()),
                BaselineStatus::Missing => NOT_RUN.to_owned(),
                BaselineStatus::Failed { reason } => format!("failed: {reason}"),
                // Nothing that was planned is missing.
                BaselineStatus::Skipped { .. } => continue,
            };
            self.gaps.push(Gap { what: entry.title, reason });
        }
        Ok(found)
    }

    fn costs(&mut self) -> Result<Vec<CellCost>, ReportError> {
        let mut costs = Vec::new();
        let mut seen = BTreeSet::new();
        for (series, cell) in self.planned() {
            if cell.status != CellStatus::Complete || !seen.insert(&cell.dir) {
                continue;
            }
            let path = self.dir.join(&cell.dir).join(PROVENANCE_FILE);
            if !path.exists() {
                let what = format!("cost and provenance of {}", cell_name(&cell.key));
                let reason = format!("{} is not there", path.display());
                self.gaps.push(Gap { what, reason });
                continue;
            }
            costs.push(CellCost {
                series,
                negatives: cell.key.negatives,
                dir: cell.dir.clone(),
                provenance: read_json(&path)?,
            });
        }
        Ok(costs)
    }

    fn reference_costs(&self) -> Result<Vec<Provenance>, ReportError> {
        let complete =
            self.index.references.iter().filter(|entry| entry.status == CellStatus::Complete);
        let paths = complete.map(|entry| self.dir.join(&entry.dir).join(PROVENANCE_FILE));
        paths.filter(|path| path.is_file()).map(|path| read_json(&path)).collect()
    }
}

const NOT_RUN: &str = "not run, or not finished";
const NOT_IMPORTED: &str = "not in what was imported";

/// Frames of equal columns, one below the other, each marked with its keys.
#[derive(Default)]
struct Stack {
    frame: DataFrame,
}

impl Stack {
    fn push(&mut self, keys: &[(&str, u64)], frame: &DataFrame) -> PolarsResult<()> {
        let height = frame.height();
        let mut columns: Vec<Column> = keys
            .iter()
            .map(|(name, key)| Column::new((*name).into(), vec![*key; height]))
            .collect();
        columns.extend(frame.columns().iter().cloned());
        self.frame.vstack_mut(&DataFrame::new(height, columns)?)?;
        Ok(())
    }
}
