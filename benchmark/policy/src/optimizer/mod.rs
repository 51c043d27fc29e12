//! AdamW with one global norm for clipping: one loop in place on the host, tensor operations on a
//! device for several replicas at once.
//!
//! Loshchilov and Hutter, "Decoupled Weight Decay Regularization" (2019). burn's own clipping is
//! per tensor; here the norm is that of all gradients together, and its value is recorded. Nothing here
//! knows where gradients come from.

mod device;
mod host;
mod settings;
mod state;
#[cfg(test)]
mod tests;

pub use device::DeviceAdamW;
pub(crate) use device::global_norms;
pub use host::HostAdamW;
pub(crate) use host::global_norm;
pub use settings::Settings;
pub use state::OptimizerState;
