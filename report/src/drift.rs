//! Two results of the same experiment: are they the same, and if not, by how much?
//!
//! Runs are paired by loss, K, seed and the values on other axes, users by themselves, and the
//! difference is tested over seeds and users as in the verdict, corrected over all rows.

mod compare;
mod outcome;
mod table;

pub use compare::compare_results;
pub use outcome::{Drift, Row};
