//! Preprocessing of small files that the tests write.

use std::collections::HashMap;
use std::fs;

use prefsweep_datasets::{DataError, Dataset, DatasetConfig, load};
use proptest::prelude::*;
use serde_json::{Value, json};

/// Loads `rows` (user, item, rating, time) with further settings.
fn load_rows(rows: &[(u32, u32, u32, u32)], settings: Value) -> Result<Dataset, DataError> {
    let folder = tempfile::tempdir().unwrap();
    let text: String = rows
        .iter()
        .map(|(user, item, rating, time)| format!("{user}\t{item}\t{rating}\t{time}\n"))
        .collect();
    fs::write(folder.path().join("rows.tsv"), text).unwrap();
    let mut config = json!({
        "name": "file",
        "file": {"path": "rows.tsv", "format": "movielens_tab"},
        "min_interactions": 3,
    });
    config.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone());
    let config: DatasetConfig = serde_json::from_value(config).unwrap();
    load(&config, folder.path())
}

/// Sequences in original ids.
fn sequences(dataset: &Dataset) -> HashMap<&str, Vec<&str>> {
    let name = |item: &u32| dataset.item_ids[*item as usize].as_str();
    let sequences = dataset.sequences.iter().map(|sequence| sequence.iter().map(name).collect());
    dataset.user_ids.iter().map(String::as_str).zip(sequences).collect()
}

/// Users 1 to `users`, each with items 1 to 6 in order.
fn block(users: u32) -> Vec<(u32, u32, u32, u32)> {
    (1..=users).flat_map(|user| (1..=6).map(move |item| (user, item, item % 5 + 1, item))).collect()
}

#[test]
fn low_ratings_are_dropped_before_anything_is_counted() {
    let rows = block(2);
    // Ratings of items 1 to 6: 2, 3, 4, 5, 1, 2.
    let dataset = load_rows(&rows, json!({"min_rating": 3})).unwrap();
    assert_eq!(sequences(&dataset)["1"], ["2", "3", "4"]);
    assert_eq!((dataset.rows_read, dataset.rows_bad, dataset.rows_dropped), (12, 0, 6));
    let error = load_rows(&rows, json!({"min_rating": 4})).unwrap_err();
    assert!(matches!(error, DataError::NoUsers { longest: 2, .. }), "{error}");
    let error = load_rows(&rows, json!({"min_rating": 6})).unwrap_err();
    assert!(error.to_string().contains("no row has a rating of 6 or more"), "{error}");
}

#[test]
fn a_low_rating_does_not_hide_a_later_high_one() {
    let rows = [(1, 1, 1, 1), (1, 2, 5, 2), (1, 3, 5, 3), (1, 1, 5, 4)];
    let dataset = load_rows(&rows, json!({"min_rating": 5})).unwrap();
    assert_eq!(sequences(&dataset)["1"], ["2", "3", "1"]);
}

#[test]
fn the_first_or_the_last_repetition_is_kept() {
    let rows = [(1, 1, 5, 1), (1, 2, 5, 2), (1, 3, 5, 3), (1, 1, 5, 4), (1, 2, 5, 5)];
    let first = load_rows(&rows, json!({})).unwrap();
    assert_eq!(sequences(&first)["1"], ["1", "2", "3"]);
    let last = load_rows(&rows, json!({"repeats": "last"})).unwrap();
    assert_eq!(sequences(&last)["1"], ["3", "1", "2"]);
    assert_eq!((last.rows_read, last.rows_dropped), (5, 2));
}

#[test]
fn items_and_users_with_few_interactions_are_dropped_together() {
    let mut rows = block(3);
    // User 4 has three items, one of them nobody else's: below 3 without it.
    rows.extend([(4, 1, 5, 1), (4, 2, 5, 2), (4, 9, 5, 3)]);
    let all = load_rows(&rows, json!({})).unwrap();
    assert_eq!((all.n_users(), all.n_items), (4, 7));
    let core = load_rows(&rows, json!({"k_core": 3})).unwrap();
    assert_eq!(core.user_ids, ["1", "2", "3"]);
    assert_eq!(core.item_ids, ["1", "2", "3", "4", "5", "6"]);
    let error = load_rows(&rows, json!({"k_core": 5})).unwrap_err();
    assert!(error.is_user_error());
    assert!(error.to_string().contains("lower k_core"), "{error}");
}

#[test]
fn long_histories_lose_their_start() {
    let dataset = load_rows(&block(2), json!({"max_history": 4})).unwrap();
    assert_eq!(sequences(&dataset)["2"], ["3", "4", "5", "6"]);
    assert_eq!(dataset.item_ids, ["3", "4", "5", "6"]);
    assert_eq!(dataset.rows_dropped, 4);
}

#[test]
fn sampled_users_are_seeded_and_nested() {
    let rows = block(40);
    let users = |count: usize, seed: u64| {
        let settings = json!({"sample_users": {"count": count, "seed": seed}});
        load_rows(&rows, settings).unwrap().user_ids
    };
    let few = users(10, 1);
    assert_eq!(few.len(), 10);
    assert_eq!(few, users(10, 1));
    assert_ne!(few, users(10, 2));
    let more = users(20, 1);
    assert!(few.iter().all(|user| more.contains(user)));
    let number = |user: &String| user.parse::<u32>().unwrap();
    assert!(more.is_sorted_by_key(number));
    let all = load_rows(&rows, json!({})).unwrap();
    assert_eq!(load_rows(&rows, json!({"sample_users": {"count": 40}})).unwrap(), all);
    let error = load_rows(&rows, json!({"sample_users": {"count": 41}})).unwrap_err();
    assert!(error.to_string().contains("40 users are left"), "{error}");
}

#[test]
fn users_not_sampled_leave_no_items_behind() {
    // Every user has items of their own.
    let rows: Vec<_> = (1..=5)
        .flat_map(|user| (0..3).map(move |item| (user, 10 * user + item, 5, item)))
        .collect();
    let dataset = load_rows(&rows, json!({"sample_users": {"count": 2}})).unwrap();
    assert_eq!((dataset.n_users(), dataset.n_items, dataset.rows_dropped), (2, 6, 9));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    /// Every promise of the steps at once, on random rows with many ties and repetitions.
    #[test]
    fn promises_hold(
        rows in proptest::collection::vec((0_u32..8, 0_u32..8, 1_u32..6, 0_u32..10), 30..150),
        k_core in 1_usize..5,
        max_history in 3_usize..8,
        min_rating in 1_u32..4,
    ) {
        let settings = json!({"k_core": k_core, "min_rating": min_rating});
        let Ok(whole) = load_rows(&rows, settings.clone()) else { return Ok(()) };
        let mut per_item = vec![0; whole.n_items];
        for sequence in &whole.sequences {
            prop_assert!(sequence.len() >= 3.max(k_core));
            for &item in sequence {
                per_item[item as usize] += 1;
            }
        }
        prop_assert!(per_item.iter().all(|&count| count >= k_core));

        // The order is that of a stable sort of the rows that are rated high enough.
        let mut high: Vec<_> = rows.iter().filter(|row| row.2 >= min_rating).collect();
        high.sort_by_key(|row| row.3);
        for (user, items) in sequences(&whole) {
            let mut expected: Vec<String> = Vec::new();
            for row in high.iter().filter(|row| row.0.to_string() == user) {
                let item = row.1.to_string();
                if whole.item_ids.contains(&item) && !expected.contains(&item) {
                    expected.push(item);
                }
            }
            prop_assert_eq!(items, expected);
        }

        let mut settings = settings;
        settings["max_history"] = json!(max_history);
        let short = load_rows(&rows, settings).unwrap();
        let (whole, short) = (sequences(&whole), sequences(&short));
        prop_assert_eq!(whole.len(), short.len());
        for (user, items) in whole {
            prop_assert_eq!(&short[user], &items[items.len().saturating_sub(max_history)..]);
        }
    }
}
