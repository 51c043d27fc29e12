//! Features of items from the files beside the interactions.

use std::fs;
use std::path::{MAIN_SEPARATOR, Path};

use prefsweep_datasets::{
    Dataset, DatasetConfig, FeatureKind, FeatureValues, item_features, load, sources,
};
use serde_json::{Value, json};
use tempfile::TempDir;

/// Three users with items 7, 5, 30 and 100, all known ones.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("data.txt"), "1 7 5 30\n2 5 100 7\n3 100 30 5\n").unwrap();
    folder
}

fn config(features: &Value) -> DatasetConfig {
    let config = json!({
        "name": "file", "min_interactions": 3, "features": features,
        "file": {"path": "data.txt", "format": "sequences", "titles": {"file": "t.tsv", "format": "tsv"}},
    });
    serde_json::from_value(config).unwrap()
}

fn with(folder: &Path, features: &Value) -> Result<Dataset, String> {
    fs::write(folder.join("t.tsv"), "id\ttitle\tgenres\n5\tHeat\tCrime|Drama\n7\tHeat 2\t\n")
        .unwrap();
    load(&config(features), folder).map_err(|error| {
        assert!(error.is_user_error(), "{error}");
        error.to_string().replace(&format!("{}{MAIN_SEPARATOR}", folder.display()), "")
    })
}

/// By kind: the labels of every item.
fn labels(dataset: &Dataset, kind: FeatureKind) -> Vec<Vec<String>> {
    let features = item_features(dataset);
    let feature = features.iter().find(|feature| feature.kind == kind).unwrap();
    let FeatureValues::Labels(labels) = &*feature.values else { panic!("vectors") };
    let names = |items: &Vec<u32>| -> Vec<String> {
        items.iter().map(|&label| labels.names[label as usize].clone()).collect()
    };
    labels.of_items.iter().map(names).collect()
}

/// As spreadsheets write them.
#[test]
fn files_may_begin_with_a_byte_order_mark_and_quote_numbers() {
    let folder = folder();
    let path = folder.path();
    fs::write(path.join("a.json"), "\u{feff}{\"7\": [\"x\"]}").unwrap();
    fs::write(path.join("v.csv"), "\u{feff}\"5\",\"1\",\"-2.5\"\n").unwrap();
    fs::write(path.join("t.tsv"), "\u{feff}id\ttitle\n5\tHeat\n").unwrap();
    let config = config(&json!({"attributes": "a.json", "dense": "v.csv"}));
    let dataset = load(&config, path).unwrap();
    assert_eq!(dataset.item_titles.as_ref().unwrap()[0].as_deref(), Some("Heat"));
    assert_eq!(labels(&dataset, FeatureKind::Attributes)[1], ["x"]);
    assert_eq!(dataset.features.dense.unwrap().values[..2], [1.0, -2.5]);
}

#[test]
fn every_kind_is_found_and_survives_the_store() {
    let folder = folder();
    let path = folder.path();
    fs::write(path.join("a.json"), r#"{"7": [3, "x", 3], "100": [], "9": ["y"]}"#).unwrap();
    fs::write(path.join("v.csv"), "item,a,b\n5,1,-2.5\n100,0.5,3e-1\n8,1,1\n").unwrap();
    let features = json!({"attributes": "a.json", "dense": "v.csv"});
    let dataset = with(path, &features).unwrap();
    assert_eq!(dataset.item_ids, ["5", "7", "30", "100"]);
    let none: [&str; 0] = [];
    let expected = [&["Crime", "Drama"][..], &none, &none, &none];
    assert_eq!(labels(&dataset, FeatureKind::Genres), expected);
    let expected = [&["heat"][..], &["heat"], &none, &none];
    assert_eq!(labels(&dataset, FeatureKind::TitleWords), expected);
    let expected = [&none[..], &["3", "x"], &none, &none];
    assert_eq!(labels(&dataset, FeatureKind::Attributes), expected);
    let all = item_features(&dataset);
    let counts: Vec<_> = all.iter().map(|feature| feature.missing_and_unknown()).collect();
    assert_eq!(counts, [(3, 0), (3, 1), (2, 0), (2, 1)]);
    let FeatureValues::Vectors(vectors) = &*all[3].values else { panic!("labels") };
    assert_eq!(vectors.width, 2);
    assert_eq!(vectors.values, [1.0, -2.5, 0.0, 0.0, 0.0, 0.0, 0.5, 0.3]);

    let files = ["data.txt", "t.tsv", "a.json", "v.csv"].map(|name| path.join(name));
    assert_eq!(sources(&config(&features), path).unwrap(), files);
    let stored = path.join("stored");
    dataset.write(&stored).unwrap();
    assert_eq!(Dataset::read(&stored).unwrap(), dataset);
    assert_eq!(dataset.fingerprint, with(path, &Value::Null).unwrap().fingerprint);
}

#[test]
fn files_that_cannot_be_used_say_where() {
    let folder = folder();
    let vectors = |text: &str| {
        fs::write(folder.path().join("v.tsv"), text).unwrap();
        with(folder.path(), &json!({"dense": "v.tsv"})).unwrap_err()
    };
    for (text, said) in [
        ("5\t1\t2\n7\t1\n", "v.tsv, line 2: found a vector of length 1, allowed 2, as on line 1"),
        ("id\ta\n5\t1\n\n7\tx\n", "v.tsv, line 4: found \"x\", allowed a finite number"),
        ("5\t1\n7\tinf\n", "v.tsv, line 2: found \"inf\", allowed a finite number"),
        ("5\t1\n5\t2\n", "v.tsv, line 2: a second vector of item \"5\", after that of line 1"),
        (
            "5 1\n",
            "v.tsv, line 1: found \"5 1\", allowed an item's id and numbers, separated by tabs or commas",
        ),
        ("id\ta\n", "v.tsv is empty: at least one row is needed"),
        (
            "55\t1\n",
            "v.tsv: it has none of the items of the dataset, as \"5\" is one; it is the file of other data",
        ),
    ] {
        assert_eq!(vectors(text), said);
    }
    let attributes = |text: &str| {
        fs::write(folder.path().join("a.json"), text).unwrap();
        with(folder.path(), &json!({"attributes": "a.json"})).unwrap_err()
    };
    assert_eq!(attributes("{\"5\":\n 3}"), "a.json, line 2, column 3: found `3`, allowed a list");
    assert!(attributes("{\"6\": [1]}").starts_with("a.json: it has none of the items"));
    assert!(
        with(folder.path(), &json!({"dense": "no.tsv"}))
            .unwrap_err()
            .contains("cannot read no.tsv")
    );
    let empty = with(folder.path(), &json!({"dense": ""})).unwrap_err();
    assert!(empty.starts_with("features.dense: found an empty string"), "{empty}");
}

/// What stands in for images says something of what users like.
#[test]
fn generated_items_have_vectors_near_their_latents() {
    let config = json!({"name": "synthetic", "synthetic": {"users": 30, "items": 90}});
    let dataset = load(&serde_json::from_value(config).unwrap(), Path::new(".")).unwrap();
    let dense = dataset.features.dense.as_ref().unwrap();
    assert_eq!((dense.width, dense.values.len(), dense.missing), (8, 90 * 8, 0));
    let mean_square =
        dense.values.iter().map(|value| value * value).sum::<f32>() / dense.values.len() as f32;
    // Variance 1 of the latents and a quarter of the noise.
    assert!((mean_square - 1.25).abs() < 0.25, "{mean_square}");
}
