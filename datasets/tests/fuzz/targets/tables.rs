//! Tables in Parquet, which a library reads.

use polars::prelude::*;
use prefsweep_datasets::load;
use serde_json::json;

use super::loaders::{configs, table};
use crate::engine::{Place, fuzz};
use crate::sound::accepted;

/// A table of nine rows in which every type has a column.
fn parquet(compression: ParquetCompression) -> Vec<u8> {
    let users = ["a", "a", "a", "a", "b", "b", "b", "b", "b"];
    let mut table = df![
        "who" => users,
        "what" => [1_i64, 2, 3, 4, 1, 2, 3, 4, 5],
        "when" => [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0],
        "stars" => [Some(1_i32), None, Some(3), Some(4), Some(5), Some(5), Some(2), Some(1), None],
    ]
    .unwrap();
    let mut bytes = Vec::new();
    ParquetWriter::new(&mut bytes).with_compression(compression).finish(&mut table).unwrap();
    bytes
}

#[test]
fn tables_in_parquet() {
    let mut format = table(",", "utf-8");
    format["table"]["rating"] = json!("stars");
    let configs = configs(&format);
    let seeds = [ParquetCompression::Uncompressed, ParquetCompression::default()].map(parquet);
    let place = Place::new();
    let mut tried = 0;
    fuzz("tables in Parquet", 1000, &seeds, &[b"PAR1", b"who", b"what", b"when"], |_, input| {
        place.write("data", input);
        tried += 1;
        let loaded = accepted(load(&configs[0], place.inside()));
        accepted(load(&configs[tried % 3], place.inside()));
        place.check();
        loaded
    });
}
