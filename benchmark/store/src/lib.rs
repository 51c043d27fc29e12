//! What a sweep leaves on disk: identities, keys, the index, tables and the run store.
//!
//! The harness writes these files and the report reads them, so both sides share one definition.
//! Nothing here knows how a number is computed: no losses, no models, no statistics.

mod checkpoint_file;
mod clear;
mod error;
mod explanation;
mod file_hash;
mod files;
mod format;
mod holdings;
mod identity;
mod index;
mod key;
mod label;
mod named;
mod owner;
mod paths;
mod provenance;
mod rank_rows;
mod registered;
mod registry;
mod relocate;
mod run_key;
mod run_store;
mod spec;
mod tables;

pub use checkpoint_file::CheckpointFile;
pub use clear::{Unused, clear, unused};
pub use error::{StoreError, at};
pub use explanation::{Explanation, TitleShare, TokenShare};
pub use file_hash::file_hash;
pub use files::*;
pub use holdings::{Holding, Holdings, holdings};
pub use identity::{Canonical, Identify, Identity, id_of};
pub use index::{
    BaselineEntry, BaselineStatus, CellEntry, CellStatus, Cold, DatasetFacts, Direction, Dropped,
    Evaluated, INDEX_FORMAT, Imported, Index, IndexSource, LeftOut, MetricFacts, PopularityEntry,
    PublishedFigure, ReferenceEntry, ReportSettings,
};
pub use key::{CellKey, LossKey, SeriesKey, compare_values};
pub use label::{axis_name, axis_values, value_name, with_axes};
pub use named::{Named, RESULTS_DEPTH, named};
pub use paths::{followed, relative, seen_from, slashed};
pub use provenance::{ImportedFile, Provenance, Seconds};
pub use rank_rows::{RankRow, read_rank_rows};
pub use registered::{Setting, meaning_of, settings_of};
pub use relocate::relocate;
pub use run_key::{REFERENCE, ReferenceKey, RunKey};
pub use run_store::{Draft, Kind, Store, is_damaged};
pub use spec::{CellFile, is_within, setting};
pub use tables::{ListTable, RankTable, Table, write_json, write_parquet};
