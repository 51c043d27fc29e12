//! Negatives for every trained position, by one of several samplers.
//!
//! The draws of a position depend on seed, epoch and position alone (with `in_batch` also on the
//! positives of its batch), and are made one after the other, so that the first three of K = 20 are
//! those of K = 3: cells that differ in K or in loss are compared on the same random numbers.
//!
//! Negatives are distinct and unseen by the user in training; a training target is among the seen
//! items, so the positive is excluded with them. Where a sampler runs out of items before K, the
//! rest is drawn uniformly.
//!
//! To add a sampler: write a file with a settings struct that implements [`Sampler`], and add one
//! line to the registry below.

mod draws;
mod hard;
mod in_batch;
mod pool;
mod popularity;
mod seen;
mod similarity;
#[cfg(test)]
mod tests;
mod uniform;

pub use hard::Hard;
pub use in_batch::InBatch;
pub use pool::{Pool, from_pool};
pub use popularity::Popularity;
pub use seen::Seen;
pub use similarity::{Neighbourhoods, Similarity};
pub use uniform::{Uniform, uniform};

use prefsweep_datasets::{Dataset, InvalidSetting, Item};

use crate::batches::Batch;
use crate::registry::registry;

registry! {
    SamplerConfig, "Sampler", a "sampler"; dyn Sampler by as_sampler;
    "uniform" => Uniform,
    "popularity" => Popularity,
    "similarity" => Similarity,
    "in_batch" => InBatch,
    "hard" => Hard,
}

impl Default for SamplerConfig {
    fn default() -> Self {
        Self::Uniform(Uniform {})
    }
}

impl SamplerConfig {
    /// Whether it is the default; specifications do not spell that out.
    #[must_use]
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// What samplers draw from: the training data, and the frozen reference.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// The sequences.
    pub dataset: &'a Dataset,
    /// Training items of every user.
    pub seen: &'a Seen,
    /// Similar items, as far as they are known already.
    pub neighbourhoods: &'a Neighbourhoods,
    /// For each window the index of its first position among the positions of all windows.
    pub first_position: &'a [usize],
    /// The reference's hidden states of all positions, `[positions, dim]`.
    pub states: &'a [f32],
    /// The reference's item embeddings, `[n_items, dim]`, without padding.
    pub embeddings: &'a [f32],
}

/// The settings of a way to choose negatives.
pub trait Sampler {
    /// Whether the settings are possible with this number of negatives.
    ///
    /// # Errors
    /// The setting that is not, its key relative to `preference.sampler`.
    fn check(&self, _negatives: usize) -> Result<(), InvalidSetting> {
        Ok(())
    }

    /// Computes what is the same for all batches.
    fn prepare<'a>(&self, source: Source<'a>) -> Box<dyn Draw + 'a>;
}

/// A sampler that is ready to draw.
pub trait Draw {
    /// `k` distinct unseen items for each position of the batch, row-major `[positions, k]`;
    /// at most [`Seen::fewest_unseen`] can be drawn.
    fn draw(&self, batch: &Batch, k: usize, seed: u64) -> Vec<Item>;
}
