//! The network's parts as single operations on burn's flex backend.
//!
//! Composed from tensor operations, each part makes many passes over memory and as many
//! allocations, forward and backward, and computes the padding of short windows. Here each is one
//! operation with its own gradient, added to burn through its backend extensions. Other backends
//! use the composed forms, which compute the same functions; tests compare the two. Nothing here
//! knows where the weights come from or which loss follows.

mod attention;
mod block;
mod branches;
mod continuer;
mod embedding;
mod experts;
mod groups;
mod layer_norm;
mod linear;
mod operations;
mod parts;

pub use continuer::{Branches, Continuer, Past};
pub(super) use operations::{available, block, embed, last_block, layer_norm};
