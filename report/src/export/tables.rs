//! Tidy tables of metrics and of training quantities.

use std::path::{Path, PathBuf};

use polars::prelude::*;
use prefsweep_store::{Index, METRICS_FILE, RunKey, TRAJECTORY_COLUMNS, training_name, value_name};

use super::run::Run;
use crate::axes::Axes;
use crate::error::ReportError;
use crate::files::{write_csv, write_parquet};
use crate::measure::Measure;
use crate::tables::{metrics_of_file, read_trajectory};

/// The columns that say which run a row belongs to, `runs[place]` for every row, except for those of
/// [`Names::last`]. A value on an axis is text; an axis that is called like one of the columns of
/// values has its whole name.
struct Names {
    first: Vec<Column>,
    /// The run's key as JSON, and its id.
    last: [Column; 2],
}

impl Names {
    fn new(index: &Index, runs: &[Run], places: &[usize], values: &[&str]) -> Self {
        let words = |name: &str, word: &dyn Fn(&Run) -> Option<String>| {
            let of_run: Vec<Option<String>> = runs.iter().map(word).collect();
            let rows = places.iter().map(|place| of_run[*place].as_deref());
            Column::new(name.into(), rows.collect::<Vec<_>>())
        };
        let of = || places.iter().map(|place| &runs[*place]);
        let k: Vec<Option<u32>> = of().map(|run| run.negatives().map(|k| k as u32)).collect();
        let seed: Vec<Option<u64>> = of().map(|run| run.key.as_ref().map(RunKey::seed)).collect();
        let mut first = vec![
            words("dataset", &|_| Some(index.dataset.name.clone())),
            words("loss", &|run| Some(run.loss())),
            words("label", &|run| Some(run.label())),
            Column::new("K".into(), k),
            Column::new("seed".into(), seed),
        ];
        let keys = || runs.iter().filter_map(|run| run.key.as_ref());
        let others = [&NAMES, values].concat();
        for (axis, name) in Axes::of(keys().map(RunKey::axes)).columns(&others) {
            let value = |run: &Run| Some(value_name(run.key.as_ref()?.axes().get(axis)?));
            first.push(words(name, &value));
        }
        let last = [
            words("key", &|run| run.key.as_ref().map(RunKey::json)),
            words("id", &|run| run.id.clone()),
        ];
        Self { first, last }
    }

    /// Around the columns of values.
    fn around(self, values: impl IntoIterator<Item = Column>) -> Vec<Column> {
        self.first.into_iter().chain(values).chain(self.last).collect()
    }
}

/// Columns that every table has.
const NAMES: [&str; 7] = ["dataset", "loss", "label", "K", "seed", "key", "id"];

/// One row per run, split, protocol, metric and cut-off, at the end of training.
pub(super) fn metrics(index: &Index, runs: &[Run]) -> Result<DataFrame, ReportError> {
    let (mut places, mut measures, mut values) = (Vec::new(), Vec::<Measure>::new(), Vec::new());
    for (place, run) in runs.iter().enumerate() {
        let all = metrics_of_file(&run.dir.join(METRICS_FILE), &index.metrics)?;
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
    // Metrics of whole rankings have no cut-off.
    let cutoffs: Vec<Option<u32>> = measures
        .iter()
        .map(|measure| Some(measure.cutoff as u32).filter(|cutoff| *cutoff > 0))
        .collect();
    let columns = [
        words("split", |measure| &measure.split),
        words("protocol", |measure| &measure.protocol),
        words("metric", |measure| &measure.metric),
        Column::new("cutoff".into(), cutoffs),
        Column::new("value".into(), &values),
    ];
    let names = ["split", "protocol", "metric", "cutoff", "value"];
    let names = Names::new(index, runs, &places, &names);
    frame(index, values.len(), names.around(columns))
}

/// One row per cell and evaluation.
pub(super) fn trajectories(index: &Index, runs: &[Run]) -> Result<DataFrame, ReportError> {
    let mut places = Vec::new();
    let mut rows = DataFrame::default();
    for (place, run) in runs.iter().enumerate().filter(|(_, run)| run.negatives().is_some()) {
        let trajectory = read_trajectory(&run.dir)?;
        places.extend(std::iter::repeat_n(place, trajectory.height()));
        rows.vstack_mut(&trajectory).map_err(failed(index))?;
    }
    let mut columns = Vec::new();
    for name in TRAJECTORY_COLUMNS {
        let mut column = match rows.column(name) {
            Ok(column) => column.clone(),
            Err(_) => Column::full_null(name.into(), places.len(), &DataType::Float64),
        };
        column.rename(training_name(name).into());
        columns.push(column);
    }
    let names = Names::new(index, runs, &places, &TRAJECTORY_COLUMNS);
    frame(index, places.len(), names.around(columns))
}

fn frame(index: &Index, rows: usize, columns: Vec<Column>) -> Result<DataFrame, ReportError> {
    DataFrame::new(rows, columns).map_err(failed(index))
}

fn failed(index: &Index) -> impl Fn(PolarsError) -> ReportError + use<> {
    let path = PathBuf::from(&index.experiment);
    move |error| ReportError::Grouping { path: path.clone(), message: error.to_string() }
}

/// As `<stem>.csv` and `<stem>.parquet`.
pub(super) fn write(mut table: DataFrame, stem: &Path) -> Result<[PathBuf; 2], ReportError> {
    let paths = ["csv", "parquet"].map(|extension| stem.with_extension(extension));
    let [csv, parquet] = &paths;
    write_csv(csv, &mut table)?;
    write_parquet(parquet, Ok(table))?;
    Ok(paths)
}
