//! What a metric is.

use prefsweep_datasets::Dataset;
use prefsweep_store::Direction;

use crate::evaluation::competitors::Rank;
use crate::evaluation::lists::TopLists;
use crate::evaluation::shown::Shown;

/// A number that says something about a policy's ranking, from ranks, from recommended lists or from what it says of
/// one item.
pub trait Metric: Sync {
    /// The name in files.
    fn name(&self) -> &'static str;

    /// The name in text, without a cut-off.
    fn title(&self) -> &'static str;

    /// What it measures, its unit and range, in a sentence.
    fn meaning(&self) -> &'static str;

    /// The version of the numerics: raised when a correction changes values.
    fn version(&self) -> u32 {
        1
    }

    /// Whether it has a value for every cut-off.
    fn per_cutoff(&self) -> bool {
        false
    }

    /// Which values are good.
    fn direction(&self) -> Direction {
        Direction::HigherIsBetter
    }

    /// From the ranks of all users at a cut-off (0 where it has none); None for a metric of lists.
    fn of_ranks(&self, _ranks: &[Rank], _cutoff: usize) -> Option<f64> {
        None
    }

    /// From one item for every user; None for other metrics, and where too little is shown.
    fn of_shown(&self, _shown: &[Shown]) -> Option<f64> {
        None
    }

    /// From the recommended lists; None for a metric of ranks.
    fn of_lists(&self, _lists: &TopLists, _dataset: &Dataset) -> Option<f64> {
        None
    }
}

/// The mean; not a number for no values.
pub fn mean(values: impl ExactSizeIterator<Item = f64>) -> f64 {
    let count = values.len() as f64;
    values.sum::<f64>() / count
}
