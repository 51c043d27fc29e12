//! Features of the real sets, with the numbers that were counted apart from this program.

use prefsweep_datasets::{DatasetConfig, DatasetName, FeatureKind, item_features, load};
use serde_json::json;

use crate::folder::{file_config, folder_with};

/// How many labels of a kind there are, and how many items have none.
fn count(config: &DatasetConfig, files: &[&str], kind: FeatureKind) -> (usize, usize) {
    let dataset = load(config, &folder_with(files)).unwrap();
    let features = item_features(&dataset);
    let feature = features.iter().find(|feature| feature.kind == kind).unwrap();
    (feature.width(), feature.missing_and_unknown().0)
}

#[test]
#[ignore = "needs the datasets in PREFSWEEP_DATA_DIR"]
fn genres_and_words_of_movielens() {
    let small = DatasetConfig::new(DatasetName::Ml100k);
    let files = ["ml-100k/u.data", "ml-100k/u.item"];
    assert_eq!(count(&small, &files, FeatureKind::Genres), (19, 0));
    assert_eq!(count(&small, &files, FeatureKind::TitleWords).0, 620);
    let large = DatasetConfig::new(DatasetName::Ml1m);
    let files = ["ml-1m-sasrec.txt", "ml-1m-sasrec-titles.tsv"];
    assert_eq!(count(&large, &files, FeatureKind::Genres), (18, 0));
    // Of the 3,416 films in the 5-core; all 3,883 of movies.dat have 1,427.
    assert_eq!(count(&large, &files, FeatureKind::TitleWords).0, 1261);
}

#[test]
#[ignore = "needs the datasets in PREFSWEEP_DATA_DIR"]
fn attributes_of_s3_rec() {
    // The file of Yelp has 1,001; without users of fewer than three distinct items (many repeat theirs) it is 999.
    for (name, attributes) in [("beauty", 637), ("lastfm", 388), ("yelp", 999)] {
        let [data, named] = ["", "-attributes"].map(|part| {
            format!("{name}-s3rec{part}{}", if part.is_empty() { ".txt" } else { ".json" })
        });
        let config = file_config(
            &data,
            &json!("sequences"),
            &json!({"min_interactions": 3, "features": {"attributes": named}}),
        );
        assert_eq!(
            count(&config, &[&data, &named], FeatureKind::Attributes).0,
            attributes,
            "{name}"
        );
    }
    let config = DatasetConfig::new(DatasetName::AmazonBeauty);
    let files = ["beauty-s3rec.txt", "beauty-s3rec-attributes.json"];
    assert_eq!(count(&config, &files, FeatureKind::Attributes).0, 637);
}
