//! The tables of an entry: ranking metrics and training quantities at every evaluation.

use std::collections::BTreeMap;
use std::path::Path;

use polars::prelude::*;
use prefsweep_store::{
    METRICS_FILE, MetricFacts, PROTOCOLS, SPLITS, TRAINING_COLUMNS, TRAINING_FILE,
    TRAJECTORY_COLUMNS, TRAJECTORY_FILE,
};

use crate::columns::{ColumnSpec, Kind, read_csv};
use crate::error::ReportError;
use crate::measure::Measure;

/// `metrics.csv` of a folder; its metrics are among those given.
pub(crate) fn read_metrics(dir: &Path, metrics: &[MetricFacts]) -> Result<DataFrame, ReportError> {
    metrics_table(&dir.join(METRICS_FILE), metrics)
}

/// Every value of a table of metrics that is a number, by step and measure.
pub(crate) fn metrics_of_file(
    path: &Path,
    metrics: &[MetricFacts],
) -> Result<BTreeMap<(u32, Measure), f64>, ReportError> {
    let frame = metrics_table(path, metrics)?;
    by_measure(&frame).map_err(|error| ReportError::parquet(path, &error))
}

fn metrics_table(path: &Path, metrics: &[MetricFacts]) -> Result<DataFrame, ReportError> {
    let names: Vec<&str> = metrics.iter().map(|facts| facts.name.as_str()).collect();
    let columns = [
        ("step", Kind::Whole),
        ("split", Kind::OneOf(&SPLITS)),
        ("protocol", Kind::OneOf(&PROTOCOLS)),
        ("metric", Kind::OneOf(&names)),
        ("cutoff", Kind::Whole),
        ("value", Kind::Number),
    ];
    let columns = columns.map(|(name, kind)| ColumnSpec { name, kind, optional: false });
    not_empty(path, read_csv(path, &columns)?)
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

/// The column of `trajectory.csv` with the mean preference loss over validation instances.
pub(crate) const VALIDATION_LOSS: &str = "validation_loss";

/// `trajectory.csv` of a folder; columns that it lacks are null throughout.
pub(crate) fn read_trajectory(dir: &Path) -> Result<DataFrame, ReportError> {
    let path = dir.join(TRAJECTORY_FILE);
    let columns: Vec<ColumnSpec<'_>> = TRAJECTORY_COLUMNS
        .into_iter()
        .map(|name| ColumnSpec {
            name,
            kind: if name == "step" { Kind::Whole } else { Kind::Number },
            optional: !matches!(name, "step" | "loss" | "loss_normalised"),
        })
        .collect();
    let frame = read_csv(&path, &columns)?;
    not_empty(&path, frame)
}

/// Validation NDCG@10 of a reference at every epoch that was evaluated, in order.
pub(crate) fn read_validation(dir: &Path) -> Result<Vec<f64>, ReportError> {
    let path = dir.join(TRAINING_FILE);
    let [_, _, validation] = TRAINING_COLUMNS;
    let column = ColumnSpec { name: validation, kind: Kind::Number, optional: true };
    let frame = read_csv(&path, &[column])?;
    let values =
        frame.column(validation).and_then(|column| Ok(column.f64()?.iter().flatten().collect()));
    values.map_err(|error| ReportError::parquet(&path, &error))
}

fn not_empty(path: &Path, frame: DataFrame) -> Result<DataFrame, ReportError> {
    if frame.height() == 0 {
        let message = "holds a header and no rows".to_owned();
        return Err(ReportError::Table { path: path.to_owned(), line: None, message });
    }
    Ok(frame)
}
