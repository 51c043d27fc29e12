//! How a training step is computed and differentiated: on the host with fused operations, or on a
//! device for several replicas at once.
//!
//! The training loop gives inputs and an objective and gets a loss; it does not know which engine it
//! has. Tests compare both with automatic differentiation of the whole. Nothing here knows where
//! batches and negatives come from.

mod catalogue;
mod choice;
mod device;
mod head;
mod host;
mod interface;
mod objective;
mod outcome;
mod routing;
mod row_sums;
mod state;
mod tokens;

pub use choice::engine;
pub use device::DeviceEngine;
pub use head::{dot_rows, log_normalisers};
pub use host::HostEngine;
pub use interface::Engine;
pub use objective::{Inputs, Objective, ScoredItems, Term};
pub use outcome::{Outcome, Pending};
pub use routing::Routing;
pub use state::EngineState;
pub(crate) use tokens::TokenShares;
