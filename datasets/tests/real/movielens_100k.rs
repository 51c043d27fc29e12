//! MovieLens 100K: published statistics, sequences, candidates and titles.

use std::collections::HashSet;

use prefsweep_datasets::{
    CandidateConfig, Candidates, Dataset, DatasetConfig, DatasetName, load, statistics,
};

use crate::folder::folder_with;
use crate::sequences::checksum;

fn real() -> Dataset {
    let folder = folder_with(&["ml-100k/u.data", "ml-100k/u.item"]);
    load(&DatasetConfig::new(DatasetName::Ml100k), &folder).unwrap()
}

#[test]
#[ignore = "needs the datasets in PREFSWEEP_DATA_DIR"]
fn statistics_are_the_published_ones() {
    let dataset = real();
    let statistics = statistics(&dataset);
    assert_eq!((statistics.users, statistics.items), (943, 1682));
    assert_eq!(statistics.interactions, 100_000);
    assert_eq!((statistics.min_length, statistics.max_length), (20, 737));
    assert_eq!(statistics.median_length, 65.0);
    assert!((statistics.density - 0.063_047).abs() < 1e-6);
    assert_eq!((dataset.rows_read, dataset.rows_bad, dataset.rows_dropped), (100_000, 0, 0));
    assert_eq!(dataset.user_ids.first().map(String::as_str), Some("1"));
    assert_eq!(dataset.item_ids.last().map(String::as_str), Some("1682"));
    assert_eq!(
        dataset.fingerprint,
        "d519e10edb2b09ffb3206ddcbaa4fb830c133152d13c52b6a15a2aedfc93c875"
    );
}

#[test]
#[ignore = "needs the datasets in PREFSWEEP_DATA_DIR"]
fn sequences_are_those_of_an_independent_script() {
    let dataset = real();
    assert_eq!(checksum(dataset.sequences.iter().flatten()), 696_955_050_799_517_995);
    assert_eq!(dataset.sequences[0][..5], [167, 171, 164, 155, 195]);
    assert!((statistics(&dataset).popularity_gini - 0.628_999_631_391_201).abs() < 1e-12);
}

#[test]
#[ignore = "needs the datasets in PREFSWEEP_DATA_DIR"]
fn min_rating_keeps_the_high_ratings() {
    let folder = folder_with(&["ml-100k/u.data"]);
    let config = DatasetConfig { min_rating: Some(4.0), ..DatasetConfig::new(DatasetName::Ml100k) };
    let dataset = load(&config, &folder).unwrap();
    assert_eq!((dataset.n_users(), dataset.n_items, dataset.n_interactions()), (938, 1447, 55_361));
    assert_eq!((dataset.rows_read, dataset.rows_dropped), (100_000, 44_639));
    assert_eq!(checksum(dataset.sequences.iter().flatten()), 931_065_449_148_086_858);
}

#[test]
#[ignore = "needs the datasets in PREFSWEEP_DATA_DIR"]
fn titles_are_latin_1() {
    let dataset = real();
    let titles = dataset.item_titles.unwrap();
    for (id, title) in [
        ("1", "Toy Story (1995)"),
        ("543", "Misérables, Les (1995)"),
        ("1104", "C'est arrivé près de chez vous (1992)"),
    ] {
        let item = dataset.item_ids.iter().position(|other| other == id).unwrap();
        assert_eq!(titles[item].as_deref(), Some(title));
    }
}

#[test]
#[ignore = "needs the datasets in PREFSWEEP_DATA_DIR"]
fn no_target_is_in_its_history() {
    let dataset = real();
    for (user, sequence) in dataset.sequences.iter().enumerate() {
        let distinct: HashSet<_> = sequence.iter().collect();
        assert_eq!(distinct.len(), sequence.len());
        assert!(!dataset.train(user).contains(&dataset.validation(user).unwrap().target));
        assert!(!dataset.train(user).contains(&dataset.test(user).unwrap().target));
    }
}

#[test]
#[ignore = "needs the datasets in PREFSWEEP_DATA_DIR"]
fn every_user_has_candidates() {
    let candidates = Candidates::sample(&real(), &CandidateConfig::default()).unwrap();
    assert_eq!(candidates.negatives.len(), 943);
    assert!(candidates.negatives.iter().all(|negatives| negatives.len() == 19));
}
