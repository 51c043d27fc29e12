//! What is fuzzed: one test per reader.

mod exports;
mod results;
mod store;
