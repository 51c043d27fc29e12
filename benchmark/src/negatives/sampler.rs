//! What a sampler is.

use prefsweep_datasets::{Dataset, InvalidSetting, Item};
use prefsweep_store::Identify;

use crate::data::{Batch, Neighbourhoods, Position, Seen, States};

/// What samplers draw from: the training data, and the frozen reference.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// The sequences whose items are counted, which are not of all users where training sees few.
    pub dataset: &'a Dataset,
    /// Training items of every user.
    pub seen: &'a Seen,
    /// Similar items, as far as they are known already.
    pub neighbourhoods: &'a Neighbourhoods,
    /// For each window the index of its first position among the positions of all windows.
    pub first_position: &'a [usize],
    /// The reference's hidden states of all positions, `[positions, dim]`.
    pub states: States<'a>,
    /// The reference's item embeddings, `[n_items, dim]`, without padding.
    pub embeddings: &'a [f32],
}

/// The settings of a way to choose negatives.
pub trait Sampler: Identify {
    /// The version of the numerics: raised when a correction changes what is drawn.
    fn version(&self) -> u32 {
        1
    }

    /// Whether the settings are possible with this number of negatives.
    ///
    /// # Errors
    /// The setting that is not, its key relative to `preference.sampler`.
    fn check(&self, _negatives: usize) -> Result<(), InvalidSetting> {
        Ok(())
    }

    /// Whether the probability of drawing an item is known, see [`Draw::log_probabilities`].
    fn knows_probabilities(&self) -> bool {
        false
    }

    /// Computes what is the same for all batches.
    fn prepare<'a>(&self, source: Source<'a>) -> Box<dyn Draw + 'a>;
}

/// A sampler that is ready to draw.
pub trait Draw {
    /// `k` distinct unseen items for each position of the batch, row-major `[positions, k]`;
    /// at most [`Seen::fewest_unseen`] can be drawn.
    fn draw(&self, batch: &Batch, k: usize, seed: u64) -> Vec<Item>;

    /// The logarithm of the probability that a single draw at a position gives each of these items;
    /// None for a sampler that does not [know](Sampler::knows_probabilities).
    fn log_probabilities(&self, _position: &Position, _items: &[Item]) -> Option<Vec<f64>> {
        None
    }
}
