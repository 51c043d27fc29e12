//! Files of interactions: one small file per format turns lines into interactions, and every
//! malformed line is counted.
//!
//! Nothing here knows of preprocessing, splits or the registry of datasets.

mod amazon;
mod delimited;
mod encoding;
mod format;
mod goodreads;
mod json;
mod lastfm;
mod lines;
mod movielens;
mod needs;
mod pairs;
mod parquet;
mod parser;
mod python;
mod read;
mod recbole;
mod rows;
mod sequences;
mod steam;
mod table;
mod tally;
mod time;

pub(crate) use delimited::split_quoted;
pub use encoding::Encoding;
pub use format::Format;
pub(crate) use json::{Id, json_object};
pub(crate) use lines::{Lines, open};
pub(crate) use needs::Needs;
pub(crate) use read::read;
pub(crate) use rows::Rows;
pub use table::TableConfig;
