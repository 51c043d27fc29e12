//! Synthetic data: settings, and two generators.
//!
//! The world with a known true preference is described in `generate.rs`, the one for large catalogues in
//! `clusters.rs`. Neither may refer to any training loss.

mod cluster_config;
mod clusters;
mod config;
mod generate;
mod latent;
mod sequence;

pub use cluster_config::ClusterConfig;
pub use config::SyntheticConfig;
pub(crate) use generate::generate;
