//! Errors between the dataset section of an experiment and a prepared dataset.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use polars::prelude::PolarsError;

use crate::json_words::json_words;
use crate::setting::InvalidSetting;

/// The fraction of malformed rows beyond which a file is rejected.
pub const MAX_BAD_ROWS_SHARE: f64 = 0.01;

/// How many malformed rows an error shows.
pub(crate) const SHOWN_BAD_ROWS: usize = 5;

/// How many characters of a line an error shows.
const SHOWN_CHARACTERS: usize = 60;

/// A failure to load, store or sample from a dataset.
///
/// Messages are in lower case, name the file (and line) and contain their cause, so that printing
/// the error alone is enough.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
    /// A setting outside what is allowed.
    #[error(transparent)]
    Setting(#[from] InvalidSetting),

    /// None of the dataset's files exists.
    #[error(
        "no file of dataset {dataset} found; looked for {}; {how}, or name its folder with --data-dir DIR",
        listed(.looked_for)
    )]
    Missing {
        /// Name of the dataset.
        dataset: &'static str,
        /// Paths tried, in order.
        looked_for: Vec<PathBuf>,
        /// How to get them.
        how: String,
    },

    /// A path is a folder or something else that is not a regular file.
    #[error("{} is not a regular file", .path.display())]
    NotAFile {
        /// The path.
        path: PathBuf,
    },

    /// A file or folder cannot be read.
    #[error("cannot read {}: {cause}", .path.display())]
    Read {
        /// The path.
        path: PathBuf,
        /// The system's reason.
        cause: io::Error,
    },

    /// A file or folder cannot be written.
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

    /// A file that is not UTF-8 text.
    #[error(
        "{}, line {line}: not UTF-8 text; a table in another encoding says so with encoding (latin-1, \
         windows-1252 or utf-16), any other file is damaged, compressed or in another format",
        .path.display()
    )]
    NotUtf8 {
        /// The file.
        path: PathBuf,
        /// Line of the first invalid byte, from 1.
        line: usize,
    },

    /// A file that is not the JSON that its format is.
    #[error("{}, line {line}, column {column}: {reason}", .path.display())]
    Json {
        /// The file.
        path: PathBuf,
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
        /// What is wrong there.
        reason: String,
    },

    /// A Parquet file that cannot be read.
    #[error("{}: not Parquet that can be read: the file is damaged or cut off", .path.display())]
    NotParquet {
        /// The file.
        path: PathBuf,
    },

    /// A file that is not UTF-16 text, although it is said to be.
    #[error("{}, line {line}: not UTF-16 text; the file is damaged, or encoding is another", .path.display())]
    NotUtf16 {
        /// The file.
        path: PathBuf,
        /// Line of the first invalid unit, from 1.
        line: usize,
    },

    /// A header without the required columns.
    #[error("{}, line 1: found header {found:?}; required columns: {needed}", .path.display())]
    Header {
        /// The file.
        path: PathBuf,
        /// Start of the first line.
        found: String,
        /// The required columns.
        needed: String,
    },

    /// A file of titles for other items.
    #[error(
        "{}: no line has the id of an item of the dataset, as in {item:?}; it is the file of titles of \
         other data, or file.titles.format is another",
        .path.display()
    )]
    NoTitles {
        /// The file.
        path: PathBuf,
        /// The original id of an item.
        item: String,
    },

    /// A file of features for other items.
    #[error(
        "{}: it has none of the items of the dataset, as {item:?} is one; it is the file of other data",
        .path.display()
    )]
    NoFeatures {
        /// The file.
        path: PathBuf,
        /// The original id of an item.
        item: String,
    },

    /// A line of a file of features that cannot be used.
    #[error("{}, line {line}: {reason}", .path.display())]
    FeatureLine {
        /// The file.
        path: PathBuf,
        /// Line, from 1.
        line: usize,
        /// What is wrong with it.
        reason: String,
    },

    /// A Parquet file without a required column.
    #[error("{}: no column {column:?}; found: {}", .path.display(), .found.join(", "))]
    Column {
        /// The file.
        path: PathBuf,
        /// The required column.
        column: String,
        /// The columns of the file.
        found: Vec<String>,
    },

    /// A column of a Parquet file whose type does not fit its role.
    #[error("{}: column {column:?} has the type {found}; allowed: {allowed}", .path.display())]
    ColumnType {
        /// The file.
        path: PathBuf,
        /// The column.
        column: String,
        /// Its type.
        found: String,
        /// Types that fit.
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

    /// `min_rating` is set, and the file has no ratings.
    #[error("{} has no ratings, so min_rating cannot be used; remove it", .path.display())]
    NoRatings {
        /// The file.
        path: PathBuf,
    },

    /// A split by time is set, and the file has no times.
    #[error(
        "{} has no times, so split.by: time cannot be used; use by: interactions",
        .path.display()
    )]
    NoTimes {
        /// The file.
        path: PathBuf,
    },

    /// One part of the split is empty.
    #[error(
        "dataset {dataset} has nothing for {part}: training needs a user with two items in it, \
         validation and testing each need a user with a target and a history before it; change \
         min_interactions or split"
    )]
    EmptyPart {
        /// Name of the dataset.
        dataset: String,
        /// The empty part.
        part: &'static str,
    },

    /// No interaction reaches `min_rating`.
    #[error("{}: no row has a rating of {min_rating} or more; lower min_rating", .path.display())]
    NoRatedRows {
        /// The file.
        path: PathBuf,
        /// The setting.
        min_rating: f64,
    },

    /// The k-core is empty.
    #[error(
        "{}: nothing is left after repeatedly dropping users and items with fewer than {k_core} \
         interactions (k_core) and users with fewer than {min_interactions} (min_interactions); \
         lower k_core",
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

    /// Fewer users are left than `sample_users.count`.
    #[error(
        "{}: {found} users are left to sample from; sample_users.count is {needed}",
        .path.display()
    )]
    TooFewUsers {
        /// The file.
        path: PathBuf,
        /// Number of users left.
        found: usize,
        /// Number of users to sample.
        needed: usize,
    },

    /// A file of candidate lists has fewer rows than are to be trained on.
    #[error(
        "{}: {rows} rows; file.format.candidate_lists.also asks for the first {wanted} (users)",
        .path.display()
    )]
    TooFewRows {
        /// The file.
        path: PathBuf,
        /// Its rows.
        rows: usize,
        /// How many are asked for.
        wanted: usize,
    },

    /// No user is left after preprocessing.
    #[error(
        "{}: no user has {min_interactions} or more distinct items; the longest history has \
         {longest}; lower min_interactions",
        .path.display()
    )]
    NoUsers {
        /// The file.
        path: PathBuf,
        /// The setting.
        min_interactions: usize,
        /// Length of the longest history.
        longest: usize,
    },

    /// A user has too few unseen items to sample negatives from.
    #[error("user {user:?} has {found} unseen items; dataset.candidates.negatives needs {needed}")]
    TooFewItems {
        /// Original id of the user.
        user: String,
        /// Number of items outside the user's history.
        found: usize,
        /// Number of negatives to sample.
        needed: usize,
    },

    /// A dataset without a known true preference.
    #[error("dataset {dataset} has no known true preference; only synthetic data have one")]
    NoPreference {
        /// Name of the dataset.
        dataset: String,
    },

    /// A stored dataset that differs from what was written.
    #[error("{} is corrupt: {reason}; delete its folder, and it is prepared again", .path.display())]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// The difference.
        reason: String,
    },

    /// A dataset whose content no longer has its fingerprint.
    #[error("internal error: dataset {dataset} was changed after its fingerprint was computed")]
    Changed {
        /// Name of the dataset.
        dataset: String,
    },

    /// A table operation failed that never should.
    #[error("internal error while {operation}: {cause}")]
    Table {
        /// What was being done.
        operation: &'static str,
        /// The reason.
        cause: PolarsError,
    },
}

impl DataError {
    /// Whether settings, files or the file system are the cause, rather than prefsweep itself.
    #[must_use]
    pub fn is_user_error(&self) -> bool {
        !matches!(self, Self::Table { .. } | Self::Changed { .. })
    }

    pub(crate) fn read(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |cause| Self::Read { path, cause }
    }

    /// JSON that a parser refused, or that could not be read to its end.
    pub(crate) fn json(path: &Path, error: serde_json::Error) -> Self {
        if error.is_io() {
            return Self::read(path)(error.into());
        }
        let (line, column, reason) = (error.line(), error.column(), json_words(&error));
        Self::Json { path: path.to_owned(), line, column, reason }
    }

    /// None of the items is in a file of features.
    pub(crate) fn no_features(path: &Path, item_ids: &[String]) -> Self {
        Self::NoFeatures {
            path: path.to_owned(),
            item: item_ids.first().cloned().unwrap_or_default(),
        }
    }

    pub(crate) fn write(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |cause| Self::Write { path, cause }
    }

    pub(crate) fn table(operation: &'static str) -> impl FnOnce(PolarsError) -> Self {
        move |cause| Self::Table { operation, cause }
    }
}

/// A malformed row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadRow {
    /// What is counted: `line`, or `row` of a file in which these are not the same.
    pub place: &'static str,
    /// Its number, from 1.
    pub number: usize,
    /// What is wrong with it.
    pub reason: String,
    /// Start of the line.
    pub text: String,
}

impl fmt::Display for BadRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} \"{}\": {}", self.place, self.number, visible(&self.text), self.reason)
    }
}

/// A text with tabs and other invisible characters as escapes; quotes are left as they are.
fn visible(text: &str) -> String {
    let escaped = |c: char| match c.is_control() {
        true => c.escape_default().to_string(),
        false => c.to_string(),
    };
    text.chars().map(escaped).collect()
}

/// The start of a line or text, as long as an error shows it.
#[must_use]
pub fn start_of(text: &str) -> String {
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
