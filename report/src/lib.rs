//! Statistics, tables, plots and the written report of a `prefsweep` experiment.
//!
//! This crate reads a results folder and never trains: [`write_report`] turns the folder into
//! `report.html`, `report.md` and `report.tex` with tables and plots, [`headline_table`] gives the main
//! results table alone, [`mod@verify`] checks the folder, [`drift`] compares two of them and [`export()`] writes
//! tables for other programs. The files it reads are defined in `prefsweep_store`, which the harness
//! uses to write them.
//!
//! A sweep that is not finished is reported as far as it goes, with what is missing and why. A file
//! that is there and cannot be used is an error that names the file, and the line where known.

mod analysis;
mod axes;
mod claims;
mod cold;
mod column_table;
mod columns;
mod distinct;
mod effects;
mod error;
mod escape;
mod experts;
mod explanations;
mod explorer;
mod export;
mod files;
mod findings;
mod frontier;
mod grid;
mod headline_table;
mod index;
mod latex_table;
mod leaderboard;
mod links;
mod measure;
mod names;
mod numbers;
mod outputs;
mod page;
mod paper_figures;
mod plots;
mod provenance;
mod ranked_cells;
mod ranks;
mod reading;
mod report;
mod rows;
mod sections;
mod side_by_side;
mod sweep;
mod tables;
mod tuning;
mod users;
mod verdict_files;

pub mod drift;
pub mod statistics;
pub mod verdict;
pub mod verify;

pub use crate::claims::write_claims;
pub use crate::column_table::{Columns, column_table};
pub use crate::error::ReportError;
pub use crate::export::{export, export_runs, is_exported_mapping};
pub use crate::grid::TableFormat;
pub use crate::headline_table::headline_table;
pub use crate::leaderboard::write_leaderboard;
pub use crate::paper_figures::paper_figures;
pub use crate::plots::{Histogram, PaperWidth, write_histogram};
pub use crate::reading::Reading;
pub use crate::report::{ReportFiles, write_report};
pub use crate::verdict::VERDICT_FILE;

#[cfg(test)]
extern crate self as prefsweep_report;
#[cfg(test)]
#[path = "../tests/support/mod.rs"]
mod support;
#[cfg(test)]
#[path = "../tests/support/titles.rs"]
mod written_titles;
