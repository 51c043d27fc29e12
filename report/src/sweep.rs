//! Loading a results folder: the index, checked, and the tables of every complete cell.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use polars::prelude::*;
use serde::de::DeserializeOwned;

use crate::columns::{ColumnSpec, Kind, read_csv};
use crate::error::ReportError;
use crate::findings::Measure;
use crate::results::{
    CellEntry, CellStatus, INDEX_FILE, INDEX_FORMAT, Index, METRICS, METRICS_FILE, PROTOCOLS,
    PROVENANCE_FILE, Provenance, SPLITS, TRAJECTORY_COLUMNS, TRAJECTORY_FILE,
};

/// A loss together with its other swept scalars: one line of a plot, one block of a table.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Series {
    pub(crate) label: String,
    pub(crate) loss: String,
    /// Position among the series of the same loss, whatever settings of its own it has.
    pub(crate) variant: usize,
}

/// Something planned that has no results.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Gap {
    pub(crate) what: String,
    pub(crate) reason: String,
}

/// What one distinct cell cost, with the first label it appears under.
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
    /// series, negatives, seed, then the columns of `metrics.csv`.
    pub(crate) metrics: DataFrame,
    /// series, negatives, seed, then the columns of `trajectory.csv`.
    pub(crate) trajectory: DataFrame,
    /// Reference (position in the index), then the columns of `metrics.csv`.
    pub(crate) references: DataFrame,
    pub(crate) popularity: Option<DataFrame>,
    /// Every distinct cell that appears under more than one label is counted once.
    pub(crate) costs: Vec<CellCost>,
    /// What the references cost, where that lies beside them.
    pub(crate) reference_costs: Vec<Provenance>,
    pub(crate) gaps: Vec<Gap>,
}

const METRICS_SPEC: [ColumnSpec; 6] = [
    ColumnSpec { name: "step", kind: Kind::Whole, optional: false },
    ColumnSpec { name: "split", kind: Kind::OneOf(&SPLITS), optional: false },
    ColumnSpec { name: "protocol", kind: Kind::OneOf(&PROTOCOLS), optional: false },
    ColumnSpec { name: "metric", kind: Kind::OneOf(&METRICS), optional: false },
    ColumnSpec { name: "cutoff", kind: Kind::Whole, optional: false },
    ColumnSpec { name: "value", kind: Kind::Number, optional: false },
];

impl Sweep {
    /// Reads everything the report needs from a folder that holds `index.json`.
    pub(crate) fn load(dir: &Path) -> Result<Self, ReportError> {
        let index_path = dir.join(INDEX_FILE);
        let index = read_index(&index_path)?;
        check(&index, &index_path)?;
        let series = series_of(&index);
        let mut loading = Loading { dir, index: &index, series: &series, gaps: Vec::new() };
        let (metrics, trajectory) = loading.cells()?;
        let references = loading.references()?;
        let popularity = loading.popularity()?;
        let costs = loading.costs()?;
        let reference_costs = loading.reference_costs()?;
        let gaps = loading.gaps;
        Ok(Self {
            dir: dir.to_owned(),
            index,
            series,
            metrics,
            trajectory,
            references,
            popularity,
            costs,
            reference_costs,
            gaps,
        })
    }

    /// The number of seeds planned for a series at K negatives.
    pub(crate) fn planned(&self, series: usize, negatives: usize) -> usize {
        let label = &self.series[series].label;
        let cells = self.index.cells.iter();
        cells.filter(|cell| cell.negatives == negatives && cell.label() == *label).count()
    }

    /// Every planned number of negatives of a series, ascending.
    pub(crate) fn planned_negatives(&self, series: usize) -> BTreeSet<usize> {
        let label = &self.series[series].label;
        let cells = self.index.cells.iter().filter(|cell| cell.label() == *label);
        cells.map(|cell| cell.negatives).collect()
    }

    /// Distinct seeds of the plan.
    pub(crate) fn seeds(&self) -> BTreeSet<u64> {
        self.index.cells.iter().map(|cell| cell.seed).collect()
    }

    /// A failure while grouping, with the folder it concerns.
    pub(crate) fn grouping(&self) -> impl Fn(PolarsError) -> ReportError + use<> {
        grouping(&self.dir)
    }
}

fn grouping(dir: &Path) -> impl Fn(PolarsError) -> ReportError + use<> {
    let path = dir.to_owned();
    move |error| ReportError::Grouping { path: path.clone(), message: error.to_string() }
}

pub(crate) fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T, ReportError> {
    let text = fs::read(path).map_err(ReportError::read(path))?;
    serde_json::from_slice(&text).map_err(|error| ReportError::json(path, &error))
}

pub(crate) fn read_index(path: &Path) -> Result<Index, ReportError> {
    let value: serde_json::Value = read_json(path)?;
    if let Some(found) = value.get("format").and_then(serde_json::Value::as_u64)
        && found != u64::from(INDEX_FORMAT)
    {
        return Err(ReportError::Format { path: path.to_owned(), found, expected: INDEX_FORMAT });
    }
    read_json(path)
}

pub(crate) fn check(index: &Index, path: &Path) -> Result<(), ReportError> {
    let contradiction =
        |message| Err(ReportError::Contradiction { path: path.to_owned(), message });
    let known: BTreeSet<&str> = index.references.iter().map(|entry| entry.id.as_str()).collect();
    if known.len() < index.references.len() {
        return contradiction("two references have the same id".to_owned());
    }
    let mut seen = BTreeSet::new();
    for cell in &index.cells {
        if !known.contains(cell.reference.as_str()) {
            return contradiction(format!(
                "cell `{}` ({}) names the reference `{}`, which is not listed",
                cell.id,
                describe(cell),
                cell.reference
            ));
        }
        if !seen.insert((cell.label(), cell.negatives, cell.seed)) {
            return contradiction(format!("{} is listed twice", describe(cell)));
        }
    }
    Ok(())
}

fn describe(cell: &CellEntry) -> String {
    format!("{}, K = {}, seed {}", cell.label(), cell.negatives, cell.seed)
}

fn series_of(index: &Index) -> Vec<Series> {
    let mut series: Vec<Series> = Vec::new();
    for cell in &index.cells {
        let label = cell.label();
        if series.iter().all(|known| known.label != label) {
            let same =
                |known: &&Series| without_settings(&known.loss) == without_settings(&cell.loss);
            let variant = series.iter().filter(same).count();
            series.push(Series { label, loss: cell.loss.clone(), variant });
        }
    }
    series
}

/// `dynamic_po(dmpo)` of `dynamic_po(dmpo, c=1)`.
pub(crate) fn without_settings(loss: &str) -> String {
    loss.split_once(',').map_or_else(|| loss.to_owned(), |(plain, _)| format!("{plain})"))
}

struct Loading<'a> {
    dir: &'a Path,
    index: &'a Index,
    series: &'a [Series],
    gaps: Vec<Gap>,
}

impl Loading<'_> {
    fn cells(&mut self) -> Result<(DataFrame, DataFrame), ReportError> {
        let mut read: BTreeMap<&Path, (DataFrame, DataFrame)> = BTreeMap::new();
        let mut metrics = Stack::default();
        let mut trajectory = Stack::default();
        for cell in &self.index.cells {
            if let Some(reason) = absence(&cell.status) {
                self.gaps.push(Gap { what: describe(cell), reason });
                continue;
            }
            if !read.contains_key(cell.dir.as_path()) {
                let dir = self.dir.join(&cell.dir);
                read.insert(&cell.dir, (read_metrics(&dir)?, read_trajectory(&dir)?));
            }
            let (cell_metrics, cell_trajectory) = &read[cell.dir.as_path()];
            let label = cell.label();
            let series = self.series.iter().position(|known| known.label == label);
            let keys = [
                ("series", series.unwrap_or_default() as u64),
                ("negatives", cell.negatives as u64),
                ("seed", cell.seed),
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
            if let Some(reason) = absence(&entry.status) {
                let what = format!("{}, seed {}", entry.label(), entry.seed);
                self.gaps.push(Gap { what, reason });
                continue;
            }
            let frame = read_metrics(&self.dir.join(&entry.dir))?;
            stack.push(&[("reference", position as u64)], &frame).map_err(grouping(self.dir))?;
        }
        Ok(stack.frame)
    }

    fn popularity(&mut self) -> Result<Option<DataFrame>, ReportError> {
        let dir = self.dir.join(&self.index.popularity.dir);
        if !dir.join(METRICS_FILE).exists() {
            let reason = format!("{} is not there", dir.join(METRICS_FILE).display());
            self.gaps.push(Gap { what: "popularity".to_owned(), reason });
            return Ok(None);
        }
        read_metrics(&dir).map(Some)
    }

    fn costs(&mut self) -> Result<Vec<CellCost>, ReportError> {
        let mut costs = Vec::new();
        let mut seen = BTreeSet::new();
        for cell in &self.index.cells {
            if cell.status != CellStatus::Complete || !seen.insert(&cell.dir) {
                continue;
            }
            let path = self.dir.join(&cell.dir).join(PROVENANCE_FILE);
            if !path.exists() {
                let what = format!("cost and provenance of {}", describe(cell));
                let reason = format!("{} is not there", path.display());
                self.gaps.push(Gap { what, reason });
                continue;
            }
            let label = cell.label();
            let series = self.series.iter().position(|known| known.label == label);
            costs.push(CellCost {
                series: series.unwrap_or_default(),
                negatives: cell.negatives,
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

fn absence(status: &CellStatus) -> Option<String> {
    match status {
        CellStatus::Complete => None,
        CellStatus::Missing => Some("not run, or not finished".to_owned()),
        CellStatus::Failed { reason } => Some(format!("failed: {reason}")),
    }
}

pub(crate) fn read_metrics(dir: &Path) -> Result<DataFrame, ReportError> {
    let path = dir.join(METRICS_FILE);
    let frame = read_csv(&path, &METRICS_SPEC)?;
    not_empty(&path, frame)
}

/// Every value of a table of metrics that is a number, by step and measure.
pub(crate) fn metrics_of_file(path: &Path) -> Result<BTreeMap<(u32, Measure), f64>, ReportError> {
    let frame = not_empty(path, read_csv(path, &METRICS_SPEC)?)?;
    by_measure(&frame).map_err(|error| ReportError::parquet(path, &error))
}

fn by_measure(frame: &DataFrame) -> PolarsResult<BTreeMap<(u32, Measure), f64>> {
    let (step, cutoff) = (frame.column("step")?.u32()?, frame.column("cutoff")?.u32()?);
    let word = |name: &str| frame.column(name)?.str();
    let (split, protocol, metric) = (word("split")?, word("protocol")?, word("metric")?);
    let value = frame.column("value")?.f64()?;
    let row = |row: usize| {
        let measure = Measure::new(
            split.get(row)?,
            protocol.get(row)?,
            metric.get(row)?,
            cutoff.get(row)? as usize,
        );
        Some(((step.get(row)?, measure), value.get(row)?))
    };
    Ok((0..frame.height()).filter_map(row).collect())
}

pub(crate) fn read_trajectory(dir: &Path) -> Result<DataFrame, ReportError> {
    let path = dir.join(TRAJECTORY_FILE);
    let columns = TRAJECTORY_COLUMNS.map(|name| ColumnSpec {
        name,
        kind: if name == "step" { Kind::Whole } else { Kind::Number },
        optional: !matches!(name, "step" | "loss" | "loss_normalised"),
    });
    let frame = read_csv(&path, &columns)?;
    not_empty(&path, frame)
}

fn not_empty(path: &Path, frame: DataFrame) -> Result<DataFrame, ReportError> {
    if frame.height() == 0 {
        let message = "holds a header and no rows".to_owned();
        return Err(ReportError::Table { path: path.to_owned(), line: None, message });
    }
    Ok(frame)
}

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
