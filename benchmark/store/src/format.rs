//! Which layouts of a store this program knows.

use std::fs;
use std::io::{Error, ErrorKind};
use std::path::Path;

use crate::error::{StoreError, at};

/// Name of the file with the number of the layout; a store without it has the first.
const FORMAT_FILE: &str = "format";
/// The layout that is written and read.
const FORMAT: u32 = 1;

/// Refuses a store of another layout, in which nothing must be written or removed.
///
/// # Errors
/// When the store was made by a newer version, or does not say by which.
pub(crate) fn check_format(root: &Path) -> Result<(), StoreError> {
    let path = root.join(FORMAT_FILE);
    let text = match fs::read(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        read => read.map_err(at(&path))?,
    };
    let text = String::from_utf8_lossy(&text);
    let found = text.trim();
    match found.parse::<u32>() {
        Ok(format) if format <= FORMAT => Ok(()),
        _ => Err(at(&path)(Error::new(
            ErrorKind::Unsupported,
            format!(
                "this store was made by a newer version of prefsweep: found format `{found}`, allowed up to \
                 {FORMAT}; use that version, or another folder with --results"
            ),
        ))),
    }
}
