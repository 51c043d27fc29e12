//! Releases with a candidate list per row, from an invented one.

use std::fs;
use std::io::Write;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use prefsweep_datasets::{Candidates, DataError, Dataset, DatasetConfig, load, sources};
use serde_json::{Value, json};

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/candidate_lists");

fn config(validation: &str, others: Value) -> DatasetConfig {
    let file = json!({"path": validation, "format": {"candidate_lists": others}});
    serde_json::from_value(json!({"name": "file", "file": file})).unwrap()
}

fn titles<'a>(dataset: &'a Dataset, items: &[u32]) -> Vec<&'a str> {
    items.iter().map(|&item| dataset.item_ids[item as usize].as_str()).collect()
}

/// History and target of an instance, as titles.
fn case<'a>(
    dataset: &'a Dataset,
    case: Option<prefsweep_datasets::Case<'_>>,
) -> Option<(Vec<&'a str>, &'a str)> {
    case.map(|case| (titles(dataset, case.history), titles(dataset, &[case.target])[0]))
}

#[test]
fn every_validation_and_test_row_is_an_instance() {
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
fn files_may_be_compressed_and_begin_with_a_byte_order_mark() {
    let config = config("val.json", json!({"test": "test.json"}));
    let folder = tempfile::tempdir().unwrap();
    let bytes = |name: &str| fs::read(Path::new(FIXTURES).join(name)).unwrap();
    fs::write(folder.path().join("val.json"), [b"\xef\xbb\xbf", &bytes("val.json")[..]].concat())
        .unwrap();
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(&bytes("test.json")).unwrap();
    fs::write(folder.path().join("test.json"), packed.finish().unwrap()).unwrap();
    assert_eq!(load(&config, folder.path()).unwrap(), load(&config, Path::new(FIXTURES)).unwrap());
}

#[test]
fn without_a_training_file_the_validation_histories_are_the_training_data() {
    let config = config("val.json", json!({"test": "test.json"}));
    let dataset = load(&config, Path::new(FIXTURES)).unwrap();
    assert_eq!(titles(&dataset, dataset.train(0)), ["Ada", "Bix", "Cuz"]);
    // Bix, Cuz, then Gil is the first test row.
    assert_eq!(titles(&dataset, dataset.train(1)), ["Bix", "Cuz"]);
    assert!(dataset.train(2).is_empty() && dataset.train(3).is_empty());
}

#[test]
fn with_a_training_file_nothing_else_is_training_data() {
    let config = config("val.json", json!({"test": "test.json", "train": "train.json"}));
    let dataset = load(&config, Path::new(FIXTURES)).unwrap();
    assert_eq!(dataset.n_users(), 7);
    assert_eq!(titles(&dataset, dataset.train(0)), ["Ada", "Bix", "Cuz"]);
    // Ada, Bix, Cuz, then Dor is the first validation row.
    assert_eq!(titles(&dataset, dataset.train(1)), ["Fay", "Ada", "Bix", "Cuz"]);
    // The whole second test row.
    assert_eq!(titles(&dataset, dataset.train(2)), ["Fay", "Ada"]);
    assert!((3..7).all(|user| dataset.train(user).is_empty()));
    assert!((0..3).all(|user| dataset.validation(user).or(dataset.test(user)).is_none()));
    let files = sources(&config, Path::new(FIXTURES)).unwrap();
    let names: Vec<_> = files.iter().map(|path| path.file_name().unwrap().to_str()).collect();
    assert_eq!(names, [Some("val.json"), Some("test.json"), Some("train.json")]);
}

/// Trained on one domain, and on a few users of the other, where all instances are.
#[test]
fn training_rows_may_come_from_several_files() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["val.json", "test.json", "train.json"] {
        fs::copy(Path::new(FIXTURES).join(name), folder.path().join(name)).unwrap();
    }
    let row = |history: &[&str], truth: &str| json!({"historyList": history, "itemList": [truth, "Uma", "Von"], "trueSelection": truth});
    let films = json!([row(&["Psi", "Rho"], "Tau"), row(&["Rho"], "Psi")]);
    fs::write(folder.path().join("films.json"), films.to_string()).unwrap();
    let with = |users: Value| {
        let also = json!([{"path": "train.json", "users": users}]);
        let others = json!({"test": "test.json", "train": "films.json", "also": also});
        config("val.json", others)
    };
    let dataset = load(&with(json!(2)), folder.path()).unwrap();
    let names = ["train 1", "train 2", "train 2: 1", "train 2: 2"];
    assert_eq!(dataset.user_ids[..4], names);
    assert_eq!(dataset.n_users(), 8);
    assert_eq!(titles(&dataset, dataset.train(0)), ["Psi", "Rho", "Tau"]);
    // Cut before what completes a row of the validation file, as in the only training file.
    assert_eq!(titles(&dataset, dataset.train(3)), ["Fay", "Ada", "Bix", "Cuz"]);
    assert!((4..8).all(|user| dataset.train(user).is_empty()));
    // The catalogue is that of both domains.
    let all = ["Tau", "Von", "Ada", "Kim"];
    assert!(all.iter().all(|title| dataset.item_ids.iter().any(|known| known == title)));
    let files = sources(&with(json!(2)), folder.path()).unwrap();
    assert!(files.iter().any(|path| path.ends_with("train.json")), "{files:?}");

    let error = load(&with(json!(4)), folder.path()).unwrap_err();
    assert!(error.is_user_error());
    let message = error.to_string();
    assert!(message.contains("train.json: 3 rows") && message.contains("first 4"), "{message}");
    let refused = |others: Value| config("val.json", others).validate().unwrap_err().to_string();
    let message = refused(json!({"test": "t", "train": "f", "also": [{"path": "x", "users": 0}]}));
    assert!(message.contains("also[0].users") && message.contains("1 or above"), "{message}");
    let message = refused(json!({"test": "t", "also": [{"path": "x"}]}));
    assert!(message.contains("beside the one of `train` only"), "{message}");
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
        (json!({"itemList": ["a", "b"], "trueSelection": "a"}), "no `historyList`"),
        (
            json!({"historyList": "x", "itemList": ["a", "b"], "trueSelection": "c"}),
            "\"c\" is not one",
        ),
        (
            json!({"historyList": "x", "itemList": ["a", "a"], "trueSelection": "a"}),
            "a duplicate candidate",
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
        assert!(message.contains("row 3 ") && message.contains(reason), "{message}");
    }
}
