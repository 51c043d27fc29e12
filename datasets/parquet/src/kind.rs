//! Telling a Parquet file from others.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// The first bytes of every Parquet file.
const MAGIC: &[u8] = b"PAR1";

/// Whether the content is Parquet, whatever the file is called.
///
/// # Errors
/// When the file cannot be read.
pub fn is_parquet(path: &Path) -> io::Result<bool> {
    let mut start = Vec::new();
    File::open(path)?.take(MAGIC.len() as u64).read_to_end(&mut start)?;
    Ok(start == MAGIC)
}
