//! `prefsweep run --keep-weights` and `prefsweep recommend`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use polars::prelude::{DataFrame, ParquetReader, SerReader};

use crate::place::{Workplace, numbers};

const EXPERIMENT: &str = "title: Kept
dataset: {name: synthetic, synthetic: {users: 60, items: 90}}
model: {dim: 8, blocks: 1, heads: 2, feed_forward: 8, max_len: 10}
reference: {epochs: 1}
preference: {steps: 4, learning_rate: 0.01}
sweep: {losses: [dmpo], negatives: [3], seeds: [1]}
evaluation: {every: 2}
";

fn run(place: &Workplace, more: &[&str]) -> String {
    place.file("experiment.yaml", EXPERIMENT);
    let arguments = ["run", "experiment.yaml", "--device", "flex"];
    let ended = place.run(&[&arguments, more].concat());
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    ended.stderr
}

/// The only entry of a kind.
fn entry(place: &Workplace, kind: &str) -> PathBuf {
    let folder = place.path("results/store").join(kind);
    let mut entries: Vec<PathBuf> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(entries.len(), 1);
    entries.remove(0)
}

fn id(entry: &Path) -> String {
    entry.file_name().unwrap().to_str().unwrap().to_owned()
}

/// What the header of a safetensors file says of its run.
fn facts(path: &Path) -> serde_json::Value {
    let bytes = fs::read(path).unwrap();
    let length = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    let header: serde_json::Value = serde_json::from_slice(&bytes[8..8 + length]).unwrap();
    serde_json::from_str(header["__metadata__"]["prefsweep"].as_str().unwrap()).unwrap()
}

fn parquet(path: &Path) -> DataFrame {
    ParquetReader::new(fs::File::open(path).unwrap()).finish().unwrap()
}

/// The items of every user, by their ids in the data, best first.
type Lists = BTreeMap<String, Vec<String>>;

fn lists(csv: &Path) -> Lists {
    let mut found = Lists::new();
    let mut reader = csv::Reader::from_path(csv).unwrap();
    for (user, place, item, _) in
        reader.deserialize::<(String, usize, String, f32)>().map(Result::unwrap)
    {
        let list = found.entry(user).or_default();
        list.push(item);
        assert_eq!(list.len(), place);
    }
    found
}

#[test]
fn kept_policies_recommend_what_the_evaluation_recommended() {
    let place = Workplace::new();
    run(&place, &[]);
    let before = numbers(&place.path("results"));
    let said = run(&place, &["--keep-weights"]);
    assert!(said.contains("1 run kept none and will be trained again"), "{said}");
    let kept = ["final.safetensors", "picked.safetensors", "items.csv"];
    let mut after = numbers(&place.path("results"));
    after.retain(|(name, _)| !kept.iter().any(|kept| name.ends_with(kept)));
    assert!(after == before, "weights change no number");
    let said = run(&place, &["--keep-weights"]);
    assert!(!said.contains("trained again"), "{said}");

    let cell = entry(&place, "cells");
    assert_eq!(facts(&cell.join("final.safetensors"))["step"], 4);
    // The first of the best on validation, as metrics.csv has them.
    let mut best: Option<(f64, usize)> = None;
    let mut metrics = csv::Reader::from_path(cell.join("metrics.csv")).unwrap();
    for row in metrics.records().map(Result::unwrap) {
        if [&row[1], &row[2], &row[3], &row[4]] == ["validation", "full", "ndcg", "10"] {
            let (step, value): (usize, f64) = (row[0].parse().unwrap(), row[5].parse().unwrap());
            if best.is_none_or(|(found, _)| value > found) {
                best = Some((value, step));
            }
        }
    }
    assert_eq!(facts(&cell.join("picked.safetensors"))["step"], best.unwrap().1);

    let out = place.path("lists.csv");
    let recommend = |run: &str, more: &[&str]| {
        let base = ["recommend", run, "--out", "lists.csv", "--history", "test", "--top", "20"];
        let ended = place.run(&[&base, more].concat());
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        lists(&out)
    };
    let items: Vec<String> = csv::Reader::from_path(cell.join("items.csv"))
        .unwrap()
        .deserialize()
        .map(|row: Result<(usize, String), _>| row.unwrap().1)
        .collect();
    for entry in [&cell, &entry(&place, "references")] {
        let of_run = recommend(&id(entry), &[]);
        let stored = parquet(&entry.join("lists.parquet"));
        let column = |name: &str| -> Vec<u32> {
            stored.column(name).unwrap().u32().unwrap().into_no_null_iter().collect()
        };
        let mut expected: BTreeMap<u32, Vec<String>> = BTreeMap::new();
        for (user, item) in column("user").into_iter().zip(column("item")) {
            expected.entry(user).or_default().push(items[item as usize].clone());
        }
        let mut found: Vec<Vec<String>> = of_run.into_values().collect();
        let mut expected: Vec<Vec<String>> = expected.into_values().collect();
        found.sort();
        expected.sort();
        assert_eq!(found, expected);
    }
    // Picked at another step, it recommends otherwise; the whole history leaves the test item out.
    let whole = place.run(&["recommend", &id(&cell)[..6], "--out", "whole.parquet", "--top", "3"]);
    assert_eq!(whole.code, Some(0), "{}", whole.stderr);
    assert_eq!(whole.stdout, "180 recommendations in whole.parquet\n");
    let whole = parquet(&place.path("whole.parquet"));
    assert_eq!(whole.get_column_names(), ["user", "place", "item", "score"]);
    assert_eq!(whole.height(), 180);
}

#[test]
fn what_cannot_be_recommended_from_is_said() {
    let place = Workplace::new();
    run(&place, &["--quiet"]);
    let cell = id(&entry(&place, "cells"));
    let data = id(&entry(&place, "datasets"));
    for (arguments, said) in [
        (
            [&cell[..], "--out", "lists.csv"],
            "this run kept no weights; `prefsweep run EXPERIMENT --keep-weights` trains it again and keeps them",
        ),
        (
            [&cell, "--out", "lists.txt"],
            "found a name that ends otherwise, allowed .csv and .parquet",
        ),
        (
            [&data, "--out", "lists.csv"],
            "found an entry of `datasets`, allowed a run of a loss or a reference",
        ),
        (["zzz", "--out", "lists.csv"], "no run has this id"),
    ] {
        let ended = place.run(&[&["recommend"], &arguments[..]].concat());
        assert_eq!(ended.code, Some(2), "{}", ended.stderr);
        assert!(ended.stderr.contains(said), "{}", ended.stderr);
        assert!(!place.path("lists.csv").exists());
    }
}
