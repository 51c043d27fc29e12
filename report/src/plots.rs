//! The figures of the report, each drawn once and written as SVG and PNG.

mod all;
mod boundary_weight;
mod candidates;
mod chart;
mod claim_forest;
mod collapse;
mod distribution;
mod figure;
mod frontier;
mod legend;
mod looks;
mod marker;
mod mechanism;
mod ndcg_vs_loss;
mod palette;
mod render;
mod scene;
#[cfg(test)]
mod tests;
mod trajectory;
mod typeface;

pub use distribution::{Histogram, write_histogram};

pub(crate) use all::all;
pub(crate) use claim_forest::{ForestRow, RowKind, claim_forest};
pub(crate) use figure::{Drawn, Figure};
