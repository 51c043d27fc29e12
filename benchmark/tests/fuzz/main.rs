//! Damaged experiments, overrides and checkpoints: each is read, or refused with a message; nothing panics, nothing takes
//! memory without bound.
//!
//! `just fuzz` runs the targets for longer.

#[expect(dead_code, reason = "other targets write files by hand")]
#[path = "../../../datasets/tests/fuzz/engine/mod.rs"]
mod engine;
#[path = "../small_world/mod.rs"]
mod small_world;
mod targets;
