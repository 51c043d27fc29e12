//! Datasets for prefsweep: loading, preprocessing, splits, candidate lists and a synthetic generator.
//!
//! [`DatasetName`] is the registry: what is known of a dataset is its [`Manifest`]. [`load`] turns a [`DatasetConfig`] into a [`Dataset`]: per-user item sequences in time order
//! with dense ids. The split is leave-one-out (the last item of a user is for the test, the last
//! but one for validation, the rest for training) or by shares ([`SplitConfig`]). [`Candidates`] holds the sampled negatives of
//! the 20-candidate protocol. Everything random comes from [`random::stream`].

mod candidate_lists;
mod candidates;
mod config;
mod dataset;
mod description;
mod download;
mod error;
mod fingerprint;
mod k_core;
mod load;
mod loaders;
mod manifest;
mod preference;
mod preprocess;
pub mod random;
mod setting_checks;
mod split;
mod statistics;
mod store;
mod synthetic;
mod titles;

pub use candidate_lists::CandidateLists;
pub use candidates::Candidates;
pub use config::{
    CandidateConfig, DatasetConfig, DatasetName, FileConfig, InvalidSetting, MIN_INTERACTIONS,
    Repeats, UserSample,
};
pub use dataset::{Dataset, Item, User};
pub use description::{Bin, Description, Popular, Quantile, describe};
pub use download::{
    ArchiveKind, Check, Download, Evidence, FetchError, FetchEvent, FetchOptions, Fetched, Member,
    Patience, Recorded, Records, Verdict, fetch, verify,
};
pub use error::{BadRow, DataError};
pub use load::{Survey, load, sources, survey};
pub use loaders::{Format, MAX_BAD_ROWS_SHARE, TableConfig};
pub use manifest::{DataFile, DefaultPreprocessing, Manifest, PreparedFacts, RawFacts};
pub use preference::export_preference;
pub use split::{Case, Cut, SplitBy, SplitConfig};
pub use statistics::{Statistics, statistics};
pub use store::METADATA_FILE;
pub use synthetic::SyntheticConfig;
