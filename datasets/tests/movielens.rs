//! Loading MovieLens 100K from small invented files, valid and malformed.

use std::fs;
use std::path::{Path, PathBuf};

use prefsweep_datasets::{DataError, Dataset, DatasetConfig, DatasetName, load};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}

fn load_100k(data_dir: &Path, min_interactions: usize) -> Result<Dataset, DataError> {
    load(&DatasetConfig { min_interactions, ..DatasetConfig::new(DatasetName::Ml100k) }, data_dir)
}

/// Loads `content` as `u.data`.
fn load_content(content: &[u8]) -> Result<Dataset, DataError> {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("u.data"), content).unwrap();
    load_100k(folder.path(), 3)
}

/// `good` well-formed rows of ten users.
fn rows(good: usize) -> String {
    (0..good).map(|row| format!("{}\t{}\t3\t{row}\n", row % 10, row / 10)).collect()
}

fn message(result: Result<Dataset, DataError>) -> String {
    let error = result.unwrap_err();
    assert!(error.is_user_error(), "{error}");
    error.to_string()
}

#[test]
fn u_data_is_sorted_deduplicated_and_indexed() {
    let dataset = load_100k(&fixture("official"), 3).unwrap();
    assert_eq!(dataset.name, "ml-100k");
    assert_eq!(dataset.user_ids, ["2", "10"]);
    assert_eq!(dataset.item_ids, ["5", "7", "30", "100"]);
    // User 2: 5 at 40, 30 at 50, then 7 and 100, both at 60, in the order of the file.
    // User 10: 5 at 80 (not the repetition at 100), 7 at 90, then 30 and 100 at 100.
    assert_eq!(dataset.sequences, [[0, 2, 1, 3], [0, 1, 2, 3]]);
    assert_eq!((dataset.rows_read, dataset.rows_bad, dataset.rows_dropped), (11, 0, 3));
    assert_eq!(dataset.preference, None);
    assert_eq!(dataset.fingerprint, dataset.content_fingerprint());
}

#[test]
fn recbole_file_gives_the_same_dataset() {
    let official = load_100k(&fixture("official"), 3).unwrap();
    assert_eq!(load_100k(&fixture("recbole"), 3).unwrap(), official);
}

#[test]
fn carriage_returns_byte_order_mark_and_blank_lines_at_the_end_are_ignored() {
    let plain = load_content(rows(40).as_bytes()).unwrap();
    let decorated = format!("\u{feff}{}\r\n\r\n", rows(40).replace('\n', "\r\n"));
    assert_eq!(load_content(decorated.as_bytes()).unwrap(), plain);
}

#[test]
fn integers_come_before_other_ids_and_are_sorted_by_value() {
    let text: String =
        ["b", "10", "a", "9", "010"].iter().map(|item| format!("u\t{item}\t1\t5\n")).collect();
    let dataset = load_content(text.as_bytes()).unwrap();
    assert_eq!(dataset.item_ids, ["9", "010", "10", "a", "b"]);
    assert_eq!(dataset.sequences, [[4, 2, 3, 0, 1]]);
}

#[test]
fn many_malformed_rows_stop_the_load_and_are_shown() {
    let error = load_100k(&fixture("malformed"), 3).unwrap_err();
    let DataError::BadRows { bad, rows, first, .. } = &error else { panic!("{error}") };
    assert_eq!((*bad, *rows), (4, 11));
    assert_eq!(first.iter().map(|row| row.number).collect::<Vec<_>>(), [2, 5, 8, 10]);
    let message = message(Err(error));
    for part in [
        "malformed/u.data: 4 of 11 rows are malformed, at most 1 % are allowed",
        r#"line 2 "10\t30\t4": 3 fields instead of 4"#,
        r#"line 5 "9\t5\t2\tyesterday": timestamp "yesterday" is not a number"#,
        "line 8 \"2\\t\\t3\\t60\": empty user or item",
        "\"inf\" is not a number",
    ] {
        assert!(message.contains(part), "{part} in {message}");
    }
}

#[test]
fn few_malformed_rows_are_dropped_and_counted() {
    let at_limit = rows(198) + "1\t2\n1\t2\t3\tx\n";
    let dataset = load_content(at_limit.as_bytes()).unwrap();
    assert_eq!((dataset.rows_read, dataset.rows_bad, dataset.rows_dropped), (200, 2, 0));
    assert_eq!(dataset.n_interactions(), 198);
    let beyond = rows(197) + "1\t2\n1\t2\t3\tx\n\n1\t1\t1\t1\n";
    assert!(matches!(load_content(beyond.as_bytes()), Err(DataError::BadRows { bad: 3, .. })));
}

#[test]
fn a_last_row_needs_no_line_break() {
    let whole = rows(200);
    let dataset = load_content(&whole.as_bytes()[..whole.len() - 1]).unwrap();
    assert_eq!((dataset.rows_read, dataset.rows_bad), (200, 0));
    assert_eq!(dataset.fingerprint, load_content(whole.as_bytes()).unwrap().fingerprint);
    // A row that lacks fields is malformed and counted, and too many for a small file.
    let (rest, last) = whole.trim_end().rsplit_once('\n').unwrap();
    let cut = last.rsplit_once('\t').unwrap().0;
    let dataset = load_content(format!("{rest}\n{cut}").as_bytes()).unwrap();
    assert_eq!((dataset.rows_read, dataset.rows_bad), (200, 1));
    let message = message(load_content((rows(20) + cut).as_bytes()));
    assert!(message.contains("1 of 21 rows are malformed"), "{message}");
    assert!(message.contains("3 fields instead of 4"), "{message}");
}

#[test]
fn damaged_files_give_clear_errors() {
    let mut binary = rows(20).into_bytes();
    binary.extend(b"1\t2\t3\t\xff\xfe\n");
    for (content, part) in [
        (&b""[..], "u.data is empty"),
        (&b"\n\r\n"[..], "u.data is empty"),
        (&binary[..], "u.data, line 21: not UTF-8 text"),
        (b"1\t2\t3\t4\n", "no user has 3 or more distinct items; the longest history has 1"),
    ] {
        let message = message(load_content(content));
        assert!(message.contains(part), "{part} in {message}");
    }
}

#[test]
fn wrong_recbole_headers_are_errors() {
    for (content, part) in [
        ("user_id:token\titem_id:token\n1\t2\n", "line 1: found header \"user_id:token"),
        ("user_id:token\titem_id:token\ttimestamp:float\n", "is empty"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("ml-100k.inter"), content).unwrap();
        let message = message(load_100k(folder.path(), 3));
        assert!(message.contains(part), "{part} in {message}");
    }
}

#[test]
fn a_missing_file_names_paths_source_and_option() {
    let folder = tempfile::tempdir().unwrap();
    let nowhere = folder.path().join("nowhere");
    let message = message(load_100k(&nowhere, 3));
    for file in ["ml-100k/u.data", "u.data", "ml-100k/ml-100k.inter", "ml-100k.inter"] {
        let path = nowhere.join(file).display().to_string();
        assert!(message.contains(&path), "{path} in {message}");
    }
    for part in [
        "https://grouplens.org/datasets/movielens/100k/",
        "research use, no redistribution",
        "--data-dir DIR",
    ] {
        assert!(message.contains(part), "{part} in {message}");
    }
}

#[test]
fn a_folder_in_place_of_the_file_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("u.data")).unwrap();
    assert!(message(load_100k(folder.path(), 3)).ends_with("u.data is not a regular file"));
}

#[test]
fn invalid_settings_stop_before_reading() {
    let message = message(load_100k(Path::new("nowhere"), 2));
    assert!(message.starts_with("min_interactions: found 2; allowed: at least 3"), "{message}");
}
