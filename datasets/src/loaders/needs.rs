//! What the settings require of a file.

use std::path::Path;

use crate::error::DataError;

/// What the settings require of the rows of a file.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Needs {
    /// Ratings, of which those below this value are dropped.
    pub(crate) min_rating: Option<f64>,
    /// Times that can be compared between users.
    pub(crate) times: bool,
}

impl Needs {
    /// Fails where the file lacks what is required.
    pub(super) fn check(
        self,
        path: &Path,
        has_ratings: bool,
        has_times: bool,
    ) -> Result<(), DataError> {
        let path = path.to_owned();
        if self.min_rating.is_some() && !has_ratings {
            return Err(DataError::NoRatings { path });
        }
        if self.times && !has_times {
            return Err(DataError::NoTimes { path });
        }
        Ok(())
    }
}
