//! What is known of a dataset's items.

use std::sync::Arc;

use super::kinds::FeatureKind;
use super::of_items::{FeatureValues, ItemFeature, ItemFeatures};
use super::words::title_words;
use crate::dataset::Dataset;

/// The features of every kind that the dataset has.
#[must_use]
pub fn item_features(dataset: &Dataset) -> Vec<ItemFeature> {
    let ItemFeatures { genres, attributes, dense } = dataset.features.clone();
    let words = dataset.item_titles.as_ref().map(|titles| title_words(titles));
    let all = [
        (FeatureKind::Genres, genres.map(FeatureValues::Labels)),
        (FeatureKind::Attributes, attributes.map(FeatureValues::Labels)),
        (FeatureKind::TitleWords, words.map(FeatureValues::Labels)),
        (FeatureKind::Dense, dense.map(FeatureValues::Vectors)),
    ];
    let known =
        |(kind, values): (_, Option<_>)| Some(ItemFeature { kind, values: Arc::new(values?) });
    all.into_iter().filter_map(known).collect()
}
