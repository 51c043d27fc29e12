//! Candidate lists: unseen, distinct, reproducible and uniform.

use std::collections::HashSet;

use prefsweep_datasets::{CandidateConfig, Candidates, DataError, Dataset, Item};
use proptest::prelude::*;

fn dataset(n_items: usize, sequences: Vec<Vec<Item>>) -> Dataset {
    let mut dataset = Dataset {
        name: "toy".into(),
        n_items,
        user_ids: (0..sequences.len()).map(|user| format!("u{user}")).collect(),
        item_ids: (0..n_items).map(|item| format!("i{item}")).collect(),
        rows_read: sequences.iter().map(Vec::len).sum(),
        sequences,
        ..Dataset::default()
    };
    dataset.fingerprint = dataset.content_fingerprint();
    dataset
}

fn sample(dataset: &Dataset, negatives: usize, seed: u64) -> Result<Candidates, DataError> {
    Candidates::sample(dataset, &CandidateConfig { negatives, seed })
}

proptest! {
    #[test]
    fn candidates_are_unseen_distinct_and_nested(
        seed in any::<u64>(),
        negatives in 1_usize..20,
        histories in prop::collection::vec(
            prop::sample::subsequence((0..40).collect::<Vec<Item>>(), 3..=20).prop_shuffle(),
            1..6,
        ),
    ) {
        let dataset = dataset(40, histories);
        let candidates = sample(&dataset, negatives, seed).unwrap();
        prop_assert_eq!(&candidates, &sample(&dataset, negatives, seed).unwrap());
        let longer = sample(&dataset, 20, seed).unwrap();
        for (user, list) in candidates.negatives.iter().enumerate() {
            let history: HashSet<_> = dataset.sequences[user].iter().collect();
            prop_assert_eq!(list.len(), negatives);
            prop_assert_eq!(list.iter().collect::<HashSet<_>>().len(), negatives);
            prop_assert!(list.iter().all(|item| *item < 40 && !history.contains(item)));
            prop_assert_eq!(&list[..], &longer.negatives[user][..negatives]);
        }
    }
}

#[test]
fn every_unseen_item_is_equally_likely() {
    let (users, negatives) = (8000, 5);
    let dataset = dataset(23, vec![vec![4, 9, 20]; users]);
    let candidates = sample(&dataset, negatives, 1).unwrap();
    for position in 0..negatives {
        let mut counts = [0.0_f64; 23];
        for list in &candidates.negatives {
            counts[list[position] as usize] += 1.0;
        }
        assert_eq!((counts[4], counts[9], counts[20]), (0.0, 0.0, 0.0));
        let expected = users as f64 / 20.0;
        let unseen = (0..23).filter(|item| ![4, 9, 20].contains(item));
        let chi_square: f64 = unseen.map(|item| (counts[item] - expected).powi(2) / expected).sum();
        // 19 degrees of freedom: p = 0.001 at 43.8.
        assert!(chi_square < 43.8, "position {position}: {chi_square}");
    }
}

#[test]
fn seed_and_dataset_change_the_fingerprint() {
    let first = dataset(30, vec![vec![0, 1, 2]; 4]);
    let base = sample(&first, 5, 0).unwrap();
    assert_ne!(base.fingerprint, sample(&first, 5, 1).unwrap().fingerprint);
    assert_ne!(base.fingerprint, sample(&first, 6, 0).unwrap().fingerprint);
    let second = dataset(30, vec![vec![2, 1, 0]; 4]);
    assert_ne!(base.fingerprint, sample(&second, 5, 0).unwrap().fingerprint);
}

#[test]
fn users_do_not_share_their_draws() {
    let candidates = sample(&dataset(500, vec![vec![0, 1, 2]; 2]), 19, 0).unwrap();
    assert_ne!(candidates.negatives[0], candidates.negatives[1]);
}

#[test]
fn too_small_a_catalogue_is_a_user_error() {
    let dataset = dataset(8, vec![vec![0, 1, 2], vec![0, 1, 2, 3]]);
    assert!(sample(&dataset, 4, 0).is_ok());
    let error = sample(&dataset, 5, 0).unwrap_err();
    assert!(error.is_user_error());
    assert_eq!(
        error.to_string(),
        "user \"u1\" has 4 unseen items; dataset.candidates.negatives needs 5"
    );
}
