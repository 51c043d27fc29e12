//! What is fuzzed: one test per reader.

mod loaders;
mod manifests;
mod prepared;
mod tables;
mod titles;
