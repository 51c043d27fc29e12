//! A dataset made ready for training and evaluation, the same for every cell.

use std::path::Path;

use recpo_datasets::{Candidates, DataError, Dataset, DatasetConfig};

use crate::batches::{Window, windows};
use crate::negatives::Seen;
use crate::truth::Truth;

/// Sequences, candidate lists, windows, and who has seen what.
#[derive(Debug)]
pub struct Prepared {
    /// The sequences.
    pub dataset: Dataset,
    /// Sampled competitors of the held-out items.
    pub candidates: Candidates,
    /// Training windows.
    pub windows: Vec<Window>,
    /// For each window the index of its first position among the positions of all windows.
    pub first_position: Vec<usize>,
    /// Training items of every user.
    pub seen: Seen,
    /// What each user truly likes, where that is known.
    pub truth: Option<Truth>,
}

impl Prepared {
    /// Loads (or generates) the dataset and prepares it for windows of `max_len`.
    ///
    /// # Errors
    /// When the data are missing, malformed or too small.
    pub fn load(
        config: &DatasetConfig,
        data_dir: &Path,
        max_len: usize,
    ) -> Result<Self, DataError> {
        Self::new(recpo_datasets::load(config, data_dir)?, config, max_len)
    }

    /// Prepares a dataset that is already loaded.
    ///
    /// # Errors
    /// When there are too few items for the candidate lists.
    pub fn new(
        dataset: Dataset,
        config: &DatasetConfig,
        max_len: usize,
    ) -> Result<Self, DataError> {
        let candidates = Candidates::sample(&dataset, &config.candidates)?;
        let windows = windows(&dataset, max_len);
        let first_position = windows
            .iter()
            .scan(0, |next, window| {
                let first = *next;
                *next += window.inputs.len();
                Some(first)
            })
            .collect();
        let seen = Seen::new(&dataset);
        let truth = Truth::new(&dataset, &seen);
        Ok(Self { dataset, candidates, windows, first_position, seen, truth })
    }

    /// Number of training positions in all windows.
    #[must_use]
    pub fn n_positions(&self) -> usize {
        self.windows.iter().map(|window| window.inputs.len()).sum()
    }
}
