//! Features of all items, of every kind.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::kinds::FeatureKind;
use super::labels::Labels;
use super::vectors::Vectors;

/// The features that come from files, or from the generator; None where there are none.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ItemFeatures {
    /// Genres.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub genres: Option<Labels>,
    /// Attributes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attributes: Option<Labels>,
    /// Dense vectors.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dense: Option<Vectors>,
}

impl ItemFeatures {
    pub(crate) fn are_none(&self) -> bool {
        *self == Self::default()
    }
}

/// Features of all items, of one kind.
#[derive(Clone, Debug, PartialEq)]
pub struct ItemFeature {
    /// The kind.
    pub kind: FeatureKind,
    /// What every item has.
    pub values: Arc<FeatureValues>,
}

/// What every item has.
#[derive(Clone, Debug, PartialEq)]
pub enum FeatureValues {
    /// Some labels.
    Labels(Labels),
    /// A vector.
    Vectors(Vectors),
}

impl ItemFeature {
    /// How many labels there are, or how many numbers a vector has.
    #[must_use]
    pub fn width(&self) -> usize {
        match &*self.values {
            FeatureValues::Labels(labels) => labels.names.len(),
            FeatureValues::Vectors(vectors) => vectors.width,
        }
    }

    /// What is missing: items without features of this kind, and features of items that the dataset has not.
    #[must_use]
    pub fn missing_and_unknown(&self) -> (usize, usize) {
        match &*self.values {
            FeatureValues::Labels(labels) => (labels.missing(), labels.unknown),
            FeatureValues::Vectors(vectors) => (vectors.missing, vectors.unknown),
        }
    }
}
