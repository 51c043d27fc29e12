//! Parquet, with columns of whole numbers, numbers, texts or lists of numbers.

use std::fmt::Display;
use std::fs;
use std::path::Path;

use polars::prelude::*;
use prefsweep_parquet::{ColumnType, Table, guarded};

use super::error::{ImportError, Place};
use super::field::Field;
use super::record::OnRow;

/// Types that a column may have.
const ALLOWED: &str =
    "texts, numbers of 32 or 64 bits, signed integers of 8 or 16, or lists of numbers";

/// A file with its header.
pub(super) struct ParquetTable<'a> {
    path: &'a Path,
    file: Table,
    header: Vec<String>,
}

impl<'a> ParquetTable<'a> {
    pub(super) fn open(path: &'a Path) -> Result<Self, ImportError> {
        let bytes = fs::read(path).map_err(ImportError::read(path))?;
        let file = Table::new(bytes).map_err(|_| damaged(path))?;
        let header = file.columns().iter().map(|(name, _)| name.clone()).collect();
        Ok(Self { path, file, header })
    }

    pub(super) fn header(&self) -> &[String] {
        &self.header
    }

    pub(super) fn rows(self, columns: &[usize], on_row: &mut OnRow<'_>) -> Result<(), ImportError> {
        let names: Vec<&str> = columns.iter().map(|at| self.header[*at].as_str()).collect();
        for name in &names {
            if let Some(ColumnType::Unreadable(found)) = self.file.column_type(name) {
                return Err(other_type(self.path, name, found));
            }
        }
        let frame = self.file.read(Some(&names)).map_err(|_| damaged(self.path))?;
        let mut values: Vec<Values> = self.header.iter().map(|_| Values::Absent).collect();
        for (at, name) in columns.iter().zip(&names) {
            let column = frame.column(name).map_err(|_| damaged(self.path))?;
            values[*at] = guarded(|| Values::of(column))
                .map_err(|_| other_type(self.path, name, column.dtype()))?;
        }
        for row in 0..frame.height() {
            let field = |column: usize| values[column].get(row);
            on_row(Place::Row(row as u64 + 1), &field)?;
        }
        Ok(())
    }
}

fn damaged(path: &Path) -> ImportError {
    ImportError::of(path, "not Parquet that can be read: the file is damaged or cut off")
}

fn other_type(path: &Path, column: &str, found: &impl Display) -> ImportError {
    ImportError::of(path, format!("found the type {found}, allowed {ALLOWED}")).in_column(column)
}

/// A column.
enum Values {
    /// Not read.
    Absent,
    Texts(StringChunked),
    Wholes(UInt64Chunked),
    Signed(Int64Chunked),
    Numbers(Float64Chunked),
    Lists(ListChunked),
}

impl Values {
    fn of(column: &Column) -> PolarsResult<Self> {
        let (series, kind) = (column.as_materialized_series().rechunk(), column.dtype());
        Ok(match kind {
            DataType::String => Self::Texts(series.str()?.clone()),
            DataType::List(inside) if inside.is_primitive_numeric() => {
                let numbers = DataType::List(Box::new(DataType::Float64));
                Self::Lists(series.cast(&numbers)?.list()?.clone())
            }
            kind if kind.is_unsigned_integer() => {
                Self::Wholes(series.cast(&DataType::UInt64)?.u64()?.clone())
            }
            // Names of users may have more digits than a number with a fraction keeps.
            DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::Int64 => {
                Self::Signed(series.cast(&DataType::Int64)?.i64()?.clone())
            }
            kind if kind.is_primitive_numeric() => {
                Self::Numbers(series.cast(&DataType::Float64)?.f64()?.clone())
            }
            // A column without any value.
            DataType::Null => Self::Absent,
            // Categories, which pandas has for texts that repeat, and whatever else has a text.
            _ => Self::Texts(series.cast(&DataType::String)?.str()?.clone()),
        })
    }

    fn get(&self, row: usize) -> Field<'_> {
        match self {
            Self::Absent => Field::Empty,
            Self::Texts(texts) => texts.get(row).map_or(Field::Empty, Field::of_text),
            Self::Wholes(wholes) => wholes.get(row).map_or(Field::Empty, Field::Whole),
            Self::Signed(wholes) => wholes.get(row).map_or(Field::Empty, Field::of_signed),
            Self::Numbers(numbers) => numbers.get(row).map_or(Field::Empty, Field::of_number),
            Self::Lists(lists) => {
                let list = lists.get_as_series(row);
                let numbers = list.as_ref().and_then(|list| list.f64().ok());
                let of = |numbers: &Float64Chunked| {
                    Field::List(numbers.iter().map(|one| one.unwrap_or(f64::NAN)).collect())
                };
                numbers.map_or(Field::Empty, of)
            }
        }
    }
}
