//! Synthetic data with a known true preference: settings, and the generator.
//!
//! The model is described in `generate.rs`. It must not refer to any training loss.

mod config;
mod generate;
mod latent;
mod sequence;

pub use config::SyntheticConfig;
pub(crate) use generate::generate;
