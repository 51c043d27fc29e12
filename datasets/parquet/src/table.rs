//! A Parquet file in memory.

use std::io::Cursor;
use std::sync::Arc;

use polars::prelude::*;
use polars_parquet::read::{_read_metadata as read_metadata, FileMetadata, infer_schema};

use crate::claims;
use crate::column_type::ColumnType;
use crate::guarded::guarded;

/// The bytes of a Parquet file and what its end says of them.
pub struct Table {
    bytes: Vec<u8>,
    metadata: Arc<FileMetadata>,
    columns: Vec<(String, ColumnType)>,
}

impl Table {
    /// Reads the description of the columns.
    ///
    /// # Errors
    /// When the bytes are no Parquet, or damaged.
    pub fn new(bytes: Vec<u8>) -> PolarsResult<Self> {
        guarded(move || {
            let metadata = read_metadata(&mut Cursor::new(&bytes))?;
            let schema = infer_schema(&metadata)?;
            let fields = schema.iter_values();
            let columns =
                fields.map(|field| (field.name.to_string(), ColumnType::of(field))).collect();
            Ok(Self { bytes, metadata: Arc::new(metadata), columns })
        })
    }

    /// Names and types of the columns, in the order of the file.
    #[must_use]
    pub fn columns(&self) -> &[(String, ColumnType)] {
        &self.columns
    }

    /// The type of a column; None where there is no such column.
    #[must_use]
    pub fn column_type(&self, name: &str) -> Option<&ColumnType> {
        self.columns.iter().find(|(known, _)| known == name).map(|(_, kind)| kind)
    }

    /// The named columns, or all. Of the others any type does no harm.
    ///
    /// Takes memory in proportion to the file, whatever the file claims.
    ///
    /// # Errors
    /// When there is no such column, it is of a type that cannot be read, or the file is damaged.
    pub fn read(&self, columns: Option<&[&str]>) -> PolarsResult<DataFrame> {
        guarded(|| {
            let is_read = |name: &str| columns.is_none_or(|columns| columns.contains(&name));
            for (name, kind) in &self.columns {
                if let ColumnType::Unreadable(kind) = kind
                    && is_read(name)
                {
                    polars_bail!(ComputeError: "the column `{name}` has the type {kind}, which cannot be read");
                }
            }
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
