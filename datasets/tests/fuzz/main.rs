//! Damaged data files: every one is read, or refused with a message; nothing panics, nothing takes memory without bound,
//! nothing is written outside the folder.
//!
//! `just fuzz` runs the targets for longer; what they found lies in `found.rs`.

mod engine;
mod found;
mod sound;
mod targets;
