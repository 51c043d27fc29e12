//! Reading and writing whole files, with errors that name them.

use std::fs;
use std::path::Path;

use polars::prelude::{CsvWriter, DataFrame, PolarsResult, SerWriter};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::ReportError;

pub(crate) fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T, ReportError> {
    let text = fs::read(path).map_err(ReportError::read(path))?;
    serde_json::from_slice(&text).map_err(|error| ReportError::json(path, &error))
}

/// The version that a file says it has, whatever else is in it.
pub(crate) fn read_format(path: &Path) -> Result<u64, ReportError> {
    #[derive(serde::Deserialize)]
    struct Versioned {
        format: u64,
    }
    read_json(path).map(|Versioned { format }| format)
}

pub(crate) fn write_json<T: Serialize>(path: &Path, value: &T) -> Result<(), ReportError> {
    let json =
        serde_json::to_string_pretty(value).map_err(|error| ReportError::json(path, &error))?;
    write(path, &(json + "\n"))
}

pub(crate) fn write(path: &Path, text: &str) -> Result<(), ReportError> {
    fs::write(path, text).map_err(ReportError::write(path))
}

/// Writes a table as CSV.
pub(crate) fn write_csv(path: &Path, table: &mut DataFrame) -> Result<(), ReportError> {
    let file = fs::File::create(path).map_err(ReportError::write(path))?;
    let written = CsvWriter::new(file).finish(table);
    written.map_err(|error| ReportError::write(path)(std::io::Error::other(error)))
}

/// Writes a table as Parquet, or says that it could not be made.
pub(crate) fn write_parquet(
    path: &Path,
    table: PolarsResult<DataFrame>,
) -> Result<(), ReportError> {
    prefsweep_store::write_parquet(path, table)
        .map_err(|error| ReportError::write(path)(error.cause))
}
