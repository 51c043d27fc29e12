//! What a baseline is.

use prefsweep_datasets::{Dataset, Item};

/// A way of ranking items that follows from the training part in closed form or by counting.
pub trait Method: Sync {
    /// The name in files.
    fn name(&self) -> &'static str;

    /// The name in text.
    fn title(&self) -> &'static str;

    /// The version of the numerics: raised when a correction changes scores.
    fn version(&self) -> u32 {
        1
    }

    /// The numbers that it was chosen to use, by name; part of the identity of its results.
    fn settings(&self) -> &'static [(&'static str, f64)] {
        &[]
    }

    /// Why it is left out for a catalogue of this size; None where it is computed.
    fn skipped(&self, _n_items: usize) -> Option<String> {
        None
    }

    /// Computes it from the training part of every user.
    fn fit(&self, dataset: &Dataset) -> Box<dyn ItemScorer>;
}

/// A baseline that was computed from some training data.
pub trait ItemScorer {
    /// Puts the score of every item after `history` (oldest first, not empty) into `scores`, shape
    /// `[n_items]`, in place of what it holds. The scores of items in the history do not matter.
    fn score(&self, history: &[Item], scores: &mut [f64]);
}
