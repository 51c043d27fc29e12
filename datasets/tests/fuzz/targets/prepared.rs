//! Prepared data in a store, and what was noted of downloads.

use std::fs;

use prefsweep_datasets::{Dataset, DatasetConfig, DatasetName, SyntheticConfig, load, verify};
use serde_json::json;

use crate::engine::{Place, fuzz};
use crate::sound::accepted;

#[test]
fn prepared_data() {
    const NAMES: [&str; 3] = ["dataset.json", "interactions.parquet", "preference.parquet"];
    let small =
        SyntheticConfig { users: 12, items: 150, max_length: 20, ..SyntheticConfig::default() };
    let config =
        DatasetConfig { synthetic: Some(small), ..DatasetConfig::new(DatasetName::Synthetic) };
    let place = Place::new();
    load(&config, place.inside()).unwrap().write(place.inside()).unwrap();
    let seeds = NAMES.map(|name| fs::read(place.inside().join(name)).unwrap());
    fuzz("prepared data", 1000, &seeds, &[b"fingerprint"], |of, input| {
        for (name, seed) in NAMES.iter().zip(&seeds) {
            place.write(name, seed);
        }
        place.write(NAMES[of], input);
        let read = accepted(Dataset::read(place.inside()));
        // Other spaces in a JSON text change nothing.
        assert!(input == seeds[of] || !read || NAMES[of] == "dataset.json", "damage unnoticed");
        place.check();
        read
    });
}

#[test]
fn records_of_downloads() {
    let place = Place::new();
    let rows = (0..18).map(|row| format!("{}\t{}\t4\t{}\n", row / 6, row % 6, 900 + row));
    place.write("ml-100k/u.data", rows.collect::<String>().as_bytes());
    let hash = "06416e597f82b7342361e41163890c81036900f418ad91315590814211dca490";
    let recorded =
        json!({"sha256": hash, "bytes": 1_979_173, "address": "https://example.org/u.data"});
    let files = json!({"ml-100k/u.data": recorded, "ml-100k/other": recorded});
    let seed = json!({"downloads": {"ml-100k.zip": recorded}, "files": files}).to_string();
    fuzz("records of downloads", 500, &[seed.into_bytes()], &[b"sha256"], |_, input| {
        place.write("ml-100k/checksums.json", input);
        let read = verify(DatasetName::Ml100k, place.inside(), true);
        place.check();
        read.map_err(|error| assert!(!error.to_string().is_empty())).is_ok()
    });
}
