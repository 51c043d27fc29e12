//! Reading CSV files with polars, so that a bad value is reported with its file and line.
//!
//! Every column is read as text and cast afterwards: polars' own schema inference would turn one
//! stray word into a whole column of strings, or an error without a line number.

use std::fs;
use std::path::Path;

use polars::prelude::*;

use crate::error::ReportError;

/// What a column has to hold.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind<'a> {
    /// A whole number from 0; never empty.
    Whole,
    /// A decimal number; empty and non-finite values become null.
    Number,
    /// One of a few words; never empty.
    OneOf(&'a [&'a str]),
}

/// One column to read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ColumnSpec<'a> {
    pub(crate) name: &'a str,
    pub(crate) kind: Kind<'a>,
    /// Whether the file may lack the column, which then is null throughout.
    pub(crate) optional: bool,
}

/// Reads the given columns of a CSV file, in the given order.
pub(crate) fn read_csv(path: &Path, columns: &[ColumnSpec<'_>]) -> Result<DataFrame, ReportError> {
    fs::File::open(path).map_err(ReportError::read(path))?;
    let raw = CsvReadOptions::default()
        .with_infer_schema_length(Some(0))
        .try_into_reader_with_file_path(Some(path.to_owned()))
        .and_then(|reader| reader.finish())
        .map_err(|_| unparseable(path))?;
    let height = raw.height();
    let mut typed = Vec::with_capacity(columns.len());
    for spec in columns {
        typed.push(match raw.column(spec.name) {
            Ok(text) => typed_column(path, spec, text)?,
            Err(_) if spec.optional => {
                Column::full_null(spec.name.into(), height, &DataType::Float64)
            }
            Err(_) => return Err(missing(path, spec.name, &raw)),
        });
    }
    DataFrame::new(height, typed).map_err(|_| unparseable(path))
}

fn missing(path: &Path, column: &str, raw: &DataFrame) -> ReportError {
    let found: Vec<String> =
        raw.get_column_names().iter().map(|name| format!("`{name}`")).collect();
    ReportError::MissingColumn {
        path: path.to_owned(),
        column: column.to_owned(),
        found: found.join(", "),
    }
}

fn typed_column(path: &Path, spec: &ColumnSpec<'_>, text: &Column) -> Result<Column, ReportError> {
    let text = text.cast(&DataType::String).map_err(|_| unparseable(path))?;
    let words = text.str().map_err(|_| unparseable(path))?;
    let bad = |row: usize, expected: String| ReportError::Value {
        path: path.to_owned(),
        line: row + 2,
        column: spec.name.to_owned(),
        found: words.get(row).unwrap_or_default().to_owned(),
        expected,
    };
    match spec.kind {
        Kind::Whole => {
            let mut values = Vec::with_capacity(words.len());
            for (row, word) in words.iter().enumerate() {
                let value = word.and_then(|word| word.trim().parse::<u32>().ok());
                values.push(value.ok_or_else(|| bad(row, "a whole number".to_owned()))?);
            }
            Ok(Column::new(spec.name.into(), values))
        }
        Kind::Number => {
            let mut values = Vec::with_capacity(words.len());
            for (row, word) in words.iter().enumerate() {
                let word = word.map(str::trim).filter(|word| !word.is_empty());
                let value = word.map(str::parse::<f64>).transpose();
                let value = value.map_err(|_| bad(row, "a number".to_owned()))?;
                values.push(value.filter(|value| value.is_finite()));
            }
            Ok(Column::new(spec.name.into(), values))
        }
        Kind::OneOf(allowed) => {
            for (row, word) in words.iter().enumerate() {
                if !word.is_some_and(|word| allowed.contains(&word)) {
                    return Err(bad(row, format!("one of {}", allowed.join(", "))));
                }
            }
            Ok(text)
        }
    }
}

/// A parse failure, with the first line whose number of fields differs from the header's.
fn unparseable(path: &Path) -> ReportError {
    let bytes = fs::read(path).unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    let mut lines = text.lines();
    let fields = lines.next().unwrap_or_default().matches(',').count();
    let line = lines
        .position(|line| !line.is_empty() && line.matches(',').count() != fields)
        .map(|row| row + 2);
    let message = match line {
        _ if bytes.is_empty() => "the file is empty",
        Some(_) => "another number of fields than in the header",
        None if std::str::from_utf8(&bytes).is_err() => "not UTF-8 text",
        None => "not CSV that can be read",
    };
    ReportError::Table { path: path.to_owned(), line, message: message.to_owned() }
}
