//! Features of items in the table of items.

mod rows;
mod settings;
mod table;

pub use settings::FeaturesConfig;
pub(crate) use table::ComposedTable;
