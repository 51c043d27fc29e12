//! Does what lies on disk still say what was measured?
//!
//! Every file of every run of an experiment is compared with the hash in its completion marker, every
//! id with the hash of the identity beside it, what the index says with the specification, and every
//! ranking metric with one computed again from the stored ranks and lists, by an implementation that
//! shares nothing with the one that wrote it.

mod all;
mod content;
mod entry;
mod finding;
mod list_metrics;
mod metrics;
mod rank_metrics;
mod said;
mod verification;

pub use all::verify;
pub use finding::{Check, Checked, Finding};
pub use verification::Verification;
