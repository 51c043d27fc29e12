//! The real MovieLens 100K file, where it is at hand.

use std::collections::HashSet;
use std::path::Path;

use prefsweep_datasets::{
    CandidateConfig, Candidates, Dataset, DatasetConfig, DatasetName, load, statistics,
};

fn real() -> Option<Dataset> {
    let data_dir = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/datasets"));
    if !data_dir.join("ml-100k.inter").exists() {
        eprintln!("skipped: no ml-100k.inter in {}", data_dir.display());
        return None;
    }
    Some(load(&DatasetConfig::new(DatasetName::Ml100k), data_dir).unwrap())
}

#[test]
fn statistics_are_the_published_ones() {
    let Some(dataset) = real() else { return };
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

/// Σ over all positions in order of c ← (31 c + item + 1) mod 2⁶¹, computed by an independent script
/// that sorts each user's rows by (timestamp, row) and takes item ids minus one.
#[test]
fn sequences_are_those_of_an_independent_script() {
    let Some(dataset) = real() else { return };
    let items = dataset.sequences.iter().flatten();
    let checksum = items.fold(0_u64, |sum, &item| {
        ((u128::from(sum) * 31 + u128::from(item) + 1) % (1 << 61)) as u64
    });
    assert_eq!(checksum, 696_955_050_799_517_995);
    assert_eq!(dataset.sequences[0][..5], [167, 171, 164, 155, 195]);
    assert!((statistics(&dataset).popularity_gini - 0.628_999_631_391_201).abs() < 1e-12);
}

#[test]
fn no_user_sees_an_item_twice() {
    let Some(dataset) = real() else { return };
    for (user, sequence) in dataset.sequences.iter().enumerate() {
        let distinct: HashSet<_> = sequence.iter().collect();
        assert_eq!(distinct.len(), sequence.len());
        assert!(!dataset.train(user).contains(&dataset.validation(user).unwrap().target));
        assert!(!dataset.train(user).contains(&dataset.test(user).unwrap().target));
    }
}

#[test]
fn every_user_gets_candidates() {
    let Some(dataset) = real() else { return };
    let candidates = Candidates::sample(&dataset, &CandidateConfig::default()).unwrap();
    assert_eq!(candidates.negatives.len(), 943);
    assert!(candidates.negatives.iter().all(|negatives| negatives.len() == 19));
}
