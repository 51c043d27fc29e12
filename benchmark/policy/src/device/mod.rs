//! Where the tensors live: backends, graphics adapters, and which of them a name means.
//!
//! Burn has one client per adapter and process, and a sweep uses one adapter: the choice is made
//! once, by [`resolve`], and every process that computes is told of it and calls [`Place::enter`].
//! Nothing here knows what is computed.

mod adapter;
mod backend;
mod choice;
mod name;
mod place;
mod probe;

pub use adapter::{Adapter, AdapterKind, adapters};
pub use backend::{Backend, trial_product};
pub use choice::{DeviceError, resolve};
pub use name::{DeviceName, NoDevice};
pub use place::{OtherAdapter, Place};
pub use probe::{LIST_COMMAND, PATIENCE, PRODUCT_COMMAND, Probe, ProbeError};
