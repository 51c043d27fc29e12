//! The rows of a file, with a count of the malformed ones.

use std::path::Path;

use super::needs::Needs;
use super::rows::Rows;
use crate::error::{BadRow, DataError, MAX_BAD_ROWS_SHARE, SHOWN_BAD_ROWS, start_of};

/// Collects the rows of a file and counts the malformed ones.
pub(super) struct Tally<'a> {
    path: &'a Path,
    /// What is counted: `line`, or `row` where there are none.
    place: &'static str,
    pub(super) rows: Rows,
    read: usize,
}

impl<'a> Tally<'a> {
    pub(super) fn new(path: &'a Path, place: &'static str, needs: Needs) -> Self {
        Self { path, place, rows: Rows::new(needs.min_rating), read: 0 }
    }

    /// Counts a line or row that was, or was not, added to the rows.
    pub(super) fn count(
        &mut self,
        number: usize,
        parsed: Result<(), String>,
        text: impl FnOnce() -> String,
    ) {
        self.read += 1;
        if let Err(reason) = parsed {
            self.rows.bad += 1;
            if self.rows.first_bad.len() < SHOWN_BAD_ROWS {
                self.rows.first_bad.push(BadRow {
                    place: self.place,
                    number,
                    reason,
                    text: start_of(&text()),
                });
            }
        }
    }

    /// The rows, unless there are none or too many are malformed.
    pub(super) fn finish(self) -> Result<Rows, DataError> {
        let path = self.path.to_owned();
        if self.read == 0 {
            return Err(DataError::Empty { path });
        }
        let (bad, rows) = (self.rows.bad, self.read);
        if bad as f64 > MAX_BAD_ROWS_SHARE * rows as f64 {
            return Err(DataError::BadRows { path, bad, rows, first: self.rows.first_bad });
        }
        Ok(self.rows)
    }
}
