//! Titles as tokens.

use std::collections::HashSet;

use prefsweep_datasets::{Dataset, DatasetConfig, DatasetName, Vocabulary, item_names, load};
use serde_json::json;

use crate::folder::{file_config, folder_with};

/// The items without a title, and those of a title that an item before them has, are these, as `sort | uniq -D`
/// counts them; no two names are the same, and every name survives.
fn check(dataset: &Dataset, [untitled, repeated]: [usize; 2]) -> Vocabulary {
    let names = item_names(dataset).unwrap();
    assert_eq!([names.untitled, names.repeated], [untitled, repeated]);
    assert_eq!(names.texts.iter().collect::<HashSet<_>>().len(), dataset.n_items);
    let learned = Vocabulary::learn(names.texts.iter().map(String::as_str), 2048);
    assert!(learned.len() <= 2048);
    for name in &names.texts {
        assert_eq!(learned.decode(&learned.encode(name).unwrap()), *name);
    }
    learned
}

/// 18 films stand twice in the catalogue of the smaller set.
#[test]
#[ignore = "needs the datasets in PREFSWEEP_DATA_DIR"]
fn of_movielens() {
    let folder = folder_with(&["ml-100k/u.data", "ml-100k/u.item"]);
    let dataset = load(&DatasetConfig::new(DatasetName::Ml100k), &folder).unwrap();
    let learned = check(&dataset, [0, 18]);
    for year in [1977, 1995, 1997] {
        assert_eq!(learned.encode(&format!("a ({year})")).unwrap().len(), 2);
    }
    let folder = folder_with(&["ml-1m-sasrec.txt", "ml-1m-sasrec-titles.tsv"]);
    check(&load(&DatasetConfig::new(DatasetName::Ml1m), &folder).unwrap(), [0, 0]);
}

#[test]
#[ignore = "needs the datasets in PREFSWEEP_DATA_DIR"]
fn of_beauty() {
    let folder = folder_with(&["beauty-s3rec.txt", "beauty-s3rec-titles.tsv"]);
    check(&load(&DatasetConfig::new(DatasetName::AmazonBeauty), &folder).unwrap(), [7, 28]);
}

/// A title of colons alone survives lists that are joined with colons.
#[test]
#[ignore = "needs the datasets in PREFSWEEP_DATA_DIR"]
fn of_released_lists() {
    let names = ["lastfm-cans20-val.json", "lastfm-cans20-test.json", "lastfm-cans20-train.json"];
    let folder = folder_with(&names);
    let format = json!({"candidate_lists": {"test": names[1], "train": names[2]}});
    let dataset = load(&file_config(names[0], &format, &json!({})), &folder).unwrap();
    assert_eq!((dataset.n_items, dataset.rows_bad), (4606, 0));
    assert!(dataset.item_titles.as_ref().unwrap().contains(&Some(":wumpscut:".to_owned())));
    check(&dataset, [0, 0]);
}
