//! An experiment's results as tidy tables for other programs, and as TensorBoard's event files.

mod all;
mod run;
mod runs;
mod selected;
mod tables;
mod tensorboard;

pub use all::export;
pub use runs::{export_runs, is_exported_mapping};
