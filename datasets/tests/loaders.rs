//! Every form of file, from small invented ones, sound and broken.

use std::fs;
use std::io::Write;
use std::path::Path;

use recpo_datasets::{DataError, Dataset, DatasetConfig, DatasetName, load, survey};
use serde_json::{Value, json};

const FORMS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/forms");

fn config(path: &str, format: &Value, min_rating: Option<f64>) -> DatasetConfig {
    let config = json!({
        "name": "file",
        "file": {"path": path, "format": format},
        "min_interactions": 3,
        "min_rating": min_rating,
    });
    serde_json::from_value(config).unwrap()
}

fn load_form(path: &str, format: &Value) -> Result<Dataset, DataError> {
    load(&config(path, format, None), Path::new(FORMS))
}

/// Loads `content` in the given form.
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

/// The forms with a file of the same interactions each.
fn forms() -> Vec<(&'static str, Value)> {
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
fn every_form_gives_the_same_dataset() {
    for (path, format) in forms() {
        let dataset = load_form(path, &format).unwrap_or_else(|error| panic!("{path}: {error}"));
        assert_eq!(dataset.user_ids, ["2", "10"], "{path}");
        assert_eq!(dataset.item_ids, ["5", "7", "30", "100"], "{path}");
        // As in `movielens.rs`, where the order is spelt out.
        assert_eq!(dataset.sequences, [[0, 2, 1, 3], [0, 1, 2, 3]], "{path}");
        let read = if path.starts_with("user_tagged") { 33 } else { 11 };
        assert_eq!((dataset.rows_read, dataset.rows_bad), (read, 0), "{path}");
        assert_eq!(dataset.rows_dropped, read - 8, "{path}");
    }
}

#[test]
fn surveys_count_what_is_in_the_file() {
    for (path, format) in forms() {
        let found = survey(&config(path, &format, None), Path::new(FORMS)).unwrap().unwrap();
        assert_eq!((found.facts.users, found.facts.items), (3, 5), "{path}");
        assert!(found.path.ends_with(path));
    }
    let generated = DatasetConfig::new(DatasetName::Synthetic);
    assert_eq!(survey(&generated, Path::new(FORMS)).unwrap(), None);
}

#[test]
fn ratings_are_read_where_a_form_has_them() {
    for (path, format) in forms() {
        let loaded = load(&config(path, &format, Some(2.0)), Path::new(FORMS));
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
    let rated = load(&config("table.tsv", &format, Some(2.0)), Path::new(FORMS)).unwrap();
    assert_eq!(rated.rows_dropped, 4);
}

#[test]
fn registered_datasets_are_found_under_their_official_names() {
    for (name, path, form) in [
        (DatasetName::Ml1m, "ml-1m/ratings.dat", "ratings.dat"),
        (DatasetName::Ml1m, "ml-1m.inter", "any-order.inter"),
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
        fs::copy(Path::new(FORMS).join(form), &place).unwrap();
        let config =
            DatasetConfig { min_interactions: 3, k_core: Some(1), ..DatasetConfig::new(name) };
        let dataset = load(&config, folder.path()).unwrap();
        assert_eq!(dataset.name, name.as_str());
        assert_eq!(dataset.sequences, [[0, 2, 1, 3], [0, 1, 2, 3]], "{name}");
        // The page asks for a core that so few rows do not have.
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
        let page = name.manifest();
        assert!(message.contains(&page.addresses[0]), "{message}");
        assert!(message.contains(&page.condition), "{message}");
        for path in page.files.iter().flat_map(|file| &file.paths) {
            assert!(message.contains(path.as_str()), "{path} in {message}");
        }
    }
    let own = message(load(&config("nowhere.csv", &json!("pairs"), None), folder.path()));
    assert!(own.contains("cannot read") && own.contains("nowhere.csv"), "{own}");
    let own = message(load(&config("", &json!("pairs"), None), folder.path()));
    assert!(own.starts_with("file.path"), "{own}");
    let own = message(load(&config(".", &json!("pairs"), None), folder.path()));
    assert!(own.ends_with("is not a plain file"), "{own}");
}

#[test]
fn broken_python_literals_are_malformed_lines() {
    let whole = fs::read_to_string(Path::new(FORMS).join("steam-python.json")).unwrap();
    let broken = whole.replacen("u'username': '10', ", "u'username': '10' ", 1);
    let message = message(load_content(&broken, &json!("steam_json")));
    assert!(message.contains("1 of 11 rows are malformed"), "{message}");
    assert!(message.contains("line 1 \"{u'username"), "{message}");
    assert!(message.contains("a broken literal: 'u' instead of ',' or '}'"), "{message}");
    // Few among many are left out and counted.
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
        (json!("amazon_json"), "{\"reviewerID\": \"u\"", "not the JSON that is needed: EOF"),
        (json!("amazon_json"), "{\"reviewerID\": \"u\"}", "missing field `asin`"),
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
        (json!("pairs"), "1 2 3", "3 fields instead of 2"),
    ] {
        let message = message(load_content(format!("{line}\n"), &format));
        assert!(message.contains(&format!("line 1 {line:?}: ")), "{message}");
        assert!(message.contains(reason), "{reason} in {message}");
    }
}

#[test]
fn unusable_ratings_are_malformed_only_where_they_are_needed() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("data"), "1\t1\t-\t1\n1\t2\t-\t2\n1\t3\t-\t3\n").unwrap();
    let config = |least| config("data", &json!("movielens_tab"), least);
    assert_eq!(load(&config(None), folder.path()).unwrap().n_interactions(), 3);
    let message = message(load(&config(Some(1.0)), folder.path()));
    assert!(message.contains("rating \"-\" is not a number"), "{message}");
}

#[test]
fn wrong_headers_name_the_needed_columns() {
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
        assert!(message.contains(&format!("needed are the columns {needed}")), "{message}");
    }
}

#[test]
fn tables_without_times_are_in_time_order() {
    let text = "u,i\n1,9\n2,4\n1,3\n1,5\n";
    let dataset = load_content(text, &json!({"table": {"user": "u", "item": "i"}})).unwrap();
    assert_eq!(dataset.item_ids, ["3", "5", "9"]);
    assert_eq!(dataset.sequences, [[2, 0, 1]]);
}

#[test]
fn damaged_compressed_files_are_errors() {
    let whole = fs::read(Path::new(FORMS).join("amazon.json.gz")).unwrap();
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
fn malformed_lines_of_a_large_file_are_within_bounds_and_counted() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data");
    let mut file = fs::File::create(&path).unwrap();
    for row in 0..5000 {
        let line = if row % 200 == 7 { "{}".to_owned() } else { sound(row) };
        writeln!(file, "{line}").unwrap();
    }
    drop(file);
    let config = config("data", &json!("amazon_json"), None);
    let dataset = load(&config, folder.path()).unwrap();
    assert_eq!((dataset.rows_read, dataset.rows_bad), (5000, 25));
    assert_eq!(dataset.n_interactions() + dataset.rows_dropped, 4975);
}

fn sound(row: usize) -> String {
    let (user, item) = (row % 50, row / 50);
    json!({"reviewerID": format!("u{user}"), "asin": item, "unixReviewTime": row}).to_string()
}
