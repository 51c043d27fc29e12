//! SASRec: a causal transformer with tied item embeddings.
//!
//! Kang and McAuley, "Self-Attentive Sequential Recommendation" (2018), with pre-norm blocks, a
//! final LayerNorm and learned positions. Where windows are padded, it is on the right: with a
//! causal mask no real position can see the padding, so no padding mask is needed. Nothing here knows
//! how scores of items become a loss.

mod composed;
mod composed_experts;
#[cfg(test)]
mod expert_vectors;
mod experts;
mod fused;
mod layout;
mod model;
mod settings;

pub use experts::{ExpertBlocks, ExpertsConfig};
pub use fused::{Branches, Continuer, Past};
pub use model::Sasrec;
pub use settings::SasrecConfig;
