//! What fuzzing and reading found, each with its input.

use std::io::Write;
use std::time::Instant;

use flate2::Compression;
use flate2::write::GzEncoder;
use prefsweep_datasets::{DatasetConfig, load};
use serde_json::{Value, json};

use crate::engine::Place;
use crate::engine::memory::peak_of;

fn config(format: &Value) -> DatasetConfig {
    let file = json!({"path": "data", "format": format});
    serde_json::from_value(json!({"name": "file", "file": file})).unwrap()
}

fn table() -> Value {
    json!({"table": {"user": "who", "item": "what", "timestamp": "when"}})
}

/// All parts of a long history were looked for among the held-out rows, which took a minute.
#[test]
fn a_long_history_is_read_quickly() {
    let fixture = |name: &str| {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/candidate_lists");
        std::fs::read(std::path::Path::new(folder).join(name)).unwrap()
    };
    let place = Place::new();
    for name in ["val.json", "test.json"] {
        place.write(name, &fixture(name));
    }
    let mut train: Value = serde_json::from_slice(&fixture("train.json")).unwrap();
    train[0]["historyList"] = format!("Fay{}", "::Ada::Bix".repeat(3000)).into();
    place.write("train.json", train.to_string().as_bytes());
    let lists = json!({"test": "test.json", "train": "train.json"});
    let file = json!({"path": "val.json", "format": {"candidate_lists": lists}});
    let config = serde_json::from_value(json!({"name": "file", "file": file})).unwrap();
    let started = Instant::now();
    let dataset = load(&config, place.inside()).unwrap();
    assert_eq!(dataset.sequences[0].len(), 6002);
    assert!(started.elapsed().as_secs() < 20, "{:?}", started.elapsed());
}

/// The library that reads Parquet panicked: "thrift bool field".
#[test]
fn a_table_over_which_the_library_panics_is_refused() {
    let place = Place::new();
    place.write("data", include_bytes!("inputs/panic-in-the-reader.parquet"));
    let error = load(&config(&table()), place.inside()).unwrap_err();
    assert!(error.is_user_error(), "{error:?}");
    assert!(error.to_string().contains("the file is damaged"), "{error}");
}

/// The library gave a table of which one column had no rows.
#[test]
fn a_table_with_a_column_of_other_length_is_refused() {
    let place = Place::new();
    place.write("data", include_bytes!("inputs/a-column-without-chunks.parquet"));
    let error = load(&config(&table()), place.inside()).unwrap_err();
    assert!(error.is_user_error(), "{error:?}");
    assert!(error.to_string().contains("the file is damaged"), "{error}");
}

/// A page claimed 2^31 values, and the library made room for a bit each before it found that there were nine.
#[test]
fn a_table_that_claims_more_than_it_holds_takes_no_memory() {
    let place = Place::new();
    place.write("data", include_bytes!("inputs/claims-of-256-mib.parquet"));
    let (loaded, peak) = peak_of(|| load(&config(&table()), place.inside()));
    let error = loaded.unwrap_err();
    assert!(error.is_user_error(), "{error:?}");
    assert!(error.to_string().contains("the file is damaged"), "{error}");
    assert!(peak < 16 << 20, "{peak} bytes");
}

/// 300 MiB on one line, in a file of 300 KiB: refused, not read into memory.
#[test]
fn a_compressed_line_without_end_is_refused() {
    for (format, start) in [(json!("sequences"), "u 1 2 "), (json!("amazon_json"), "{\"")] {
        let place = Place::new();
        let mut writer = GzEncoder::new(Vec::new(), Compression::best());
        writer.write_all(start.as_bytes()).unwrap();
        for _ in 0..300 {
            writer.write_all(&[b'x'; 1 << 20]).unwrap();
        }
        place.write("data", &writer.finish().unwrap());
        let error = load(&config(&format), place.inside()).unwrap_err();
        assert!(error.is_user_error(), "{error:?}");
        assert!(error.to_string().contains("unpacks to more than"), "{error}");
    }
}
