//! What an engine needs to go on where it was.

use serde::{Deserialize, Serialize};

use crate::optimizer::OptimizerState;

/// Weights and optimiser of all replicas, to the bit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EngineState {
    /// Each parameter's values, one replica's rows below the other's.
    pub(super) weights: Vec<Vec<f32>>,
    pub(super) optimizer: OptimizerState,
}
