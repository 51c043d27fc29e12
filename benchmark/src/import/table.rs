//! A table, read row by row.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::csv_table::CsvTable;
use super::error::{ImportError, Place};
use super::parquet_table::ParquetTable;
use super::record::OnRow;

/// The first bytes of every Parquet file.
const MAGIC: &[u8] = b"PAR1";

/// A table of either format.
pub(super) enum Table<'a> {
    Csv(CsvTable<'a>),
    Parquet(ParquetTable<'a>),
}

impl<'a> Table<'a> {
    /// By its content, whatever its name.
    pub(super) fn open(path: &'a Path) -> Result<Self, ImportError> {
        let mut start = Vec::new();
        let file = File::open(path).map_err(ImportError::read(path))?;
        file.take(MAGIC.len() as u64).read_to_end(&mut start).map_err(ImportError::read(path))?;
        Ok(match start == MAGIC {
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
