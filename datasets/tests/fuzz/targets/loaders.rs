//! Files of interactions and of candidates, in every text format.

use std::fs;
use std::path::Path;

use prefsweep_datasets::{DatasetConfig, load, survey};
use serde_json::{Value, json};

use crate::engine::{Place, fuzz};
use crate::sound::accepted;

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures");

pub(super) fn fixture(name: &str) -> Vec<u8> {
    fs::read(Path::new(FIXTURES).join(name)).unwrap()
}

/// A file named `data` with other settings in turn: no rating needed, one needed, times needed.
pub(super) fn configs(format: &Value) -> [DatasetConfig; 3] {
    let file = json!({"path": "data", "format": format});
    let more = [
        json!({"min_interactions": 3}),
        json!({"min_interactions": 3, "min_rating": 2.0, "repeats": "last"}),
        json!({"min_interactions": 3, "split": {"ratio": [8, 1, 1], "by": "time"}, "k_core": 2}),
    ];
    more.map(|mut config| {
        config["name"] = json!("file");
        config["file"] = file.clone();
        serde_json::from_value(config).unwrap()
    })
}

pub(super) fn table(separator: &str, encoding: &str) -> Value {
    json!({"table": {
        "separator": separator, "encoding": encoding, "user": "who", "item": "what", "timestamp": "when",
    }})
}

#[test]
fn files_of_interactions() {
    let utf16: Vec<u8> = String::from_utf8(fixture("formats/table.tsv"))
        .unwrap()
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let of = |name: &str, format: Value| (fixture(&format!("formats/{name}")), format);
    let (seeds, formats): (Vec<Vec<u8>>, Vec<Value>) = [
        of("u.data", json!("movielens_tab")),
        of("ratings.dat", json!("movielens_dat")),
        of("ratings.csv", json!("movielens_csv")),
        of("amazon-user-first.csv", json!("amazon_user_first")),
        of("amazon-item-first.csv", json!("amazon_item_first")),
        of("amazon.json", json!("amazon_json")),
        of("amazon.json.gz", json!("amazon_json")),
        of("steam.json", json!("steam_json")),
        of("steam-python.json", json!("steam_json")),
        of("goodreads.json.gz", json!("goodreads_json")),
        of("user_taggedartists-timestamps.dat", json!("lastfm_tags")),
        of("any-order.inter", json!("recbole")),
        of("sequences.txt", json!("sequences")),
        of("pairs.txt", json!("pairs")),
        of("table.tsv", table("\t", "utf-8")),
        of("table.csv", table(",", "utf-8")),
        of("table.csv", table(",", "windows-1252")),
        of("table.csv", table(",", "latin-1")),
        (utf16, table("\t", "utf-16")),
    ]
    .into_iter()
    .unzip();
    let configs: Vec<_> = formats.iter().map(configs).collect();
    let place = Place::new();
    let mut tried = 0;
    fuzz(
        "files of interactions",
        3000,
        &seeds,
        &[b"who", b"userID", b"2017-12-31"],
        |of, input| {
            place.write("data", input);
            tried += 1;
            let [plain, ..] = &configs[of];
            let surveyed = survey(plain, place.inside()).is_ok();
            let loaded = accepted(load(plain, place.inside()));
            assert!(surveyed || !loaded, "loaded without being read");
            accepted(load(&configs[of][tried % 3], place.inside()));
            place.check();
            loaded
        },
    );
}

#[test]
fn candidate_lists() {
    const NAMES: [&str; 3] = ["val.json", "test.json", "train.json"];
    let seeds = NAMES.map(|name| fixture(&format!("candidate_lists/{name}")));
    let lists = json!({"test": "test.json", "train": "train.json"});
    let file = json!({"path": "val.json", "format": {"candidate_lists": lists}});
    let config: DatasetConfig =
        serde_json::from_value(json!({"name": "file", "file": file})).unwrap();
    let place = Place::new();
    let words: [&[u8]; 4] = [b"historyList", b"itemList", b"trueSelection", b":::"];
    fuzz("candidate lists", 1000, &seeds, &words, |of, input| {
        for (name, seed) in NAMES.iter().zip(&seeds) {
            place.write(name, seed);
        }
        place.write(NAMES[of], input);
        let loaded = accepted(load(&config, place.inside()));
        place.check();
        loaded
    });
}
