//! The files of an entry, in the formats that the report reads.

use std::fs::File;
use std::path::Path;

use polars::prelude::*;
use prefsweep_report::results::{METRICS_COLUMNS, RANKS_COLUMNS, TRAJECTORY_COLUMNS};
use serde::Serialize;

use crate::evaluation::{Metric, Ranks};
use crate::preference::Evaluation;
use crate::store::{StoreError, at};

fn invalid(path: &Path) -> impl FnOnce(Box<dyn std::error::Error + Send + Sync>) -> StoreError {
    let path = path.to_owned();
    move |error| StoreError { path, cause: std::io::Error::other(error) }
}

/// Writes any plain data as indented JSON.
///
/// # Errors
/// When the file cannot be written.
pub fn write_json(path: &Path, value: &impl Serialize) -> Result<(), StoreError> {
    let text = serde_json::to_string_pretty(value).expect("plain data");
    std::fs::write(path, text + "\n").map_err(at(path))
}

/// A CSV file that grows row by row; what is written stays when the program is killed.
#[derive(Debug)]
pub struct Table {
    path: std::path::PathBuf,
    writer: csv::Writer<File>,
}

impl Table {
    /// Starts a table with its header.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn create(path: &Path, columns: &[&str]) -> Result<Self, StoreError> {
        let file = File::create(path).map_err(at(path))?;
        let mut table = Self { path: path.to_owned(), writer: csv::Writer::from_writer(file) };
        table.row(columns.iter().map(|&column| column.to_owned()))?;
        Ok(table)
    }

    /// Adds a row, one text per column.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) -> Result<(), StoreError> {
        let cells: Vec<String> = cells.into_iter().collect();
        self.writer.write_record(&cells).map_err(|error| invalid(&self.path)(error.into()))?;
        self.writer.flush().map_err(at(&self.path))
    }
}

/// Starts the table of metrics, one row per step and measure.
///
/// # Errors
/// When the file cannot be written.
pub fn metrics_table(path: &Path) -> Result<Table, StoreError> {
    Table::create(path, &METRICS_COLUMNS)
}

/// Adds an evaluation's metrics.
///
/// # Errors
/// When the file cannot be written.
pub fn add_metrics(table: &mut Table, step: usize, metrics: &[Metric]) -> Result<(), StoreError> {
    for metric in metrics {
        table.row([
            step.to_string(),
            metric.split.name().into(),
            metric.protocol.name().into(),
            metric.name.into(),
            metric.cutoff.to_string(),
            metric.value.to_string(),
        ])?;
    }
    Ok(())
}

/// Starts the table of what training was like, one row per evaluation.
///
/// # Errors
/// When the file cannot be written.
pub fn trajectory_table(path: &Path) -> Result<Table, StoreError> {
    Table::create(path, &TRAJECTORY_COLUMNS)
}

/// Adds an evaluation's row.
///
/// # Errors
/// When the file cannot be written.
pub fn add_trajectory(table: &mut Table, evaluation: &Evaluation) -> Result<(), StoreError> {
    let summary = &evaluation.summary;
    let [low, median, high] = summary.beta_b.map_or([None; 3], |quantiles| quantiles.map(Some));
    let moved = &evaluation.moved;
    let optional = |value: Option<f64>| value.map(|value| value.to_string()).unwrap_or_default();
    table.row([
        evaluation.step.to_string(),
        summary.loss.to_string(),
        summary.loss_normalised.to_string(),
        summary.margin.to_string(),
        summary.accuracy.to_string(),
        summary.positive_log_ratio.to_string(),
        summary.negative_log_ratio.to_string(),
        summary.gradient_norm.to_string(),
        optional(summary.boundary_weight),
        optional(summary.boundary_share),
        optional(summary.easy_share),
        summary.boundary_negatives.to_string(),
        moved.kl.to_string(),
        optional(summary.effective_negatives),
        summary.saturated.to_string(),
        optional(low),
        optional(median),
        optional(high),
        optional(summary.false_negatives),
        optional(evaluation.expected_false_negatives),
        optional(summary.false_share),
        optional(moved.liked_mass),
        optional(moved.liked_mass_lost),
        optional(evaluation.regret),
    ])
}

/// Every user's rank at every evaluation, written as Parquet at the end.
#[derive(Debug, Default)]
pub struct RankTable {
    step: Vec<u32>,
    split: Vec<&'static str>,
    protocol: Vec<&'static str>,
    user: Vec<u32>,
    rank: Vec<f32>,
}

impl RankTable {
    /// Adds the ranks of an evaluation.
    pub fn add(&mut self, step: usize, ranks: &[Ranks]) {
        for Ranks { split, protocol, users, ranks } in ranks {
            for (&user, rank) in users.iter().zip(ranks) {
                self.step.push(step as u32);
                self.split.push(split.name());
                self.protocol.push(protocol.name());
                self.user.push(user);
                self.rank.push(rank.rank);
            }
        }
    }

    /// Writes the table.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write(self, path: &Path) -> Result<(), StoreError> {
        let [step, split, protocol, user, rank] = RANKS_COLUMNS;
        let rows = self.step.len();
        let columns = vec![
            Column::new(step.into(), self.step),
            Column::new(split.into(), self.split),
            Column::new(protocol.into(), self.protocol),
            Column::new(user.into(), self.user),
            Column::new(rank.into(), self.rank),
        ];
        let mut frame =
            DataFrame::new(rows, columns).map_err(|error| invalid(path)(error.into()))?;
        let file = File::create(path).map_err(at(path))?;
        ParquetWriter::new(file).finish(&mut frame).map_err(|error| invalid(path)(error.into()))?;
        Ok(())
    }
}
