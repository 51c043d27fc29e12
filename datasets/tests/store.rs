//! Prepared datasets on disk: exact round trips, and detection of damage.

use std::fs;
use std::path::Path;

use polars::prelude::{ParquetReader, SerReader};
use prefsweep_datasets::{
    DataError, Dataset, DatasetConfig, DatasetName, SyntheticConfig, export_preference, load,
};

fn synthetic() -> Dataset {
    let synthetic = SyntheticConfig {
        users: 7,
        items: 40,
        min_length: 5,
        max_length: 9,
        ..SyntheticConfig::default()
    };
    let config =
        DatasetConfig { synthetic: Some(synthetic), ..DatasetConfig::new(DatasetName::Synthetic) };
    load(&config, Path::new("unused")).unwrap()
}

fn loaded() -> Dataset {
    let config = DatasetConfig { min_interactions: 3, ..DatasetConfig::new(DatasetName::Ml100k) };
    let data_dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/official");
    load(&config, &data_dir).unwrap()
}

#[test]
fn round_trips_are_exact() {
    for dataset in [synthetic(), loaded()] {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path().join("a/b");
        dataset.write(&dir).unwrap();
        assert_eq!(Dataset::read(&dir).unwrap(), dataset);
        dataset.write(&dir).unwrap();
        assert_eq!(Dataset::read(&dir).unwrap(), dataset);
    }
}

#[test]
fn a_dataset_replaces_another() {
    let folder = tempfile::tempdir().unwrap();
    synthetic().write(folder.path()).unwrap();
    loaded().write(folder.path()).unwrap();
    assert_eq!(Dataset::read(folder.path()).unwrap(), loaded());
}

#[test]
fn no_partial_files_are_left() {
    let folder = tempfile::tempdir().unwrap();
    synthetic().write(folder.path()).unwrap();
    let mut names: Vec<_> = fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    let expected =
        ["dataset.json", "interactions.parquet", "preference.parquet", "vectors.parquet"];
    assert_eq!(names, expected);
}

#[test]
fn damaged_files_are_errors() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    synthetic().write(dir).unwrap();
    for name in ["dataset.json", "interactions.parquet", "preference.parquet"] {
        let path = dir.join(name);
        let whole = fs::read(&path).unwrap();
        let step = (whole.len() / 40).max(1);
        for position in (0..whole.len()).step_by(step) {
            let mut damaged = whole.clone();
            damaged[position] ^= 1;
            fs::write(&path, damaged).unwrap();
            let error = Dataset::read(dir).unwrap_err();
            assert!(matches!(error, DataError::Corrupt { .. }), "{name} at {position}: {error}");
            assert!(error.is_user_error());
        }
        fs::write(&path, &whole[..whole.len() / 2]).unwrap();
        assert!(matches!(Dataset::read(dir), Err(DataError::Corrupt { .. })), "{name} cut");
        fs::remove_file(&path).unwrap();
        assert!(matches!(Dataset::read(dir), Err(DataError::Read { .. })), "{name} missing");
        fs::write(&path, whole).unwrap();
    }
    assert_eq!(Dataset::read(dir).unwrap(), synthetic());
}

#[test]
fn a_changed_dataset_is_not_written() {
    let folder = tempfile::tempdir().unwrap();
    let mut dataset = loaded();
    dataset.sequences[0].swap(0, 1);
    let error = dataset.write(folder.path()).unwrap_err();
    assert!(matches!(error, DataError::Changed { .. }));
    assert!(!error.is_user_error());
}

#[test]
fn a_path_that_cannot_be_written_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    assert!(matches!(loaded().write(&file.join("below")), Err(DataError::Write { .. })));
}

#[test]
fn exported_preference_has_a_row_per_pair() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("preference.parquet");
    let dataset = synthetic();
    export_preference(&dataset, &path).unwrap();
    let table = ParquetReader::new(fs::File::open(&path).unwrap()).finish().unwrap();
    let names: Vec<&str> = table.get_column_names().into_iter().map(|name| name.as_str()).collect();
    assert_eq!(names, ["user", "item", "preference"]);
    assert_eq!(table.height(), 7 * 40);
    let row = 3 * 40 + 17;
    assert_eq!(table.column("user").unwrap().u32().unwrap().get(row), Some(3));
    assert_eq!(table.column("item").unwrap().u32().unwrap().get(row), Some(17));
    let expected = dataset.preference.unwrap()[row];
    assert_eq!(table.column("preference").unwrap().f32().unwrap().get(row), Some(expected));
}

#[test]
fn real_data_have_no_preference_to_export() {
    let error = export_preference(&loaded(), Path::new("unused")).unwrap_err();
    assert!(matches!(error, DataError::NoPreference { .. }));
    assert!(error.is_user_error());
}
