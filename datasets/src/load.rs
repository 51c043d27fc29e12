//! From configuration to dataset.

use std::path::Path;

use crate::config::{DatasetConfig, DatasetName};
use crate::dataset::Dataset;
use crate::error::DataError;
use crate::{movielens, synthetic};

/// Obtains the dataset: generates it, or reads it from `data_dir` and preprocesses it.
///
/// Items and users are numbered in the order of their original ids: whole numbers first, by value,
/// then other ids by their bytes. A user's items are in the order of their timestamps, rows of the
/// same timestamp in the order of the file. Of repeated (user, item) pairs the first in that order
/// stays; then users with fewer than `min_interactions` items are dropped. Ratings are not looked
/// at: every row is implicit feedback.
///
/// # Errors
/// An invalid setting, a missing, unreadable or malformed file, or too few interactions.
pub fn load(config: &DatasetConfig, data_dir: &Path) -> Result<Dataset, DataError> {
    config.validate()?;
    match config.name {
        DatasetName::Synthetic => {
            let settings = config.synthetic.clone().unwrap_or_default();
            Ok(synthetic::generate(&settings))
        }
        DatasetName::Ml100k => movielens::load_100k(data_dir, config.min_interactions),
    }
}
