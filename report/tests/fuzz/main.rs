//! Damaged results folders, exports and stores: each is read, or refused with a message; nothing panics, nothing takes
//! memory without bound, nothing is written outside the folder.
//!
//! `just fuzz` runs the targets for longer; what they found lies in `found.rs`.

#[path = "../../../datasets/tests/fuzz/engine/mod.rs"]
mod engine;
mod folder;
#[expect(dead_code, reason = "other tests need larger worlds")]
#[path = "../support/mod.rs"]
mod support;
mod targets;
