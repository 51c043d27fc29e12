//! The figures of the report, each drawn once as shapes and written as SVG, PNG or PDF.

mod all;
mod boundary_weight;
mod candidates;
mod chart;
mod claim_forest;
mod critical_difference;
mod distribution;
mod expert_use;
mod few_users;
mod figure;
mod first_page;
mod forest;
mod frontier;
mod key;
mod legend;
mod looks;
mod marker;
mod matrix;
mod mechanism;
mod ndcg_vs_loss;
mod over_k;
mod paired;
mod palette;
mod paper;
mod pdf;
mod png;
mod scale;
mod scene;
mod svg;
#[cfg(test)]
mod tests;
mod title_length;
mod trajectory;
mod typeface;

pub use distribution::{Histogram, write_histogram};
pub use paper::PaperWidth;

pub(crate) use all::all;
pub(crate) use claim_forest::{ForestRow, RowKind, claim_forest};
pub(crate) use critical_difference::{Ranked, critical_difference};
pub(crate) use figure::{Drawn, Element, Figure};
pub(crate) use first_page::{Tested, write_for_paper};
