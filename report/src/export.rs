//! An experiment's results as tidy tables for other programs, and as TensorBoard's event files.

mod tensorboard;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use polars::prelude::*;

use crate::error::ReportError;
use crate::findings::Measure;
use crate::ranked_cells::{REFERENCE, RankedCells};
use crate::results::{CellStatus, INDEX_FILE, Index, METRICS_FILE, TRAJECTORY_COLUMNS, with_axes};
use crate::sweep::{check, metrics_of_file, read_index, read_trajectory};

/// One training, a reference or the popularity baseline.
struct Run {
    id: Option<String>,
    loss: String,
    negatives: Option<usize>,
    seed: Option<u64>,
    axes: BTreeMap<String, String>,
    dir: PathBuf,
}

/// Writes all tables into `out_dir`, which is made when needed: `metrics` and `trajectories` as CSV
/// and Parquet, `ranks.parquet` with `export.json` (what `prefsweep compare` reads), and with
/// `tensorboard` one folder of event files per training.
///
/// Gives back the files written.
///
/// # Errors
///
/// When a file of the results cannot be used, or one cannot be written.
pub fn export(
    results_dir: &Path,
    out_dir: &Path,
    tensorboard: bool,
) -> Result<Vec<PathBuf>, ReportError> {
    let path = results_dir.join(INDEX_FILE);
    let index = read_index(&path)?;
    check(&index, &path)?;
    fs::create_dir_all(out_dir).map_err(ReportError::write(out_dir))?;
    let runs = runs(&index, results_dir);
    let mut files = Vec::new();
    for (name, table) in
        [("metrics", metrics(&index, &runs)?), ("trajectories", trajectories(&index, &runs)?)]
    {
        files.extend(write(table, &out_dir.join(name))?);
    }
    files.extend(RankedCells::of_results(results_dir, &index)?.export(out_dir)?);
    if tensorboard {
        files.extend(tensorboard::write(&runs, &out_dir.join("tensorboard"))?);
    }
    Ok(files)
}

/// Popularity, references, then cells; those that have results.
fn runs(index: &Index, results_dir: &Path) -> Vec<Run> {
    let mut runs = Vec::new();
    let popularity = results_dir.join(&index.popularity.dir);
    if popularity.join(METRICS_FILE).is_file() {
        runs.push(Run {
            id: None,
            loss: "popularity".to_owned(),
            negatives: None,
            seed: None,
            axes: BTreeMap::new(),
            dir: popularity,
        });
    }
    for entry in index.references.iter().filter(|entry| entry.status == CellStatus::Complete) {
        runs.push(Run {
            id: Some(entry.id.clone()),
            loss: REFERENCE.to_owned(),
            negatives: None,
            seed: Some(entry.seed),
            axes: entry.axes.clone(),
            dir: results_dir.join(&entry.dir),
        });
    }
    for entry in index.cells.iter().filter(|entry| entry.status == CellStatus::Complete) {
        runs.push(Run {
            id: Some(entry.id.clone()),
            loss: entry.loss.clone(),
            negatives: Some(entry.negatives),
            seed: Some(entry.seed),
            axes: entry.axes.clone(),
            dir: results_dir.join(&entry.dir),
        });
    }
    runs
}

/// The columns that say which run a row belongs to, `runs[place]` for every row; the id goes last.
fn keys(index: &Index, runs: &[Run], places: &[usize]) -> (Vec<Column>, Column) {
    let of = || places.iter().map(|place| &runs[*place]);
    let words = |name: &str, word: &dyn Fn(&Run) -> Option<String>| {
        Column::new(name.into(), of().map(word).collect::<Vec<_>>())
    };
    let k: Vec<Option<u32>> = of().map(|run| run.negatives.map(|k| k as u32)).collect();
    let seed: Vec<Option<u64>> = of().map(|run| run.seed).collect();
    let mut columns = vec![
        words("dataset", &|_| Some(index.dataset.name.clone())),
        words("loss", &|run| Some(run.loss.clone())),
        words("label", &|run| Some(with_axes(&run.loss, &run.axes))),
        Column::new("K".into(), k),
        Column::new("seed".into(), seed),
    ];
    let axes: BTreeSet<&String> = runs.iter().flat_map(|run| run.axes.keys()).collect();
    columns.extend(axes.into_iter().map(|axis| words(axis, &|run| run.axes.get(axis).cloned())));
    (columns, words("id", &|run| run.id.clone()))
}

/// One row per run, split, protocol, metric and cut-off, at the end of training.
fn metrics(index: &Index, runs: &[Run]) -> Result<DataFrame, ReportError> {
    let (mut places, mut measures, mut values) = (Vec::new(), Vec::<Measure>::new(), Vec::new());
    for (place, run) in runs.iter().enumerate() {
        let all = metrics_of_file(&run.dir.join(METRICS_FILE))?;
        let last = all.keys().map(|(step, _)| *step).max();
        for ((step, measure), value) in all {
            if Some(step) == last {
                places.push(place);
                measures.push(measure);
                values.push(value);
            }
        }
    }
    let words = |name: &str, word: fn(&Measure) -> &str| {
        Column::new(name.into(), measures.iter().map(word).collect::<Vec<_>>())
    };
    // MRR and the share of ties have no cut-off.
    let cutoffs: Vec<Option<u32>> = measures
        .iter()
        .map(|measure| Some(measure.cutoff as u32).filter(|cutoff| *cutoff > 0))
        .collect();
    let (mut columns, id) = keys(index, runs, &places);
    columns.extend([
        words("split", |measure| &measure.split),
        words("protocol", |measure| &measure.protocol),
        words("metric", |measure| &measure.metric),
        Column::new("cutoff".into(), cutoffs),
        Column::new("value".into(), &values),
        id,
    ]);
    frame(index, values.len(), columns)
}

/// One row per cell and evaluation.
fn trajectories(index: &Index, runs: &[Run]) -> Result<DataFrame, ReportError> {
    let mut places = Vec::new();
    let mut rows = DataFrame::default();
    for (place, run) in runs.iter().enumerate().filter(|(_, run)| run.negatives.is_some()) {
        let trajectory = read_trajectory(&run.dir)?;
        places.extend(std::iter::repeat_n(place, trajectory.height()));
        rows.vstack_mut(&trajectory).map_err(failed(index))?;
    }
    let (mut columns, id) = keys(index, runs, &places);
    for name in TRAJECTORY_COLUMNS {
        let mut column = match rows.column(name) {
            Ok(column) => column.clone(),
            Err(_) => Column::full_null(name.into(), places.len(), &DataType::Float64),
        };
        // `loss` is the name of the loss.
        if name == "loss" {
            column.rename("training_loss".into());
        }
        columns.push(column);
    }
    columns.push(id);
    frame(index, places.len(), columns)
}

fn frame(index: &Index, rows: usize, columns: Vec<Column>) -> Result<DataFrame, ReportError> {
    DataFrame::new(rows, columns).map_err(failed(index))
}

fn failed(index: &Index) -> impl Fn(PolarsError) -> ReportError + use<> {
    let path = PathBuf::from(&index.experiment);
    move |error| ReportError::Grouping { path: path.clone(), message: error.to_string() }
}

/// As `<stem>.csv` and `<stem>.parquet`.
fn write(mut table: DataFrame, stem: &Path) -> Result<[PathBuf; 2], ReportError> {
    let paths = ["csv", "parquet"].map(|extension| stem.with_extension(extension));
    let [csv, parquet] = &paths;
    let create = |path: &Path| File::create(path).map_err(ReportError::write(path));
    CsvWriter::new(create(csv)?)
        .finish(&mut table)
        .map_err(|error| ReportError::write(csv)(std::io::Error::other(error)))?;
    ParquetWriter::new(create(parquet)?)
        .finish(&mut table)
        .map_err(|error| ReportError::write(parquet)(std::io::Error::other(error)))?;
    Ok(paths)
}
