//! A Parquet file in memory.

use std::io::Cursor;
use std::sync::Arc;

use polars::prelude::*;
use polars_parquet::read::{_read_metadata as read_metadata, FileMetadata, infer_schema};

use crate::claims;
use crate::guarded::guarded;

/// The bytes of a Parquet file and what its end says of them.
pub struct Table {
    bytes: Vec<u8>,
    metadata: Arc<FileMetadata>,
    schema: Schema,
}

impl Table {
    /// Reads the description of the columns.
    ///
    /// # Errors
    /// When the bytes are no Parquet, or damaged.
    pub fn new(bytes: Vec<u8>) -> PolarsResult<Self> {
        guarded(move || {
            let metadata = read_metadata(&mut Cursor::new(&bytes))?;
            let schema = Schema::from_arrow_schema(&infer_schema(&metadata)?);
            Ok(Self { bytes, metadata: Arc::new(metadata), schema })
        })
    }

    /// Names and types of the columns.
    #[must_use]
    pub fn schema(&self) -> &Schema {
        &self.schema
    }

    /// The named columns, or all.
    ///
    /// Takes memory in proportion to the file, whatever the file claims.
    ///
    /// # Errors
    /// When there is no such column, or the file is damaged.
    pub fn read(&self, columns: Option<&[&str]>) -> PolarsResult<DataFrame> {
        guarded(|| {
            claims::check(&self.bytes, &self.metadata, columns)?;
            let mut reader = ParquetReader::new(Cursor::new(&self.bytes));
            reader.set_metadata(self.metadata.clone());
            let names = columns.map(|names| names.iter().map(ToString::to_string).collect());
            let table = reader.with_columns(names).finish()?;
            let rows = |column: &Column| -> usize {
                column.as_materialized_series().chunks().iter().map(|part| part.len()).sum()
            };
            polars_ensure!(
                table.columns().iter().all(|column| rows(column) == self.metadata.num_rows),
                ComputeError: "the columns have different numbers of rows"
            );
            Ok(table)
        })
    }
}
