//! The numbers that training changes: their names and shapes, their tensors, and their values on disk.
//!
//! A policy adds its parameters to a [`Layout`] by name and keeps the handles; whatever there is one of
//! for each parameter (tensors, gradients, moments of an optimiser) is indexed by handle. Nothing here
//! knows what a parameter is for.

mod exchange;
mod layout;
mod per_parameter;
mod weights;

pub use layout::{Handle, Init, Layout, Parameter};
pub use per_parameter::{Gradients, Parameters, PerParameter};
pub use weights::{Weights, WeightsError};
