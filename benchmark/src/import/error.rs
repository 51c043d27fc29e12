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
        Self { path: path.to_owned(), place: None, column: None, message: message.into() }
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
