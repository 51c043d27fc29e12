//! Downloading a dataset, and verifying what is in the data folder.
//!
//! Interrupted downloads are resumed, archives are not trusted, and checksums are recorded. This is
//! the only code that uses the network; nothing here parses interactions.

mod checksum;
mod error;
mod fetch;
mod http;
mod part;
mod unpack;
mod verify;

pub use checksum::{Evidence, Recorded, Records};
pub use error::FetchError;
pub use fetch::{FetchEvent, FetchOptions, Fetched, fetch};
pub use http::RetryPolicy;
pub use verify::{Check, Verdict, verify};
