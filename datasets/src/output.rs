//! Files that are written completely or not at all.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use polars::prelude::*;

use crate::error::DataError;

/// A table as a Parquet file in memory.
pub(crate) fn parquet_bytes(mut table: DataFrame) -> PolarsResult<Vec<u8>> {
    let mut bytes = Vec::new();
    ParquetWriter::new(&mut bytes).finish(&mut table)?;
    Ok(bytes)
}

/// Writes a file under a temporary name next to `path` and renames it, so that no reader sees an
/// incomplete file.
pub(crate) fn replace_file(path: &Path, bytes: &[u8]) -> Result<(), DataError> {
    static WRITES: AtomicU64 = AtomicU64::new(0);
    let write = WRITES.fetch_add(1, Ordering::Relaxed);
    // The time distinguishes processes with the same id on machines that share the folder.
    let time = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}-{time}-{write}.partial", std::process::id()));
    let partial = path.with_file_name(name);
    let written = fs::write(&partial, bytes).and_then(|()| fs::rename(&partial, path));
    written.map_err(|cause| {
        // The partial file is useless; a failure to remove it adds nothing to the first error.
        let _ = fs::remove_file(&partial);
        DataError::write(path)(cause)
    })
}
