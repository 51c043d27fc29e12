//! Reading Parquet files that may be damaged.
//!
//! The library that reads them believes what a file says of itself: it allocates what the head of a page claims, and
//! panics where parts of a file contradict each other. Here a file is checked against its own size before it is read.

mod claims;
mod guarded;
mod kind;
mod table;

pub use guarded::guarded;
pub use kind::is_parquet;
pub use table::Table;
