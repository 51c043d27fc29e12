//! Files that a command is told to write.

use std::path::Path;

use prefsweep::experiment::ConfigError;

/// Refuses a file whose folder is not there, before anything is computed for it.
pub(crate) fn check_folder(path: &Path) -> Result<(), ConfigError> {
    match path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        Some(folder) if !folder.is_dir() => {
            let message = format!("there is no folder {}; make it first", folder.display());
            Err(ConfigError::of(path.display().to_string(), message))
        }
        _ => Ok(()),
    }
}

/// The form of a table, by the ending of its file's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TableFile {
    Csv,
    Parquet,
}

impl TableFile {
    /// The form of the file that an option names.
    pub(crate) fn of(option: &str, path: &Path) -> Result<Self, ConfigError> {
        match path.extension().and_then(|ending| ending.to_str()) {
            Some("csv") => Ok(Self::Csv),
            Some("parquet") => Ok(Self::Parquet),
            _ => Err(ConfigError::of(
                format!("{option} {}", path.display()),
                "found a name that ends otherwise, allowed .csv and .parquet",
            )),
        }
    }
}
