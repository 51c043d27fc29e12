//! Releases with a list of candidates per row: an invented one, and real files where they are.

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use prefsweep_datasets::{Candidates, DataError, Dataset, DatasetConfig, load, sources};
use serde_json::{Value, json};

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/candidate_lists");
const REAL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/datasets");

fn config(validation: &str, others: Value) -> DatasetConfig {
    let file = json!({"path": validation, "format": {"candidate_lists": others}});
    serde_json::from_value(json!({"name": "file", "file": file})).unwrap()
}

fn titles<'a>(dataset: &'a Dataset, items: &[u32]) -> Vec<&'a str> {
    items.iter().map(|&item| dataset.item_ids[item as usize].as_str()).collect()
}

/// History and target of a case in titles.
fn case<'a>(
    dataset: &'a Dataset,
    case: Option<prefsweep_datasets::Case<'_>>,
) -> Option<(Vec<&'a str>, &'a str)> {
    case.map(|case| (titles(dataset, case.history), titles(dataset, &[case.target])[0]))
}

#[test]
fn rows_for_validation_and_test_have_a_case_each() {
    let config = config("val.json", json!({"test": "test.json"}));
    let dataset = load(&config, Path::new(FIXTURES)).unwrap();
    assert_eq!(dataset.user_ids, ["validation 1", "validation 2", "test 1", "test 2"]);
    assert!(dataset.item_ids.is_sorted());
    let validation = |user| case(&dataset, dataset.validation(user));
    let test = |user| case(&dataset, dataset.test(user));
    assert_eq!(validation(0), Some((vec!["Ada", "Bix", "Cuz"], "Dor")));
    assert_eq!(validation(1), Some((vec!["Bix", "Cuz", "Gil", "Hal"], "Ivy")));
    assert_eq!(test(2), Some((vec!["Bix", "Cuz"], "Gil")));
    assert_eq!(test(3), Some((vec!["Fay", "Ada"], "Kim")));
    assert_eq!([test(0), test(1), validation(2), validation(3)], [const { None }; 4]);

    let candidates = Candidates::sample(&dataset, &config.candidates).unwrap();
    let lists: Vec<_> = candidates.negatives.iter().map(|list| titles(&dataset, list)).collect();
    assert_eq!(lists, [["Eno", "Fay"], ["Eno", "Ada"], ["Jo", "Ada"], ["Bix", "Hal"]]);
}

#[test]
fn without_a_file_for_training_the_histories_for_validation_are_trained_on() {
    let config = config("val.json", json!({"test": "test.json"}));
    let dataset = load(&config, Path::new(FIXTURES)).unwrap();
    assert_eq!(titles(&dataset, dataset.train(0)), ["Ada", "Bix", "Cuz"]);
    // Bix, Cuz, then Gil is the first row of the test.
    assert_eq!(titles(&dataset, dataset.train(1)), ["Bix", "Cuz"]);
    assert!(dataset.train(2).is_empty() && dataset.train(3).is_empty());
}

#[test]
fn with_a_file_for_training_nothing_else_is_trained_on() {
    let config = config("val.json", json!({"test": "test.json", "train": "train.json"}));
    let dataset = load(&config, Path::new(FIXTURES)).unwrap();
    assert_eq!(dataset.n_users(), 7);
    assert_eq!(titles(&dataset, dataset.train(0)), ["Ada", "Bix", "Cuz"]);
    // Ada, Bix, Cuz, then Dor is the first row for validation.
    assert_eq!(titles(&dataset, dataset.train(1)), ["Fay", "Ada", "Bix", "Cuz"]);
    // The second row of the test as a whole.
    assert_eq!(titles(&dataset, dataset.train(2)), ["Fay", "Ada"]);
    assert!((3..7).all(|user| dataset.train(user).is_empty()));
    assert!((0..3).all(|user| dataset.validation(user).or(dataset.test(user)).is_none()));
    let files = sources(&config, Path::new(FIXTURES)).unwrap();
    let names: Vec<_> = files.iter().map(|path| path.file_name().unwrap().to_str()).collect();
    assert_eq!(names, [Some("val.json"), Some("test.json"), Some("train.json")]);
}

#[test]
fn a_stored_release_is_the_release() {
    let config = config("val.json", json!({"test": "test.json"}));
    let dataset = load(&config, Path::new(FIXTURES)).unwrap();
    let folder = tempfile::tempdir().unwrap();
    dataset.write(folder.path()).unwrap();
    assert_eq!(Dataset::read(folder.path()).unwrap(), dataset);
}

#[test]
fn malformed_rows_say_what_is_wrong() {
    for (row, reason) in [
        (json!({"itemList": ["a", "b"], "trueSelection": "a"}), "missing field `historyList`"),
        (
            json!({"historyList": "x", "itemList": ["a", "b"], "trueSelection": "c"}),
            "\"c\" is not one",
        ),
        (
            json!({"historyList": "x", "itemList": ["a", "a"], "trueSelection": "a"}),
            "a candidate twice",
        ),
        (json!({"historyList": "", "itemList": ["a", "b"], "trueSelection": "a"}), "no history"),
        (json!({"historyList": [], "itemList": ["a", "b"], "trueSelection": "a"}), "no history"),
        (
            json!({"historyList": "x", "itemList": ["a", "b"], "trueSelection": "a"}),
            "2 candidates instead of 3",
        ),
    ] {
        let folder = tempfile::tempdir().unwrap();
        fs::copy(Path::new(FIXTURES).join("test.json"), folder.path().join("test.json")).unwrap();
        let text = fs::read_to_string(Path::new(FIXTURES).join("val.json")).unwrap();
        let mut rows: Vec<Value> = serde_json::from_str(&text).unwrap();
        rows.push(row);
        fs::write(folder.path().join("val.json"), json!(rows).to_string()).unwrap();
        let result = load(&config("val.json", json!({"test": "test.json"})), folder.path());
        let error = result.unwrap_err();
        assert!(error.is_user_error() && matches!(error, DataError::BadRows { .. }));
        let message = error.to_string();
        assert!(message.contains("val.json: 1 of 3 rows are malformed"), "{message}");
        assert!(message.contains("line 3 ") && message.contains(reason), "{message}");
    }
}

#[test]
fn the_released_sample() {
    let folder = Path::new(REAL);
    let names = ["lastfm-cans20-val.json", "lastfm-cans20-test.json"];
    if names.iter().any(|name| !folder.join(name).is_file()) {
        eprintln!("skipped: no {} in {REAL}", names.join(" and "));
        return;
    }
    let config = config(names[0], json!({"test": names[1]}));
    let dataset = load(&config, folder).unwrap();
    // Rows and titles as an independent script counts them.
    assert_eq!((dataset.n_users(), dataset.n_items, dataset.rows_bad), (2767 + 2495, 4606, 0));
    let candidates = Candidates::sample(&dataset, &config.candidates).unwrap();
    let mut user = 0;
    for (part, name) in names.iter().enumerate() {
        let rows: Vec<Value> =
            serde_json::from_str(&fs::read_to_string(folder.join(name)).unwrap()).unwrap();
        for row in rows {
            let cases = [dataset.validation(user), dataset.test(user)];
            assert_eq!(cases[1 - part], None);
            let (history, target) = case(&dataset, cases[part]).unwrap();
            assert_eq!(history.join("::"), row["historyList"].as_str().unwrap());
            assert_eq!(target, row["trueSelection"].as_str().unwrap());
            let list: HashSet<&str> =
                row["itemList"].as_array().unwrap().iter().map(|t| t.as_str().unwrap()).collect();
            let mut ranked: HashSet<&str> =
                titles(&dataset, &candidates.negatives[user]).into_iter().collect();
            assert_eq!(ranked.len(), 19);
            ranked.insert(target);
            assert_eq!(ranked, list);
            user += 1;
        }
    }
    // No trained sequence holds the whole of a row of the test.
    let hidden: HashSet<&[u32]> =
        (2767..user).map(|user| dataset.sequences[user].as_slice()).collect();
    let mut cut = 0;
    for user in 0..2767 {
        let trained = dataset.train(user);
        cut += usize::from(trained.len() + 1 < dataset.sequences[user].len());
        for start in 0..trained.len() {
            assert!((start + 1..=trained.len()).all(|end| !hidden.contains(&trained[start..end])));
        }
    }
    // As the same script finds them.
    assert_eq!(cut, 16);
}
