//! A dataset made ready for training and evaluation: windows, batches, held-out items, what each
//! user has seen, similar items, and the store of prepared data.
//!
//! Nothing here knows losses or models. Training parts alone are used for everything that training
//! sees; a property test in `prepared.rs` computes them anew from the rows.

mod batches;
mod cache;
mod co_occurrence;
mod cold;
#[cfg(test)]
pub(crate) mod example;
mod features;
mod few_users;
mod held_out;
mod kept;
mod leaks;
mod neighbours;
mod people;
mod prepared;
mod seen;
mod states;
mod training_config;
mod truth;
mod windows;

pub use batches::{Batch, Batches, Position, Targets, collect};
pub use cache::{Obtained, obtain};
pub(crate) use co_occurrence::{CoOccurrence, distinct};
pub use cold::cold_targets;
pub use features::in_words;
pub(crate) use few_users::trainable;
pub use few_users::{FewUsers, n_windows};
pub use held_out::{Split, evaluated, held_out};
pub use kept::{Kept, ObtainError, data_id, keep_as, keep_data};
pub use leaks::leaks;
pub use neighbours::Neighbourhoods;
pub(crate) use neighbours::SimilarItems;
pub use people::people;
pub use prepared::Prepared;
pub use seen::Seen;
pub use states::{States, StatesFile};
pub use training_config::{Stages, TrainingConfig, Users};
pub use truth::Truth;
pub use windows::{Window, windows};
