//! What is fuzzed: one test per reader.

mod checkpoints;
mod experiments;
