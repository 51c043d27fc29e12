//! Reading Parquet files that may be damaged.
//!
//! The library that reads them believes what a file says of itself: it allocates what the head of a page claims, and
//! panics where parts of a file contradict each other, or have a type that it is built without. Here a file is checked
//! against its own size before it is read, and of a column that cannot be read the type is known.

mod claims;
mod column_type;
mod guarded;
mod kind;
mod table;

pub use column_type::ColumnType;
pub use guarded::guarded;
pub use kind::is_parquet;
pub use table::Table;
