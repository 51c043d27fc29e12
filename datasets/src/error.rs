//! What can go wrong between an experiment's dataset section and a usable dataset.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use polars::prelude::PolarsError;

use crate::config::InvalidSetting;
use crate::loaders::MAX_BAD_ROWS_SHARE;

/// How many characters of a line an error shows.
const SHOWN_CHARACTERS: usize = 60;

/// A failure to obtain, store or sample from a dataset.
///
/// Messages are lower-case, name the file (and line) and carry their cause, so that printing the
/// error alone is enough.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
    /// A setting outside what is allowed.
    #[error(transparent)]
    Setting(#[from] InvalidSetting),

    /// The dataset's file is nowhere it was looked for.
    #[error(
        "no file of dataset {dataset} found; looked for {}; `prefsweep data fetch {dataset}` downloads \
         it ({licence}); or get it from {address} and unpack it there, or name its folder with \
         --data-dir DIR",
        listed(.looked_for)
    )]
    Missing {
        /// Name of the dataset.
        dataset: &'static str,
        /// Paths tried, in order.
        looked_for: Vec<PathBuf>,
        /// Where the dataset is published.
        address: &'static str,
        /// Its terms of use in a few words.
        licence: &'static str,
    },

    /// A path is a directory or another thing that is not a plain file.
    #[error("{} is not a plain file", .path.display())]
    NotAFile {
        /// The path.
        path: PathBuf,
    },

    /// The operating system refused to read.
    #[error("cannot read {}: {cause}", .path.display())]
    Read {
        /// The path.
        path: PathBuf,
        /// The system's reason.
        cause: io::Error,
    },

    /// The operating system refused to write.
    #[error("cannot write {}: {cause}", .path.display())]
    Write {
        /// The path.
        path: PathBuf,
        /// The system's reason.
        cause: io::Error,
    },

    /// A file without a single data row.
    #[error("{} is empty: at least one row is needed", .path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },

    /// A file that is not text.
    #[error(
        "{}, line {line}: not UTF-8 text; the file is damaged, compressed or in another format",
        .path.display()
    )]
    NotUtf8 {
        /// The file.
        path: PathBuf,
        /// Line of the first wrong byte, from 1.
        line: usize,
    },

    /// A file whose last line has no line break.
    #[error(
        "{}, line {line}: the last line {text:?} has no line break at its end, so the file is \
         probably cut off; download it again, or add the line break if it is complete",
        .path.display()
    )]
    Truncated {
        /// The file.
        path: PathBuf,
        /// Number of the last line, from 1.
        line: usize,
        /// Start of the last line.
        text: String,
    },

    /// A header without the columns that are needed.
    #[error("{}, line 1: found header {found:?}; needed are the columns {needed}", .path.display())]
    Header {
        /// The file.
        path: PathBuf,
        /// Start of the first line.
        found: String,
        /// The needed columns.
        needed: String,
    },

    /// A Parquet file without a column that is needed.
    #[error("{}: no column {column:?}; there are: {}", .path.display(), .found.join(", "))]
    Column {
        /// The file.
        path: PathBuf,
        /// The needed column.
        column: String,
        /// The columns that there are.
        found: Vec<String>,
    },

    /// A column of a Parquet file that cannot be used as what it is named for.
    #[error("{}: column {column:?} has the type {found}; allowed are {allowed}", .path.display())]
    ColumnType {
        /// The file.
        path: PathBuf,
        /// The column.
        column: String,
        /// Its type.
        found: String,
        /// Types that can be used.
        allowed: &'static str,
    },

    /// More malformed rows than [`MAX_BAD_ROWS_SHARE`].
    #[error(
        "{}: {bad} of {rows} rows are malformed, at most {} % are allowed; first: {}",
        .path.display(),
        MAX_BAD_ROWS_SHARE * 100.0,
        joined(.first)
    )]
    BadRows {
        /// The file.
        path: PathBuf,
        /// Number of malformed rows.
        bad: usize,
        /// Number of rows.
        rows: usize,
        /// The first few of the malformed rows.
        first: Vec<BadRow>,
    },

    /// Ratings are asked for, and the file has none.
    #[error("{} has no ratings, so min_rating cannot be used with it; leave it out", .path.display())]
    NoRatings {
        /// The file.
        path: PathBuf,
    },

    /// A cut in time is asked for, and the file has no times.
    #[error(
        "{} has no times, so split.by: time cannot be used with it; take by: interactions",
        .path.display()
    )]
    NoTimes {
        /// The file.
        path: PathBuf,
    },

    /// The split leaves one of its parts empty.
    #[error(
        "dataset {dataset} has nothing for {part}: training needs a user with two items there, \
         validation and the test each a user with an item before and an item in them; change \
         min_interactions or split"
    )]
    EmptyPart {
        /// Name of the dataset.
        dataset: String,
        /// The empty part.
        part: &'static str,
    },

    /// No interaction is rated high enough.
    #[error("{}: no row has a rating of {min_rating} or more; lower min_rating", .path.display())]
    NoRatedRows {
        /// The file.
        path: PathBuf,
        /// The setting.
        min_rating: f64,
    },

    /// The core is empty.
    #[error(
        "{}: nothing is left when users and items with fewer than {k_core} interactions are left \
         out again and again (k_core), and users with fewer than {min_interactions} \
         (min_interactions); lower k_core",
        .path.display()
    )]
    EmptyCore {
        /// The file.
        path: PathBuf,
        /// The setting.
        k_core: usize,
        /// The setting.
        min_interactions: usize,
    },

    /// Fewer users than are to be sampled.
    #[error(
        "{}: {found} users are left to sample from; sample_users.count is {needed}",
        .path.display()
    )]
    TooFewUsers {
        /// The file.
        path: PathBuf,
        /// Number of users left.
        found: usize,
        /// Number of users asked for.
        needed: usize,
    },

    /// Preprocessing left nobody.
    #[error(
        "{}: no user has {min_interactions} or more different items; the longest has {longest}; \
         lower min_interactions",
        .path.display()
    )]
    NoUsers {
        /// The file.
        path: PathBuf,
        /// The setting.
        min_interactions: usize,
        /// Most interactions of any user.
        longest: usize,
    },

    /// A user has seen too much of the catalogue to draw negatives for.
    #[error(
        "user {user:?} leaves {found} unseen items of dataset {dataset}; candidates.negatives \
         needs {needed}"
    )]
    TooFewItems {
        /// Name of the dataset.
        dataset: String,
        /// Original id of the user.
        user: String,
        /// Number of items outside the user's history.
        found: usize,
        /// Number of negatives asked for.
        needed: usize,
    },

    /// The true preference of a dataset that has none.
    #[error("dataset {dataset} has no true preference; only synthetic data have one")]
    NoPreference {
        /// Name of the dataset.
        dataset: String,
    },

    /// A stored dataset that does not hold what was written.
    #[error("{} is corrupt: {reason}; delete its folder to have it prepared again", .path.display())]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// What does not fit.
        reason: String,
    },

    /// A dataset whose content is no longer what its fingerprint was taken of.
    #[error("internal error: dataset {dataset} was changed after its fingerprint was taken")]
    Changed {
        /// Name of the dataset.
        dataset: String,
    },

    /// A table operation that should not fail did.
    #[error("internal error while {operation}: {cause}")]
    Table {
        /// What was being done.
        operation: &'static str,
        /// The reason.
        cause: PolarsError,
    },
}

impl DataError {
    /// Whether settings, files or the file system are to blame, rather than prefsweep itself.
    #[must_use]
    pub fn is_user_error(&self) -> bool {
        !matches!(self, Self::Table { .. } | Self::Changed { .. })
    }

    pub(crate) fn read(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |cause| Self::Read { path, cause }
    }

    pub(crate) fn write(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |cause| Self::Write { path, cause }
    }

    pub(crate) fn table(operation: &'static str) -> impl FnOnce(PolarsError) -> Self {
        move |cause| Self::Table { operation, cause }
    }
}

/// A row that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadRow {
    /// Line in the file, from 1; of files without lines the row.
    pub line: usize,
    /// What is wrong with it.
    pub reason: String,
    /// Start of the line.
    pub text: String,
}

impl fmt::Display for BadRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {} {:?}: {}", self.line, self.text, self.reason)
    }
}

/// The start of a line, as much as an error shows.
pub(crate) fn start_of(text: &str) -> String {
    match text.char_indices().nth(SHOWN_CHARACTERS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

fn listed(paths: &[PathBuf]) -> String {
    let paths: Vec<_> = paths.iter().map(|path| path.display().to_string()).collect();
    paths.join(", ")
}

fn joined(rows: &[BadRow]) -> String {
    let rows: Vec<_> = rows.iter().map(BadRow::to_string).collect();
    rows.join("; ")
}
