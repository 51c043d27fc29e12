//! Features of items: their fingerprint, and what is said of those that are missing.

use std::fmt::Write as _;

use prefsweep_datasets::{FeatureValues, ItemFeature};

/// A hash of a dataset's fingerprint and of some features of its items.
pub(super) fn fingerprint(dataset: &str, features: &[&ItemFeature]) -> String {
    let mut hasher = blake3::Hasher::new();
    let count = |hasher: &mut blake3::Hasher, count: usize| {
        hasher.update(&(count as u64).to_le_bytes());
    };
    hasher.update(dataset.as_bytes());
    for feature in features {
        hasher.update(feature.kind.name().as_bytes());
        count(&mut hasher, feature.width());
        match &*feature.values {
            FeatureValues::Labels(labels) => {
                // Another label in the same place would start with the same weights: names do not matter.
                for labels in &labels.of_items {
                    count(&mut hasher, labels.len());
                    for label in labels {
                        hasher.update(&label.to_le_bytes());
                    }
                }
            }
            FeatureValues::Vectors(vectors) => {
                for value in &vectors.values {
                    hasher.update(&value.to_le_bytes());
                }
            }
        }
    }
    hasher.finalize().to_hex().to_string()
}

/// What a feature is in one line, with what is missing: `genres: 19 labels; 3 of 1682 items have none`.
#[must_use]
pub fn in_words(feature: &ItemFeature, n_items: usize) -> String {
    let what = match &*feature.values {
        FeatureValues::Labels(_) => "labels",
        FeatureValues::Vectors(_) => "numbers in a vector",
    };
    let (missing, unknown) = feature.missing_and_unknown();
    let mut text = format!("{}: {} {what}", feature.kind.name(), feature.width());
    if missing > 0 {
        let _ = write!(text, "; {missing} of {n_items} items have none");
    }
    if unknown > 0 {
        let _ = write!(text, "; {unknown} in the file are of items that the dataset has not");
    }
    text
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use prefsweep_datasets::{FeatureKind, Labels, Vectors};

    use super::*;

    fn labels(of_items: &[&[u32]]) -> ItemFeature {
        let of_items = of_items.iter().map(|labels| labels.to_vec()).collect();
        let labels = Labels { names: vec!["a".into(), "b".into()], of_items, unknown: 2 };
        ItemFeature { kind: FeatureKind::Genres, values: Arc::new(FeatureValues::Labels(labels)) }
    }

    #[test]
    fn what_is_missing_is_counted() {
        let feature = labels(&[&[0], &[], &[0, 1]]);
        let said = "genres: 2 labels; 1 of 3 items have none; 2 in the file are of items that the dataset has not";
        assert_eq!(in_words(&feature, 3), said);
        let vectors = Vectors { width: 4, values: vec![0.0; 12], missing: 0, unknown: 0 };
        let values = Arc::new(FeatureValues::Vectors(vectors));
        let feature = ItemFeature { kind: FeatureKind::Dense, values };
        assert_eq!(in_words(&feature, 3), "dense: 4 numbers in a vector");
    }

    #[test]
    fn other_features_have_another_fingerprint() {
        let all = [labels(&[&[0], &[1]]), labels(&[&[0, 1], &[]]), labels(&[&[], &[0, 1]])];
        let found: Vec<String> =
            all.iter().map(|feature| fingerprint("data", &[feature])).collect();
        assert!(found[0] != found[1] && found[1] != found[2] && found[0] != found[2]);
        assert_eq!(found[0], fingerprint("data", &[&all[0]]));
        assert_ne!(found[0], fingerprint("other data", &[&all[0]]));
    }
}
