//! Datasets for prefsweep: download, loading, preprocessing, splits, candidate lists and a synthetic
//! generator.
//!
//! [`DatasetName`] lists the datasets; what is known about one is in its [`Manifest`]. [`load`] turns
//! a [`DatasetConfig`] into a [`Dataset`]: the item sequences of the users in chronological order,
//! with dense indices. The split is leave-one-out (the last item of a user is the test target, the
//! last but one the validation target, the rest is for training) or a ratio split ([`SplitConfig`]).
//! [`Candidates`] are the negatives of the sampled evaluation. All randomness comes from
//! [`random::stream`]. Models, losses and metrics do not belong here.

mod candidate_lists;
mod candidates;
mod config;
mod dataset;
mod description;
mod download;
mod error;
mod features;
mod fingerprint;
mod indices;
mod json_words;
mod k_core;
mod limit;
mod load;
mod loaders;
mod output;
mod preference;
mod preprocess;
pub mod random;
mod registry;
mod setting;
mod setting_checks;
mod split;
mod statistics;
mod store;
mod synthetic;
mod titles;
mod tokens;

pub use candidate_lists::{CandidateLists, MoreTraining};
pub use candidates::{CandidateConfig, Candidates};
pub use config::{DatasetConfig, FileConfig, MIN_INTERACTIONS, Repeats, UserSample};
pub use dataset::Dataset;
pub use description::{Bin, Description, PopularItem, Quantile, TitleStatistics, describe};
pub use download::{
    Check, Evidence, FetchError, FetchEvent, FetchOptions, Fetched, Recorded, Records, RetryPolicy,
    Verdict, fetch, verify,
};
pub use error::{BadRow, DataError, MAX_BAD_ROWS_SHARE, start_of};
pub use features::{
    FeatureFiles, FeatureKind, FeatureValues, ItemFeature, ItemFeatures, Labels, Vectors,
    item_features,
};
pub use indices::{Item, User};
pub use json_words::json_words;
pub use load::{Survey, load, sources, survey};
pub use loaders::{Encoding, Format, TableConfig};
pub use preference::export_preference;
pub use registry::{
    ArchiveKind, DataFile, DatasetName, DefaultPreprocessing, Download, Manifest, Member,
    PreparedFacts, PublishedFigure, PublishedProtocol, RawFacts,
};
pub use setting::InvalidSetting;
pub use split::{Case, Cut, SplitBy, SplitConfig};
pub use statistics::{Statistics, gini, statistics};
pub use store::METADATA_FILE;
pub use synthetic::{ClusterConfig, SyntheticConfig};
pub use titles::{TitleFile, TitleFormat};
pub use tokens::{END, ItemNames, Vocabulary, item_names};
