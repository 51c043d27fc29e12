//! The hash of a file's content.

use std::fs::File;
use std::io;
use std::path::Path;

/// BLAKE3 in hexadecimal, and how many bytes they are of; the file may be larger than memory.
///
/// # Errors
/// When it cannot be read.
pub fn file_hash(path: &Path) -> io::Result<(String, u64)> {
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(File::open(path)?)?;
    Ok((hasher.finalize().to_hex().to_string(), hasher.count()))
}
