//! What is wrong with a file that is imported, in one message.

use std::fmt;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use prefsweep_store::StoreError;

use crate::experiment::ConfigError;

/// A place in a file, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    /// A line, counting the header.
    Line(u64),
    /// A row of a file without lines.
    Row(u64),
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(line) => write!(formatter, "line {line}"),
            Self::Row(row) => write!(formatter, "row {row}"),
        }
    }
}

/// Why a file cannot be imported: where, what was found, what is allowed.
#[derive(Debug)]
pub struct ImportError {
    path: PathBuf,
    place: Option<Place>,
    column: Option<String>,
    /// The key of the mapping that says what is wrong, where it is not the file itself.
    key: Option<String>,
    message: String,
}

impl fmt::Display for ImportError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.path.display())?;
        if let Some(place) = self.place {
            write!(formatter, ", {place}")?;
        }
        if let Some(column) = &self.column {
            write!(formatter, ", column `{column}`")?;
        }
        write!(formatter, ": {}", self.message)
    }
}

impl std::error::Error for ImportError {}

impl ImportError {
    /// About a file as a whole.
    pub(super) fn of(path: &Path, message: impl Into<String>) -> Self {
        let (path, message) = (path.to_owned(), message.into());
        Self { path, place: None, column: None, key: None, message }
    }

    /// About a place in it.
    pub(super) fn at(path: &Path, place: Place, message: impl Into<String>) -> Self {
        Self { place: Some(place), ..Self::of(path, message) }
    }

    /// The same in a place of it, where there is one.
    pub(super) fn placed(self, place: Option<Place>) -> Self {
        Self { place: place.or(self.place), ..self }
    }

    /// The same about one column.
    pub(super) fn in_column(self, column: &str) -> Self {
        Self { column: Some(column.to_owned()), ..self }
    }

    /// The same about what the mapping says under a key.
    pub(super) fn of_key(self, key: &str) -> Self {
        Self { key: Some(key.to_owned()), ..self }
    }

    /// The key of the mapping that it is about, and what is wrong with its value, which was met in a file.
    pub(super) fn in_mapping(&self) -> Option<(String, String)> {
        let place = self.place.map_or_else(String::new, |place| format!(", {place}"));
        let message = format!("{} ({}{place})", self.message, self.path.display());
        self.key.clone().map(|key| (key, message))
    }

    /// A file that cannot be read.
    pub(super) fn read(path: &Path) -> impl Fn(io::Error) -> Self {
        let path = path.to_owned();
        move |error| match error.kind() {
            ErrorKind::InvalidData => Self::of(&path, "is not UTF-8 text"),
            _ => Self::of(&path, format!("cannot be read: {error}")),
        }
    }
}

/// Why an import failed.
#[derive(Debug, thiserror::Error)]
pub enum ImportFailure {
    /// A file is not what it should be.
    #[error(transparent)]
    File(#[from] ImportError),
    /// The mapping is not, or the folder for the results.
    #[error(transparent)]
    Setting(#[from] ConfigError),
    /// The store or the index cannot be written.
    #[error(transparent)]
    Store(#[from] StoreError),
}
