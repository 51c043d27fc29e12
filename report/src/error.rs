//! What can stop a report from being written.

use std::io::Error;
use std::path::{Path, PathBuf};

use polars::error::PolarsError;
use serde_json::error::Category;

/// What the messages about a row of a table begin with.
pub(crate) const ROW: &str = "row ";

/// A report could not be written; every variant names the file concerned.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReportError {
    /// A file could not be opened or read.
    #[error("cannot read {}: {cause}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        cause: std::io::Error,
    },
    /// A file or folder could not be written.
    #[error("cannot write {}: {cause}", path.display())]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        cause: std::io::Error,
    },
    /// A JSON file is malformed or lacks a field.
    #[error("{}, line {line}, column {column}: {message}{}", path.display(), remedy(path))]
    Json {
        /// The file.
        path: PathBuf,
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
        /// What is wrong.
        message: String,
    },
    /// A folder holds nothing that this crate reads.
    #[error("{} holds neither index.json (results of prefsweep run) nor export.json (of prefsweep export)", path.display())]
    NoResults {
        /// The folder.
        path: PathBuf,
    },
    /// A place holds no verdicts.
    #[error(
        "{} holds no verdict.json, nor report/verdict.json; `prefsweep report` writes the latter into a results \
         folder",
        path.display()
    )]
    NoVerdicts {
        /// The place.
        path: PathBuf,
    },
    /// A file was written by another version of the harness.
    #[error("{} has format {found}; this version of prefsweep reads format {expected}: {remedy}", path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// The version found.
        found: u64,
        /// The version this crate reads.
        expected: u32,
        /// What to do about it.
        remedy: &'static str,
    },
    /// The index contradicts itself.
    #[error("{}: {message}", path.display())]
    Contradiction {
        /// The index.
        path: PathBuf,
        /// What does not fit together.
        message: String,
    },
    /// A table lacks a column.
    #[error("{} has no column `{column}`; it has {found}", path.display())]
    MissingColumn {
        /// The file.
        path: PathBuf,
        /// The column that is needed.
        column: String,
        /// The columns that are there.
        found: String,
    },
    /// A table holds a value that cannot be used.
    #[error("{}, line {line}: `{found}` in column `{column}` is not {expected}", path.display())]
    Value {
        /// The file.
        path: PathBuf,
        /// Line, from 1, counting the header.
        line: usize,
        /// The column.
        column: String,
        /// The text found.
        found: String,
        /// What would be allowed.
        expected: String,
    },
    /// A table cannot be parsed.
    #[error("{}{}: {message}", path.display(), line.map(|line| format!(", line {line}")).unwrap_or_default())]
    Table {
        /// The file.
        path: PathBuf,
        /// Line, from 1, counting the header, where known.
        line: Option<usize>,
        /// What is wrong.
        message: String,
    },
    /// A table was asked for something that the experiment has not.
    #[error("{option}: found `{found}`, allowed {allowed}")]
    Choice {
        /// The option of the command.
        option: &'static str,
        /// What it was given.
        found: String,
        /// What it takes here.
        allowed: String,
    },
    /// Grouping the results failed.
    #[error("cannot group the results in {}: {message}", path.display())]
    Grouping {
        /// The results folder.
        path: PathBuf,
        /// What polars said.
        message: String,
    },
    /// A picture could not be drawn.
    #[error("cannot draw {}: {message}", path.display())]
    Plot {
        /// The picture.
        path: PathBuf,
        /// What plotters said.
        message: String,
    },
}

impl ReportError {
    pub(crate) fn read(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |cause| Self::Read { path, cause }
    }

    pub(crate) fn write(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |cause| Self::Write { path, cause }
    }

    /// A Parquet file that cannot be read, or does not hold what it should.
    pub(crate) fn parquet(path: &Path, error: &PolarsError) -> Self {
        let text = error.to_string();
        let quoted = |quote: char| text.split(quote).nth(1).unwrap_or_default();
        let message = match error {
            PolarsError::ColumnNotFound(_) => format!("has no column `{}`", quoted('"')),
            PolarsError::SchemaMismatch(_) => {
                let column = text.trim_end_matches('`').rsplit('`').next().unwrap_or_default();
                format!("column `{column}` has another type than prefsweep writes")
            }
            // A row or a user of which one of this crate's own readers says what is wrong.
            PolarsError::ComputeError(_) if text.starts_with(ROW) => text,
            PolarsError::Duplicate(said) => said.to_string(),
            PolarsError::IO { error, .. } => {
                // Shared, and so named anew, in the system's words where they are its.
                let of_kind = || error.kind().into();
                let again = error.raw_os_error().map_or_else(of_kind, Error::from_raw_os_error);
                return Self::read(path)(again);
            }
            _ => "not Parquet that can be read: the file is damaged or cut off".to_owned(),
        };
        Self::Table { path: path.to_owned(), line: None, message }
    }

    /// A file of another format; what to do about one that is older.
    pub(crate) fn format(path: &Path, found: u64, expected: u32, older: &'static str) -> Self {
        let remedy = match found < u64::from(expected) {
            true => older,
            false => "it comes from a newer version, which reads it",
        };
        Self::Format { path: path.to_owned(), found, expected, remedy }
    }

    pub(crate) fn json(path: &Path, error: &serde_json::Error) -> Self {
        let message = match error.classify() {
            Category::Eof => "it ends too early".to_owned(),
            Category::Syntax | Category::Io => "it is not JSON".to_owned(),
            Category::Data => match error.to_string().strip_prefix("missing field `") {
                Some(rest) => {
                    format!("the key `{}` is missing", rest.split('`').next().unwrap_or_default())
                }
                None => "found another value than prefsweep writes".to_owned(),
            },
        };
        Self::Json { path: path.to_owned(), line: error.line(), column: error.column(), message }
    }
}

/// What makes a damaged file anew.
fn remedy(path: &Path) -> &'static str {
    match path.file_name().and_then(|name| name.to_str()) {
        Some("index.json") => {
            "; `prefsweep run` of the experiment writes it again, and trains nothing again"
        }
        Some("verdict.json") => "; `prefsweep report` writes it again",
        Some("export.json") => "; `prefsweep export` writes it again",
        _ => "",
    }
}
