//! What is known of a dataset's items.

use std::sync::Arc;

use super::kinds::FeatureKind;
use super::labels::Labels;
use super::of_items::{FeatureValues, ItemFeature, ItemFeatures};
use super::words::title_words;
use crate::dataset::Dataset;

/// The features of every kind that the dataset has.
#[must_use]
pub fn item_features(dataset: &Dataset) -> Vec<ItemFeature> {
    let ItemFeatures { genres, attributes, dense } = dataset.features.clone();
    let words = dataset.item_titles.as_ref().map(|titles| title_words(titles));
    let labels = |labels: Option<Labels>| labels.map(FeatureValues::Labels);
    let all = FeatureKind::ALL.map(|kind| {
        let values = match kind {
            FeatureKind::Genres => labels(genres.clone()),
            FeatureKind::Attributes => labels(attributes.clone()),
            FeatureKind::TitleWords => labels(words.clone()),
            FeatureKind::Dense => dense.clone().map(FeatureValues::Vectors),
        };
        values.map(|values| ItemFeature { kind, values: Arc::new(values) })
    });
    all.into_iter().flatten().collect()
}
