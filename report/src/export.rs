//! An experiment's results as tidy tables for other programs, and as TensorBoard's event files.

mod all;
mod run;
mod selected;
mod tables;
mod tensorboard;

pub use all::export;
