//! What fuzzing and reading found, each with its input.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use prefsweep_datasets::{DatasetConfig, load};
use serde_json::{Value, json};

use crate::engine::Place;

fn config(format: &Value) -> DatasetConfig {
    let file = json!({"path": "data", "format": format});
    serde_json::from_value(json!({"name": "file", "file": file})).unwrap()
}

fn table() -> Value {
    json!({"table": {"user": "who", "item": "what", "timestamp": "when"}})
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
