//! Features of items beside their ids: labels (genres, attributes, words of titles) and dense vectors.

mod attributes;
mod files;
mod genres;
mod kinds;
mod known;
mod labels;
mod of_items;
mod vectors;
mod words;

pub(crate) use attributes::read_attributes;
pub use files::FeatureFiles;
pub(crate) use genres::{flagged, listed};
pub use kinds::FeatureKind;
pub use known::item_features;
pub use labels::Labels;
pub use of_items::{FeatureValues, ItemFeature, ItemFeatures};
pub use vectors::Vectors;
pub(crate) use vectors::read_vectors;
