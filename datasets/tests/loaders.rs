//! Every format, from small invented files, valid and malformed.

use std::fs;
use std::io::Write;
use std::path::Path;

use polars::prelude::{Column, DataFrame, DataType, ParquetWriter, TimeUnit};
use prefsweep_datasets::{
    DataError, Dataset, DatasetConfig, DatasetName, describe, item_names, load, sources, survey,
};
use serde_json::{Value, json};

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/formats");

fn config(path: &str, format: &Value, min_rating: Option<f64>) -> DatasetConfig {
    let config = json!({
        "name": "file",
        "file": {"path": path, "format": format},
        "min_interactions": 3,
        "min_rating": min_rating,
    });
    serde_json::from_value(config).unwrap()
}

fn load_fixture(path: &str, format: &Value) -> Result<Dataset, DataError> {
    load(&config(path, format, None), Path::new(FIXTURES))
}

/// Loads `content` in the given format.
fn load_content(content: impl AsRef<[u8]>, format: &Value) -> Result<Dataset, DataError> {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("data"), content).unwrap();
    load(&config("data", format, None), folder.path())
}

fn message(result: Result<Dataset, DataError>) -> String {
    let error = result.unwrap_err();
    assert!(error.is_user_error(), "{error}");
    error.to_string()
}

fn table(separator: &str) -> Value {
    json!({"table": {"separator": separator, "user": "who", "item": "what", "timestamp": "when"}})
}

/// The formats, each with a file of the same interactions.
fn formats() -> Vec<(&'static str, Value)> {
    vec![
        ("u.data", json!("movielens_tab")),
        ("ratings.dat", json!("movielens_dat")),
        ("ratings.csv", json!("movielens_csv")),
        ("amazon-user-first.csv", json!("amazon_user_first")),
        ("amazon-item-first.csv", json!("amazon_item_first")),
        ("amazon.json", json!("amazon_json")),
        ("amazon.json.gz", json!("amazon_json")),
        ("user_taggedartists-timestamps.dat", json!("lastfm_tags")),
        ("steam.json", json!("steam_json")),
        ("steam-python.json", json!("steam_json")),
        ("goodreads.json.gz", json!("goodreads_json")),
        ("any-order.inter", json!("recbole")),
        ("sequences.txt", json!("sequences")),
        ("pairs.txt", json!("pairs")),
        ("table.tsv", table("\t")),
        ("table.csv", table(",")),
    ]
}

#[test]
fn every_format_gives_the_same_dataset() {
    for (path, format) in formats() {
        let dataset = load_fixture(path, &format).unwrap_or_else(|error| panic!("{path}: {error}"));
        assert_eq!(dataset.user_ids, ["2", "10"], "{path}");
        assert_eq!(dataset.item_ids, ["5", "7", "30", "100"], "{path}");
        // As in `movielens.rs`, which explains the order.
        assert_eq!(dataset.sequences, [[0, 2, 1, 3], [0, 1, 2, 3]], "{path}");
        let read = if path.starts_with("user_tagged") { 33 } else { 11 };
        assert_eq!((dataset.rows_read, dataset.rows_bad), (read, 0), "{path}");
        assert_eq!(dataset.rows_dropped, read - 8, "{path}");
    }
}

#[test]
fn surveys_count_the_content_of_the_file() {
    for (path, format) in formats() {
        let found = survey(&config(path, &format, None), Path::new(FIXTURES)).unwrap().unwrap();
        assert_eq!((found.facts.users, found.facts.items), (3, 5), "{path}");
        assert!(found.path.ends_with(path));
    }
    let generated = DatasetConfig::new(DatasetName::Synthetic);
    assert_eq!(survey(&generated, Path::new(FIXTURES)).unwrap(), None);
}

#[test]
fn ratings_are_read_where_a_format_has_them() {
    for (path, format) in formats() {
        let loaded = load(&config(path, &format, Some(2.0)), Path::new(FIXTURES));
        let rated = ["u.data", "ratings", "amazon", "goodreads", "any-order"];
        if rated.iter().any(|start| path.starts_with(start)) {
            // Without the rows rated 1: user 10's first 5, user 2's 30.
            let dataset = loaded.unwrap_or_else(|error| panic!("{path}: {error}"));
            let ids = |user: usize| -> Vec<&str> {
                let items = dataset.sequences[user].iter();
                items.map(|&item| dataset.item_ids[item as usize].as_str()).collect()
            };
            assert_eq!(ids(0), ["5", "7", "100"], "{path}");
            assert_eq!(ids(1), ["7", "5", "30", "100"], "{path}");
        } else {
            assert!(message(loaded).contains("has no ratings"), "{path}");
        }
    }
    let format = json!({"table": {"separator": "\t", "user": "who", "item": "what",
                                  "timestamp": "when", "rating": "stars"}});
    let rated = load(&config("table.tsv", &format, Some(2.0)), Path::new(FIXTURES)).unwrap();
    assert_eq!(rated.rows_dropped, 4);
}

#[test]
fn registered_datasets_are_found_under_their_official_names() {
    for (name, path, fixture) in [
        (DatasetName::Ml1m, "ml-1m/ratings.dat", "ratings.dat"),
        (DatasetName::Ml1m, "ml-1m.inter", "any-order.inter"),
        (DatasetName::Ml1m, "ml-1m-sasrec.txt", "pairs.txt"),
        (DatasetName::Ml1m, "ml-1m/sequences.txt", "sequences.txt"),
        (DatasetName::AmazonBeauty, "ratings_Beauty.csv", "amazon-user-first.csv"),
        (DatasetName::AmazonVideoGames, "Video_Games.csv", "amazon-item-first.csv"),
        (DatasetName::AmazonMoviesTv, "Movies_and_TV_5.json.gz", "amazon.json.gz"),
        (
            DatasetName::Lastfm,
            "hetrec2011-lastfm-2k/user_taggedartists-timestamps.dat",
            "user_taggedartists-timestamps.dat",
        ),
        (DatasetName::Steam, "steam/steam_reviews.json", "steam.json"),
        (DatasetName::Goodreads, "goodreads_reviews_dedup.json.gz", "goodreads.json.gz"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join(path);
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        fs::copy(Path::new(FIXTURES).join(fixture), &place).unwrap();
        let config =
            DatasetConfig { min_interactions: 3, k_core: Some(1), ..DatasetConfig::new(name) };
        let dataset = load(&config, folder.path()).unwrap();
        assert_eq!(dataset.name, name.as_str());
        assert_eq!(dataset.sequences, [[0, 2, 1, 3], [0, 1, 2, 3]], "{name}");
        // The default k-core of so few rows is empty.
        let default = load(&DatasetConfig { k_core: None, ..config }, folder.path());
        assert!(message(default).contains("k_core"), "{name}");
    }
}

#[test]
fn missing_files_name_places_source_and_terms() {
    let folder = tempfile::tempdir().unwrap();
    let published =
        |name: &DatasetName| !matches!(name, DatasetName::Synthetic | DatasetName::File);
    for name in DatasetName::ALL.iter().copied().filter(published) {
        let message = message(load(&DatasetConfig::new(name), folder.path()));
        let manifest = name.manifest();
        if manifest.download.is_empty() {
            assert!(message.contains(manifest.by_hand.trim()), "{message}");
        } else {
            assert!(message.contains(&manifest.addresses[0]), "{message}");
            assert!(message.contains(&manifest.condition), "{message}");
        }
        for path in manifest.files.iter().flat_map(|file| &file.paths) {
            assert!(message.contains(path.as_str()), "{path} in {message}");
        }
    }
    let own = message(load(&config("nowhere.csv", &json!("pairs"), None), folder.path()));
    assert!(own.contains("cannot read") && own.contains("nowhere.csv"), "{own}");
    let own = message(load(&config("", &json!("pairs"), None), folder.path()));
    assert!(own.starts_with("file.path"), "{own}");
    let own = message(load(&config(".", &json!("pairs"), None), folder.path()));
    assert!(own.ends_with("is not a regular file"), "{own}");
}

#[test]
fn malformed_python_literals_are_malformed_lines() {
    let whole = fs::read_to_string(Path::new(FIXTURES).join("steam-python.json")).unwrap();
    let broken = whole.replacen("u'username': '10', ", "u'username': '10' ", 1);
    let message = message(load_content(&broken, &json!("steam_json")));
    assert!(message.contains("1 of 11 rows are malformed"), "{message}");
    assert!(message.contains("line 1 \"{u'username"), "{message}");
    assert!(message.contains("a malformed literal: 'u' instead of ',' or '}'"), "{message}");
    // Few among many are skipped and counted.
    let mut many: String =
        whole.lines().map(|line| format!("{line}\n")).collect::<String>().repeat(20);
    many.push_str("{u'username': '10'}\n");
    let dataset = load_content(&many, &json!("steam_json")).unwrap();
    assert_eq!((dataset.rows_read, dataset.rows_bad), (221, 1));
}

#[test]
fn malformed_lines_say_what_is_wrong() {
    for (format, line, reason) in [
        (json!("movielens_dat"), "1::2::3", "3 fields instead of 4"),
        (json!("amazon_user_first"), "u,i,5.0,soon", "timestamp \"soon\" is not a number"),
        (json!("amazon_item_first"), "i,,5.0,1", "empty user or item"),
        (
            json!("amazon_json"),
            "{\"reviewerID\": \"u\"",
            "not the expected JSON at column 18: it ends too early",
        ),
        (json!("amazon_json"), "{\"reviewerID\": \"u\"}", "no `asin`"),
        (
            json!("steam_json"),
            "{\"username\": \"u\", \"product_id\": 7, \"date\": \"June\"}",
            "date \"June\" is not of the form 2017-12-31",
        ),
        (
            json!("goodreads_json"),
            "{\"user_id\": \"u\", \"book_id\": \"7\", \"date_added\": \"\"}",
            "date_added \"\" is not of the form",
        ),
        (json!("sequences"), "7", "a user without items"),
        (json!("sequences"), " ", "no user"),
        (json!("sequences"), "1 7 \u{a0} 9", "empty user or item"),
        (json!("pairs"), "1 2 3", "3 fields instead of 2"),
    ] {
        let message = message(load_content(format!("{line}\n"), &format));
        assert!(message.contains(&format!("line 1 \"{line}\": ")), "{message}");
        assert!(message.contains(reason), "{reason} in {message}");
    }
}

/// A line that is left out is left out whole.
#[test]
fn a_malformed_sequence_adds_nothing() {
    let mut lines: String = (0..200).map(|user| format!("{user} 1 2 3\n")).collect();
    lines += "damaged 4 5 6 7 \u{a0} 8\n";
    let dataset = load_content(lines, &json!("sequences")).unwrap();
    assert_eq!((dataset.sequences.len(), dataset.n_items), (200, 3));
}

/// Milliseconds and dates have no order in common, and eight digits are a number.
#[test]
fn times_of_a_file_are_all_numbers_or_all_dates() {
    for (first, second, form) in [
        ("1483228800000", "2017-01-05", "numbers"),
        ("2017-01-05", "1483228800", "dates"),
        ("20170104T120000Z", "20170105", "dates"),
    ] {
        let text = format!("who,what,when\n1,1,{first}\n1,2,{second}\n1,3,{first}\n");
        let message = message(load_content(text, &table(",")));
        let reason = format!("timestamp {second:?} in a file whose first times are {form}");
        assert!(message.contains(&reason), "{message}");
    }
}

#[test]
fn a_byte_order_mark_outranks_the_setting() {
    let format = json!({"table": {"user": "u", "item": "i", "encoding": "windows-1252"}});
    let dataset = load_content("\u{feff}u,i\n1,é\n1,b\n1,c\n", &format).unwrap();
    assert_eq!(dataset.item_ids, ["b", "c", "é"]);
}

/// A title that begins with a quote, in a file without quoting, takes no row with it.
#[test]
fn a_quote_does_not_take_in_records() {
    let row = |row: usize| {
        let title = match row {
            500 => "\"Heroes",
            509 => "12\"",
            _ => "x",
        };
        format!("{}\t{}\t{row}\t{title}\n", row % 50, row / 50)
    };
    let text: String =
        std::iter::once("who\twhat\twhen\tname\n".to_owned()).chain((0..1000).map(row)).collect();
    let dataset = load_content(text, &table("\t")).unwrap();
    assert_eq!((dataset.rows_read, dataset.rows_bad, dataset.n_interactions()), (1000, 1, 999));
    assert!(dataset.rows_bad_first[0].starts_with("line 502 "), "{:?}", dataset.rows_bad_first);
}

#[test]
fn unusable_ratings_are_malformed_only_with_min_rating() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("data"), "1\t1\t-\t1\n1\t2\t-\t2\n1\t3\t-\t3\n").unwrap();
    let config = |least| config("data", &json!("movielens_tab"), least);
    assert_eq!(load(&config(None), folder.path()).unwrap().n_interactions(), 3);
    let message = message(load(&config(Some(1.0)), folder.path()));
    assert!(message.contains("rating \"-\" is not a number"), "{message}");
}

#[test]
fn wrong_headers_name_the_required_columns() {
    for (format, needed) in [
        (json!("movielens_csv"), "userId, movieId and timestamp, separated by commas"),
        (json!("lastfm_tags"), "userID, artistID and timestamp, separated by tabs"),
        (json!("recbole"), "user_id, item_id and timestamp, separated by tabs"),
        (table(";"), "who, what and when, separated by \";\""),
        (
            json!({"table": {"user": "u", "item": "i", "rating": "r"}}),
            "u, i and r, separated by commas",
        ),
    ] {
        let message = message(load_content("some;other;header\n1;2;3\n", &format));
        assert!(message.contains("line 1: found header \"some;other;header\""), "{message}");
        assert!(message.contains(&format!("required columns: {needed}")), "{message}");
    }
}

#[test]
fn tables_without_times_are_in_chronological_order() {
    let text = "u,i\n1,9\n2,4\n1,3\n1,5\n";
    let dataset = load_content(text, &json!({"table": {"user": "u", "item": "i"}})).unwrap();
    assert_eq!(dataset.item_ids, ["3", "5", "9"]);
    assert_eq!(dataset.sequences, [[2, 0, 1]]);
}

#[test]
fn damaged_compressed_files_are_errors() {
    let whole = fs::read(Path::new(FIXTURES).join("amazon.json.gz")).unwrap();
    let format = json!("amazon_json");
    assert!(load_content(&whole, &format).is_ok());
    let cut = message(load_content(&whole[..whole.len() / 2], &format));
    assert!(cut.contains("cannot read"), "{cut}");
    let mut damaged = whole.clone();
    let checksum = whole.len() - 8;
    damaged[checksum] ^= 1;
    assert!(message(load_content(&damaged, &format)).contains("cannot read"));
}

#[test]
fn few_malformed_lines_of_a_large_file_are_counted() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data");
    let mut file = fs::File::create(&path).unwrap();
    for row in 0..5000 {
        let line = if row % 200 == 7 { "{}".to_owned() } else { review(row) };
        writeln!(file, "{line}").unwrap();
    }
    drop(file);
    let config = config("data", &json!("amazon_json"), None);
    let dataset = load(&config, folder.path()).unwrap();
    assert_eq!((dataset.rows_read, dataset.rows_bad), (5000, 25));
    assert_eq!(dataset.n_interactions() + dataset.rows_dropped, 4975);
}

fn review(row: usize) -> String {
    let (user, item) = (row % 50, row / 50);
    json!({"reviewerID": format!("u{user}"), "asin": item, "unixReviewTime": row}).to_string()
}

/// The rows of the fixtures as Parquet, with these ids and times.
fn parquet(path: &Path, user: Column, item: Column, when: Column) {
    let stars = Column::new("stars".into(), [3.0_f64, 4.0, 1.0, 5.0]);
    let height = user.len();
    let columns = vec![user, stars.new_from_index(0, height), item, when];
    let mut table = DataFrame::new(height, columns).unwrap();
    ParquetWriter::new(fs::File::create(path).unwrap()).finish(&mut table).unwrap();
}

/// Users, items and times of the fixtures.
fn rows() -> [Vec<i64>; 3] {
    let text = fs::read_to_string(Path::new(FIXTURES).join("u.data")).unwrap();
    let column = |index: usize| {
        text.lines().map(|line| line.split('\t').nth(index).unwrap().parse().unwrap()).collect()
    };
    [column(0), column(1), column(3)]
}

#[test]
fn parquet_gives_the_same_dataset_whatever_the_types() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data");
    let [users, items, times] = rows();
    let text = |values: &[i64]| values.iter().map(i64::to_string).collect::<Vec<_>>();
    let expected = load_fixture("u.data", &json!("movielens_tab")).unwrap();
    let days: Vec<i32> = times.iter().map(|time| *time as i32).collect();
    let datetime = |unit| DataType::Datetime(unit, None);
    let when = Column::new("when".into(), &times);
    for times in [
        when.clone(),
        when.cast(&DataType::Float64).unwrap(),
        when.cast(&datetime(TimeUnit::Milliseconds)).unwrap(),
        when.cast(&datetime(TimeUnit::Nanoseconds)).unwrap(),
        Column::new("when".into(), &days).cast(&DataType::Date).unwrap(),
    ] {
        for texts in [false, true] {
            let (user, item) = if texts {
                (Column::new("who".into(), text(&users)), Column::new("what".into(), text(&items)))
            } else {
                (Column::new("who".into(), &users), Column::new("what".into(), &items))
            };
            parquet(&path, user, item, times.clone());
            let dataset = load(&config("data", &table(","), None), folder.path()).unwrap();
            assert_eq!(dataset, expected, "{:?}, texts: {texts}", times.dtype());
        }
    }
}

#[test]
fn wrong_parquet_columns_are_errors() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data");
    let [users, items, times] = rows();
    let column = |name: &str, values: &[i64]| Column::new(name.into(), values);
    parquet(&path, column("user", &users), column("what", &items), column("when", &times));
    let load = |least| load(&config("data", &table(","), least), folder.path());
    let found = message(load(None));
    assert!(found.ends_with("no column \"who\"; found: user, stars, what, when"), "{found}");
    assert!(message(load(Some(2.0))).contains("has no ratings"));

    let broken = column("who", &users).cast(&DataType::Float64).unwrap();
    parquet(&path, broken, column("what", &items), column("when", &times));
    let found = message(load(None));
    assert!(found.contains("column \"who\" has the type f64; allowed: strings"), "{found}");

    let gaps: Vec<Option<i64>> = times.iter().map(|time| (*time != 50).then_some(*time)).collect();
    let gaps = Column::new("when".into(), gaps);
    parquet(&path, column("who", &users), column("what", &items), gaps);
    let found = message(load(None));
    assert!(found.contains("rows are malformed") && found.contains("no time"), "{found}");

    let whole = fs::read(&path).unwrap();
    fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    assert!(message(load(None)).contains("the file is damaged or cut off"));
}

/// As ratings and as times, in text and in Parquet.
#[test]
fn nan_and_infinities_are_malformed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data");
    let format =
        json!({"table": {"user": "who", "item": "what", "rating": "stars", "timestamp": "when"}});
    let load = || message(load(&config("data", &format, Some(3.0)), folder.path()));
    for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        for (rating, time) in [(value, 2.0), (4.0, value)] {
            let text =
                format!("who,what,stars,when\n1,1,4,1\n1,2,{rating},{time}\n1,3,4,3\n1,4,4,4\n");
            fs::write(&path, text).unwrap();
            let found = load();
            assert!(found.contains("1 of 4 rows are malformed"), "{found}");

            let columns = vec![
                Column::new("who".into(), [1_i64; 4]),
                Column::new("what".into(), [1_i64, 2, 3, 4]),
                Column::new("stars".into(), [4.0, rating, 4.0, 4.0]),
                Column::new("when".into(), [1.0, time, 3.0, 4.0]),
            ];
            let mut table = DataFrame::new(4, columns).unwrap();
            ParquetWriter::new(fs::File::create(&path).unwrap()).finish(&mut table).unwrap();
            let found = load();
            assert!(found.contains("1 of 4 rows are malformed"), "{found}");
        }
    }
}

#[test]
fn times_of_tables_may_be_dates() {
    let text = "u,i,t\n1,9,2017-12-31T10:00:00Z\n1,3,2017-12-31 09:59:59.5\n1,5,2018-01-01\n";
    let format = json!({"table": {"user": "u", "item": "i", "timestamp": "t"}});
    let dataset = load_content(text, &format).unwrap();
    assert_eq!(dataset.sequences, [[0, 2, 1]]);
    assert_eq!(dataset.item_ids, ["3", "5", "9"]);
}

#[test]
fn titles_come_from_the_file_next_to_the_interactions() {
    let folder = tempfile::tempdir().unwrap();
    fs::copy(Path::new(FIXTURES).join("u.data"), folder.path().join("u.data")).unwrap();
    let config = config("u.data", &json!("movielens_tab"), None);
    let without = load(&config, folder.path()).unwrap();
    assert_eq!((&without.item_titles, sources(&config, folder.path()).unwrap().len()), (&None, 1));

    // 0xe9 is é in Latin-1; item 100 has no line, 999 no interactions.
    let mut text =
        b"5|Mis\xe9rables, Les (1995)|x\n7|Seven|\n999|Nobody's|\nbroken\n30||\n".to_vec();
    text.extend(b"\n");
    fs::write(folder.path().join("u.item"), text).unwrap();
    let with = load(&config, folder.path()).unwrap();
    assert_eq!(with.item_ids, ["5", "7", "30", "100"]);
    let titles = with.item_titles.clone().unwrap();
    assert_eq!(titles, [Some("Misérables, Les (1995)".into()), Some("Seven".into()), None, None]);
    assert_eq!(with.fingerprint, without.fingerprint);
    assert_eq!(sources(&config, folder.path()).unwrap().len(), 2);

    let popular = describe(&with).most_popular;
    assert_eq!(popular[0].title.as_deref(), Some("Misérables, Les (1995)"));
    assert_eq!(popular.iter().map(|item| item.interactions).collect::<Vec<_>>(), [2; 4]);
    let stored = folder.path().join("stored");
    with.write(&stored).unwrap();
    assert_eq!(Dataset::read(&stored).unwrap(), with);
}

/// A dataset whose manifest names the file of titles.
#[test]
fn titles_come_from_the_file_that_the_manifest_names() {
    const TITLES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/titles");
    for (interactions, fixture, named, titles) in [
        ("ml-1m-sasrec.txt", "pairs.txt", "ml-1m-sasrec-titles.tsv", "titles.tsv"),
        ("ml-1m/sequences.txt", "sequences.txt", "ml-1m/movies.dat", "movies.dat"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("ml-1m")).unwrap();
        fs::copy(Path::new(FIXTURES).join(fixture), folder.path().join(interactions)).unwrap();
        fs::copy(Path::new(TITLES).join(titles), folder.path().join(named)).unwrap();
        let config = DatasetConfig {
            min_interactions: 3,
            k_core: Some(1),
            ..DatasetConfig::new(DatasetName::Ml1m)
        };
        let files = [interactions, named].map(|file| folder.path().join(file));
        assert_eq!(sources(&config, folder.path()).unwrap(), files);
        let dataset = load(&config, folder.path()).unwrap();
        assert_eq!(dataset.item_ids, ["5", "7", "30", "100"]);
        let expected = [Some("Misérables, Les (1995)"), Some("\"Seven\""), None, None];
        assert_eq!(dataset.item_titles.unwrap(), expected.map(|title| title.map(str::to_owned)));
    }
}

#[test]
fn files_of_titles_without_the_columns_are_errors() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ml-1m-sasrec.txt");
    fs::copy(Path::new(FIXTURES).join("pairs.txt"), path).unwrap();
    let titles = folder.path().join("ml-1m-sasrec-titles.tsv");
    fs::write(titles, "5\tSeven\n7\tEight\n").unwrap();
    let config = DatasetConfig {
        min_interactions: 3,
        k_core: Some(1),
        ..DatasetConfig::new(DatasetName::Ml1m)
    };
    let message = message(load(&config, folder.path()));
    assert!(message.contains("ml-1m-sasrec-titles.tsv, line 1: found header"), "{message}");
    assert!(message.ends_with("required columns: id and title, separated by tabs"), "{message}");
}

/// A file of one's own, whose configuration names the file of titles.
#[test]
fn titles_come_from_the_file_that_the_configuration_names() {
    const TITLES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/titles/titles.tsv");
    for (interactions, format) in [("pairs.txt", "pairs"), ("sequences.txt", "sequences")] {
        let folder = tempfile::tempdir().unwrap();
        let own = |name: &str| folder.path().join(name);
        fs::copy(Path::new(FIXTURES).join(interactions), own("data")).unwrap();
        let config: DatasetConfig = serde_json::from_value(json!({
            "name": "file",
            "file": {"path": "data", "format": format, "titles": {"file": "names.tsv", "format": "tsv"}},
            "min_interactions": 3,
        }))
        .unwrap();
        assert!(message(load(&config, folder.path())).starts_with("cannot read "));
        fs::create_dir(own("names.tsv")).unwrap();
        assert!(message(load(&config, folder.path())).ends_with("is not a regular file"));
        let message = |content: &str| {
            fs::write(own("names.tsv"), content).unwrap();
            message(load(&config, folder.path()))
        };
        fs::remove_dir(own("names.tsv")).unwrap();
        let found = message("5\tSeven\n7\tEight\n");
        assert!(found.contains("names.tsv, line 1: found header"), "{found}");
        let found = message("id\ttitle\n77\tEight\n");
        assert!(
            found.contains("names.tsv: no line has the id of an item of the dataset, as in \"5\""),
            "{found}"
        );
        fs::copy(TITLES, own("names.tsv")).unwrap();
        assert_eq!(sources(&config, folder.path()).unwrap(), ["data", "names.tsv"].map(own));
        let dataset = load(&config, folder.path()).unwrap();
        let names = item_names(&dataset).unwrap();
        assert_eq!(names.texts, ["Misérables, Les (1995)", "\"Seven\"", "30", "100"]);
        let titles = describe(&dataset).titles.unwrap();
        assert_eq!((titles.untitled, titles.repeated), (2, 0));
    }
}

/// As pandas and polars write them, and as hands do.
#[test]
fn records_of_a_table_may_span_lines_and_have_blanks() {
    let format = json!({"table": {"user": "user", "item": "item", "timestamp": "time"}});
    let plain = "user,item,time\n1,a b,1\n1,c,2\n1,d,3\n2,c,1\n2,a b,2\n2,d,3\n";
    let expected = load_content(plain, &format).unwrap();
    let spaced = " user , item,time\n1 , a b, 1\n1,c,2\n1,d,3\n 2,c,1\n2,a b,2\n2, d ,3\n";
    assert_eq!(load_content(spaced, &format).unwrap().sequences, expected.sequences);
    let broken = plain.replace("a b", "\"a\nb\"");
    let dataset = load_content(&broken, &format).unwrap();
    assert_eq!((dataset.sequences, dataset.rows_bad), (expected.sequences, 0));
    assert!(dataset.item_ids.contains(&"a\nb".to_owned()));
    // A quote that nothing closes takes its own line alone with it.
    let mut many = String::from("user,item,time\n");
    for row in 0..300 {
        many.push_str(&format!("{},{},{row}\n", row % 20, row / 20));
    }
    let open = many.replacen("\n5,0,5\n", "\n\"5,0,5\n", 1);
    let dataset = load_content(&open, &format).unwrap();
    assert_eq!((dataset.rows_read, dataset.rows_bad), (300, 1));
    assert!(dataset.rows_bad_first[0].contains("a quote is not closed"), "{dataset:?}");
}

#[test]
fn a_column_that_is_there_twice_is_refused() {
    let format = json!({"table": {"user": "user", "item": "item"}});
    let message = message(load_content("user,item,x,item\n1,2,3,4\n", &format));
    assert!(message.contains("each once: item is in columns 2 and 4"), "{message}");
}

#[test]
fn a_user_has_one_line_of_a_sequence() {
    let lines: String = (0..30).map(|row| format!("{}\t{row}\t5\t{row}\n", row / 10)).collect();
    let message = message(load_content(&lines, &json!("sequences")));
    assert!(
        message.contains("a second line of user 0; in `sequences` a user has one"),
        "{message}"
    );
}

#[test]
fn tables_may_have_another_encoding() {
    let text = "wer,was\n1,café\n1,thé\n1,crème\n2,thé\n2,café\n2,crème\n";
    let table =
        |encoding: &str| json!({"table": {"user": "wer", "item": "was", "encoding": encoding}});
    let latin: Vec<u8> = text.chars().map(|letter| u8::try_from(letter).unwrap()).collect();
    let utf16 = |bytes: fn(u16) -> [u8; 2]| -> Vec<u8> {
        ['\u{feff}'].into_iter().chain(text.chars()).flat_map(|c| bytes(c as u16)).collect()
    };
    let little = utf16(u16::to_le_bytes);
    let expected = load_content(text, &table("utf-8")).unwrap();
    assert_eq!(expected.item_ids, ["café", "crème", "thé"]);
    for (encoding, bytes) in [
        ("latin-1", &latin),
        ("windows-1252", &latin),
        ("utf-16", &little),
        ("utf-16", &utf16(u16::to_be_bytes)),
    ] {
        let dataset = load_content(bytes, &table(encoding)).unwrap();
        assert_eq!(dataset.fingerprint, expected.fingerprint, "{encoding}");
    }
    let refused = message(load_content(&latin, &table("utf-8")));
    assert!(
        refused.contains("data, line 2: not UTF-8 text; a table in another encoding"),
        "{refused}"
    );
    let cut = message(load_content(&little[..little.len() - 1], &table("utf-16")));
    assert!(cut.contains("data, line 7: not UTF-16 text"), "{cut}");
    // What is in force anyway is not written out, so that records of before are found.
    let written = serde_json::to_string(&config("data", &table("utf-8"), None)).unwrap();
    assert!(!written.contains("encoding"), "{written}");
}
