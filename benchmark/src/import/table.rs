//! A table, read row by row.

use std::path::Path;

use prefsweep_parquet::is_parquet;

use super::csv_table::CsvTable;
use super::error::{ImportError, Place};
use super::parquet_table::ParquetTable;
use super::record::OnRow;

/// A table of either format.
pub(super) enum Table<'a> {
    Csv(CsvTable<'a>),
    Parquet(ParquetTable<'a>),
}

impl<'a> Table<'a> {
    /// By its content, whatever its name.
    pub(super) fn open(path: &'a Path) -> Result<Self, ImportError> {
        Ok(match is_parquet(path).map_err(ImportError::read(path))? {
            true => Self::Parquet(ParquetTable::open(path)?),
            false => Self::Csv(CsvTable::open(path)?),
        })
    }

    /// Where the names of the columns are; nowhere in a file without lines.
    pub(super) fn header_place(&self) -> Option<Place> {
        match self {
            Self::Csv(_) => Some(Place::Line(1)),
            Self::Parquet(_) => None,
        }
    }

    /// The names of the columns.
    pub(super) fn header(&self) -> &[String] {
        match self {
            Self::Csv(table) => table.header(),
            Self::Parquet(table) => table.header(),
        }
    }

    /// Goes through all rows; `columns` are the positions that will be asked for.
    pub(super) fn rows(self, columns: &[usize], on_row: &mut OnRow<'_>) -> Result<(), ImportError> {
        match self {
            Self::Csv(table) => table.rows(on_row),
            Self::Parquet(table) => table.rows(columns, on_row),
        }
    }
}
