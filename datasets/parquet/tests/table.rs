//! Tables of every kind that the library writes are read as they were, and what claims too much is refused.

use polars::prelude::*;
use prefsweep_parquet::{ColumnType, Table};

/// Two rows that pyarrow wrote: a run as `prefsweep import` reads it, and columns of types that the library is built
/// without, each called by its type.
const TYPES: &[u8] = include_bytes!("fixtures/types.parquet");

/// 1,000 rows in which every type that a dataset or a result has is a column, with and without empty values.
fn everything() -> DataFrame {
    let rows = 0..1000_i64;
    let texts: Vec<String> = rows.clone().map(|row| format!("item {}", row * 7 % 90)).collect();
    let some: Vec<Option<i64>> = rows.clone().map(|row| (row % 3 > 0).then_some(row)).collect();
    let lists = Series::new(
        "lists".into(),
        rows.clone()
            .map(|row| Series::new("".into(), vec![row; row as usize % 4]))
            .collect::<Vec<_>>(),
    );
    let mut table = df![
        "text" => texts,
        "some" => some,
        "whole" => rows.clone().map(|row| row as u32 % 17).collect::<Vec<_>>(),
        "real" => rows.clone().map(|row| row as f32 / 7.0).collect::<Vec<_>>(),
        "none" => vec![None::<f64>; 1000],
        "same" => vec!["full"; 1000],
        "true" => rows.map(|row| row % 5 == 0).collect::<Vec<_>>(),
    ]
    .unwrap();
    table.with_column(lists.into_column()).unwrap();
    table
}

fn written(table: &DataFrame, compression: ParquetCompression, page: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    let writer = ParquetWriter::new(&mut bytes).with_compression(compression);
    writer
        .with_data_page_size(Some(page))
        .with_row_group_size(Some(300))
        .finish(&mut table.clone())
        .unwrap();
    bytes
}

#[test]
fn what_was_written_is_read() {
    let table = everything();
    let named = |(name, kind): (&PlSmallStr, &DataType)| {
        (name.to_string(), ColumnType::Readable(kind.clone()))
    };
    let columns: Vec<(String, ColumnType)> = table.schema().iter().map(named).collect();
    for compression in [
        ParquetCompression::Uncompressed,
        ParquetCompression::Snappy,
        ParquetCompression::Zstd(None),
        ParquetCompression::Gzip(None),
    ] {
        for page in [64, 1 << 20] {
            let file = Table::new(written(&table, compression, page)).unwrap();
            assert_eq!(file.columns(), columns);
            assert!(file.read(None).unwrap().equals_missing(&table), "{compression:?}, {page}");
            let two = file.read(Some(&["real", "text"])).unwrap();
            assert!(
                two.select(["text", "real"])
                    .unwrap()
                    .equals(&table.select(["text", "real"]).unwrap())
            );
        }
    }
}

#[test]
fn an_empty_table_is_read() {
    let table = everything().head(Some(0));
    let file = Table::new(written(&table, ParquetCompression::default(), 1 << 20)).unwrap();
    assert_eq!(file.read(None).unwrap().height(), 0);
}

#[test]
fn a_column_that_is_not_there_is_named() {
    let file = Table::new(written(&everything(), ParquetCompression::default(), 1 << 20)).unwrap();
    let error = file.read(Some(&["text", "tag"])).unwrap_err();
    assert!(matches!(error, PolarsError::ColumnNotFound(_)), "{error:?}");
    assert!(error.to_string().contains("tag"), "{error}");
}

#[test]
fn what_is_no_table_is_refused() {
    let whole = written(&everything(), ParquetCompression::default(), 1 << 20);
    for bytes in [&b""[..], b"PAR1", b"who,what\n1,2\n", &whole[..whole.len() / 2], &whole[4..]] {
        assert!(Table::new(bytes.to_vec()).and_then(|file| file.read(None)).is_err());
    }
}

/// Rows without content could be as many as a file likes to say.
#[test]
fn more_rows_than_such_a_file_can_have_are_refused() {
    let rows = |count| df!["same" => vec![1_u32; count]].unwrap();
    let bytes = |count| {
        let mut bytes = Vec::new();
        ParquetWriter::new(&mut bytes).finish(&mut rows(count)).unwrap();
        bytes
    };
    let read = |bytes| Table::new(bytes).and_then(|file| file.read(None));
    assert_eq!(read(bytes(200_000)).unwrap().height(), 200_000);
    let error = read(bytes(20_000_000)).unwrap_err().to_string();
    assert!(error.contains("20000000 rows are claimed in"), "{error}");
}

/// Intact files were called damaged.
#[test]
fn a_type_that_cannot_be_read_is_named_and_does_no_harm_elsewhere() {
    let file = Table::new(TYPES.to_vec()).unwrap();
    for (name, kind) in [
        ("u8", "u8"),
        ("u16", "u16"),
        ("f16", "f16"),
        ("decimal", "decimal[10,2]"),
        ("array", "array[f32, 2]"),
        ("uuid", "arrow.uuid"),
    ] {
        assert_eq!(file.column_type(name), Some(&ColumnType::Unreadable(kind.to_owned())));
        let error = file.read(Some(&["user", name])).unwrap_err().to_string();
        assert!(error.contains(&format!("column `{name}` has the type {kind}")), "{error}");
    }
    assert!(file.read(None).is_err());
    let table = file.read(Some(&["i8", "i16", "user"])).unwrap();
    for (name, values) in [("i8", [3, 4]), ("i16", [5, 6]), ("user", [0, 1])] {
        let found = table.column(name).unwrap().cast(&DataType::Int64).unwrap();
        assert!(found.i64().unwrap().iter().eq(values.map(Some)), "{name}");
    }
}
