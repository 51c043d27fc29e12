//! Runs that were trained elsewhere, as entries of the run store: from then on the report, `verify`, `compare` and
//! `claims` read them like the program's own.
//!
//! Two forms are read. Tables of ranks (CSV or Parquet, one row per run, evaluation and user; `columns.rs` finds what a
//! column holds) and texts that a language model generated for lists of candidates (`candidates.rs`). Either becomes
//! `runs::Runs`; what these do not say is put into sentences (`absent.rs`), never made up.

mod absent;
mod answers;
mod candidates;
mod columns;
mod control;
mod csv_table;
mod ends;
mod entries;
mod error;
mod facts;
mod field;
mod first_steps;
mod index;
mod limits;
mod listed;
mod losses;
mod mapping;
mod mapping_checks;
mod parquet_table;
mod prepared;
mod rank_rows;
mod read;
mod record;
mod roles;
mod runs;
mod table;
mod users;

pub use error::{ImportError, ImportFailure};
pub use index::{Done, Import, import};
