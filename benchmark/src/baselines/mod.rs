//! Rankings that need no training: what a reference model has to beat, computed exactly from the
//! training part of a dataset ([`Dataset::train`](prefsweep_datasets::Dataset::train)) alone.
//!
//! # How to add a baseline
//!
//! 1. Write `your_baseline.rs`: a unit struct that implements [`Method`] (name, title, settings, `fit`), and
//!    what it fits, which implements [`ItemScorer`]: a score of every item after a history.
//!    `popularity.rs` is the smallest.
//! 2. Add one line to `BASELINES` in `registry.rs`, and the file's `mod` here.
//!
//! Planning, ranking on both protocols, the store, `verify`, tables and the report follow.
//!
//! What may not be here: anything that is trained by gradient steps, draws random numbers, or looks at
//! held-out items. Sums have a fixed order, so that the same data give the same bits for any number of
//! threads.

mod ease;
mod inverse;
mod item_knn;
mod markov;
mod method;
mod popularity;
mod registry;
#[cfg(test)]
mod tests;

pub use ease::Ease;
pub use item_knn::ItemKnn;
pub use markov::Markov;
pub use method::{ItemScorer, Method};
pub use popularity::Popularity;
pub use registry::{BASELINES, baseline};
