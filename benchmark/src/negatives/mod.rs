//! Negatives for every trained position, by one of several samplers.
//!
//! The draws of a position depend on seed, epoch and position alone (with `in_batch` also on the
//! positives of its batch), and are made one after the other, so that the first three of K = 20 are
//! those of K = 3: cells that differ in K or in loss are compared on the same random numbers.
//!
//! Negatives are distinct, unseen by the user in training, and not the positive, which for the validation loss is no
//! training item. Where a sampler runs out of items before K, the
//! rest is drawn uniformly.
//!
//! To add a sampler: write a file with a settings struct that implements [`Sampler`], and add one
//! line to `config.rs`.

mod config;
mod describe;
mod draws;
mod hard;
mod in_batch;
mod pool;
mod popularity;
mod sampler;
mod similarity;
#[cfg(test)]
mod tests;
mod uniform;

pub use config::SamplerConfig;
pub use describe::SamplerDescription;
pub use hard::Hard;
pub use in_batch::InBatch;
pub use pool::{Pool, from_pool};
pub use popularity::Popularity;
pub use sampler::{Draw, Sampler, Source};
pub use similarity::Similarity;
pub use uniform::{Uniform, uniform};
