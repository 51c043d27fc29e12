//! The numbers in `results/reference` follow from the ranks beside them: metrics and differences are computed here
//! again, with code that shares nothing with the report's.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use polars::prelude::*;
use serde_json::Value;

/// Expected rank of every user and how many items share it, by run.
type Ranks = BTreeMap<String, BTreeMap<u32, Tied>>;
type Tied = (f64, u32);

/// Folders of results of the current format.
fn folders() -> Vec<PathBuf> {
    let reference = Path::new(env!("CARGO_MANIFEST_DIR")).join("../results/reference");
    let mut folders: Vec<PathBuf> =
        fs::read_dir(reference).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.retain(|folder| {
        let verdict = fs::read_to_string(folder.join("verdict.json")).unwrap_or_default();
        let format =
            serde_json::from_str::<Value>(&verdict).ok().map(|found| found["format"].clone());
        format == Some(5.into())
    });
    folders.sort();
    assert!(!folders.is_empty(), "no committed results of the current format");
    folders
}

fn table(path: &Path) -> DataFrame {
    let file = File::open(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    ParquetReader::new(file).finish().unwrap()
}

fn texts(frame: &DataFrame, name: &str) -> Vec<String> {
    let column = frame.column(name).unwrap().str().unwrap().clone();
    column.iter().map(|text| text.unwrap_or_default().to_owned()).collect()
}

/// HR or NDCG at a cut-off, the mean over the places that tied items share.
fn gain(metric: &str, cutoff: f64, (rank, ties): Tied) -> Option<f64> {
    let places = f64::from(ties) + 1.0;
    let worst = rank + f64::from(ties) / 2.0;
    let gains = (0..=ties).map(|better| gain_at(metric, cutoff, worst - f64::from(better)));
    Some(gains.sum::<Option<f64>>()? / places)
}

fn gain_at(metric: &str, cutoff: f64, rank: f64) -> Option<f64> {
    let hit = rank <= cutoff;
    match metric {
        "hr" => Some(f64::from(u8::from(hit))),
        "ndcg" => Some(if hit { std::f64::consts::LN_2 / (rank + 1.0).ln() } else { 0.0 }),
        _ => None,
    }
}

fn mean(ranks: &BTreeMap<u32, Tied>, metric: &str, cutoff: f64) -> Option<f64> {
    let gains: Option<Vec<f64>> = ranks.values().map(|rank| gain(metric, cutoff, *rank)).collect();
    gains.map(|gains| gains.iter().sum::<f64>() / gains.len() as f64)
}

/// Of every row. Exports of before ties were counted took the expected rank for the rank itself, as if nothing tied.
fn tied(frame: &DataFrame) -> Vec<Tied> {
    let rank = frame.column("rank").unwrap().f32().unwrap();
    let ties = frame.column("ties").ok().map(|column| column.u32().unwrap());
    let of_row = |row| {
        let ties = ties.and_then(|ties| ties.get(row)).unwrap_or(0);
        (f64::from(rank.get(row).unwrap()), ties)
    };
    (0..frame.height()).map(of_row).collect()
}

/// Ranks at the end of training on the test split, of a protocol.
fn at_end(folder: &Path, protocol: &str) -> Ranks {
    let frame = table(&folder.join("ranks.parquet"));
    let (id, of) = (texts(&frame, "id"), texts(&frame, "protocol"));
    let user = frame.column("user").unwrap().u32().unwrap().clone();
    let tied = tied(&frame);
    let mut ranks = Ranks::new();
    for row in (0..frame.height()).filter(|row| of[*row] == protocol) {
        let of_run = ranks.entry(id[row].clone()).or_default();
        of_run.insert(user.get(row).unwrap(), tied[row]);
    }
    ranks
}

fn close(found: f64, expected: f64, what: &str) {
    assert!((found - expected).abs() < 1e-9, "{what}: {found} is not {expected}");
}

#[test]
fn metrics_follow_from_ranks() {
    let mut compared = 0;
    for folder in folders() {
        let frame = table(&folder.join("metrics.parquet"));
        let words = ["id", "split", "protocol", "metric"].map(|name| texts(&frame, name));
        let cutoff = frame.column("cutoff").unwrap().u32().unwrap().clone();
        let value = frame.column("value").unwrap().f64().unwrap().clone();
        let ranks: BTreeMap<&str, Ranks> =
            ["full", "candidates"].map(|protocol| (protocol, at_end(&folder, protocol))).into();
        for row in 0..frame.height() {
            let [id, split, protocol, metric] = words.each_ref().map(|column| column[row].as_str());
            let of_run = ranks.get(protocol).and_then(|ranks| ranks.get(id));
            let (Some(of_run), "test", Some(k)) = (of_run, split, cutoff.get(row)) else {
                continue;
            };
            let Some(found) = mean(of_run, metric, f64::from(k)) else { continue };
            close(
                found,
                value.get(row).unwrap(),
                &format!("{} {id} {metric}@{k}", folder.display()),
            );
            compared += 1;
        }
    }
    assert!(compared > 1000, "{compared} metrics");
}

/// The runs of a loss at K, by seed.
fn runs(folder: &Path) -> BTreeMap<(String, u64), BTreeMap<u64, String>> {
    let frame = table(&folder.join("metrics.parquet"));
    let (id, key) = (texts(&frame, "id"), texts(&frame, "key"));
    let mut runs: BTreeMap<(String, u64), BTreeMap<u64, String>> = BTreeMap::new();
    for (id, key) in id.into_iter().zip(key) {
        let key: Value = serde_json::from_str(&key).unwrap_or_default();
        if let (Some(k), Some(seed)) = (key["negatives"].as_u64(), key["seed"].as_u64()) {
            let series = series(&key["loss"], &key["axes"]);
            runs.entry((series, k)).or_default().insert(seed, id);
        }
    }
    runs
}

/// A loss and the values on the axes as one text.
fn series(loss: &Value, axes: &Value) -> String {
    let axes = if axes.is_null() { Value::Object(serde_json::Map::new()) } else { axes.clone() };
    format!("{loss} {axes}")
}

#[test]
fn differences_follow_from_ranks() {
    let mut compared = 0;
    for folder in folders() {
        let text = fs::read_to_string(folder.join("verdict.json")).unwrap();
        let verdict: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(verdict["measure"], "NDCG@10");
        // Seeds on which settings are chosen are in no result.
        let choosing: Vec<u64> =
            serde_json::from_value(verdict["tuned"]["seeds"].clone()).unwrap_or_default();
        let (mut runs, end) = (runs(&folder), at_end(&folder, "full"));
        for by_seed in runs.values_mut() {
            by_seed.retain(|seed, _| !choosing.contains(seed));
        }
        let selected = selected(&folder);
        for claim in verdict["claims"].as_array().unwrap() {
            let side = |name: &str| {
                let side = &claim[name];
                let series = series(&side["series"]["loss"], &side["series"]["axes"]);
                &runs[&(series, side["negatives"].as_u64().unwrap())]
            };
            for (reading, by) in
                [("at_end", ""), ("at_picked", "ndcg"), ("at_picked_by_loss", "loss")]
            {
                let Some(stored) = claim.get(reading).filter(|found| found.is_object()) else {
                    continue;
                };
                let ranks = |id: &String| {
                    let picked = selected.get(&(by.to_owned(), id.clone()));
                    picked.unwrap_or_else(|| &end[id])
                };
                let means = ["before", "after"].map(|name| {
                    let of_seed =
                        side(name).values().map(|id| mean(ranks(id), "ndcg", 10.0).unwrap());
                    let all: Vec<f64> = of_seed.collect();
                    all.iter().sum::<f64>() / all.len() as f64
                });
                let number = |name: &str| stored[name].as_f64().unwrap();
                let what = format!("{} {reading} {claim}", folder.display());
                close(means[0], number("before"), &what);
                close(means[1], number("after"), &what);
                close(means[1] - means[0], number("difference"), &what);
                let (low, high) = (&stored["interval"][0], &stored["interval"][1]);
                assert!(low.as_f64().unwrap() <= number("difference"), "{what}");
                assert!(high.as_f64().unwrap() >= number("difference"), "{what}");
                compared += 1;
            }
        }
    }
    assert!(compared > 30, "{compared} differences");
}

/// Ranks at selected checkpoints that are not the last, by what they are selected by and run.
fn selected(folder: &Path) -> BTreeMap<(String, String), BTreeMap<u32, Tied>> {
    let frame = table(&folder.join("selected.parquet"));
    let (id, by) = (texts(&frame, "id"), texts(&frame, "by"));
    let user = frame.column("user").unwrap().u32().unwrap().clone();
    let tied = tied(&frame);
    let mut ranks: BTreeMap<(String, String), BTreeMap<u32, Tied>> = BTreeMap::new();
    for row in 0..frame.height() {
        let of_run = ranks.entry((by[row].clone(), id[row].clone())).or_default();
        of_run.insert(user.get(row).unwrap(), tied[row]);
    }
    ranks
}
