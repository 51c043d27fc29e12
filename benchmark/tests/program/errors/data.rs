//! Dataset files.

use std::path::PathBuf;

use polars::prelude::*;
use prefsweep_datasets::FetchError;

use super::case::{Case, call, run, with};
use crate::place::Workplace;

/// An experiment on a file of the user's own: `data/d`.
fn own(what: &'static str, format: &str, more: &str, content: impl Into<Vec<u8>>) -> Case {
    let section = format!("  name: file\n  file: {{path: d, format: {format}}}\n{more}");
    let yaml = with("  name: synthetic\n  synthetic: {users: 60, items: 90}\n", &section);
    run(what, yaml).file("data/d", content)
}

fn table(what: &'static str, more: &str, content: impl Into<Vec<u8>>) -> Case {
    own(what, "{table: {user: u, item: i, timestamp: t}}", more, content)
}

/// Rows of a table: ten users with six items each.
fn rows() -> String {
    let row = |row: usize| format!("{},{},{}\n", row / 6, row % 6 + row / 12, row);
    "u,i,t\n".to_owned() + &(0..60).map(row).collect::<String>()
}

/// The format of pairs, with a file of titles beside it.
const TITLED_PAIRS: &str = "pairs, titles: {file: names.tsv, format: tsv}";

/// The same rows as pairs.
fn pairs() -> String {
    (0..60).map(|row| format!("{} {}\n", row / 6, row % 6 + row / 12)).collect()
}

/// Rows of candidate lists.
fn lists(what: &'static str, content: &str) -> Case {
    own(what, "{candidate_lists: {test: d}}", "", content)
}

/// Writes `data/d` as Parquet.
fn parquet(place: &Workplace, columns: Vec<Column>) {
    std::fs::create_dir_all(place.path("data")).unwrap();
    let mut frame = DataFrame::new(columns[0].len(), columns).unwrap();
    ParquetWriter::new(std::fs::File::create(place.path("data/d")).unwrap())
        .finish(&mut frame)
        .unwrap();
}

fn ids(name: &str) -> Column {
    Column::new(name.into(), (0..40).map(|id| format!("x{id}")).collect::<Vec<_>>())
}

pub(super) fn cases() -> Vec<Case> {
    [places(), tables(), contents(), objects()].into_iter().flatten().collect()
}

fn places() -> Vec<Case> {
    let missing = with("  synthetic: {users: 60, items: 90}\n", "").replace("synthetic", "ml-100k");
    vec![
        run("a dataset that is not there", missing),
        table("a file that is not there", "", "").step(|place| {
            std::fs::remove_file(place.path("data/d")).unwrap();
        }),
        table("a folder in place of the file", "", "").step(|place| {
            std::fs::remove_file(place.path("data/d")).unwrap();
            std::fs::create_dir(place.path("data/d")).unwrap();
        }),
        table("a file in place of the data folder", "", "").step(|place| {
            std::fs::remove_dir_all(place.path("data")).unwrap();
            std::fs::write(place.path("data"), "").unwrap();
        }),
        table("a link that leads nowhere", "", "").step(|place| {
            std::fs::remove_file(place.path("data/d")).unwrap();
            std::os::unix::fs::symlink("nowhere", place.path("data/d")).unwrap();
        }),
        call("a dataset without a download", "data fetch file"),
        call("a dataset that is prepared without a file", "data prepare steam"),
        call("a dataset that is verified without a file", "data verify steam"),
        call("a dataset that is drawn without a file", "data describe steam --plots plots"),
        call("a damaged record of downloads", "data verify amazon-beauty")
            .file("data/amazon-beauty/ratings_Beauty.csv", "a,b,1,2\n")
            .file("data/amazon-beauty/checksums.json", "{\"x\""),
    ]
}

fn tables() -> Vec<Case> {
    let encoded = |what, name: &str, content: &[u8]| {
        let format = format!("{{table: {{user: u, item: i, encoding: {name}}}}}");
        own(what, &format, "", content)
    };
    vec![
        table("an empty table", "", ""),
        table("a header alone", "", "u,i,t\n"),
        table("a header without the columns", "", "user,item,time\n1,2,3\n"),
        table("a column twice", "", "u,i,t,u\n1,2,3,4\n"),
        table("many malformed rows", "", rows() + "1,2\n3,4,soon\n"),
        table("a quote that is not closed", "", rows() + "\"1,2,3\n"),
        table("a table that is not UTF-8", "", b"u,i,t\n1,caf\xe9,3\n".as_slice()),
        table("a damaged gzip file", "", b"\x1f\x8b\x08\x00not gzip".as_slice()),
        table("a gzip file that ends too early", "", b"\x1f\x8b".as_slice()),
        encoded("a table that is not UTF-16", "utf-16", b"u,i\n1"),
        encoded("an unknown encoding", "ascii", b""),
        own("a role without a column", "{table: {user: u}}", "", ""),
        own("one column for two roles", "{table: {user: u, item: u}}", "", ""),
        own("an empty separator", "{table: {user: u, item: i, separator: ''}}", "", ""),
        own("an unknown format", "csv", "", ""),
        own("a format without its settings", "table", "", ""),
        table("a Parquet file that is cut off", "", b"PAR1 and no more".as_slice()),
        table("a Parquet file without a column", "", "")
            .step(|place| parquet(place, vec![ids("u"), ids("i")])),
        table("a Parquet file with a column of another type", "", "")
            .step(|place| parquet(place, vec![ids("u"), ids("i"), ids("t")])),
        table("a Parquet file damaged within", "", "").step(|place| {
            let times = Column::new("t".into(), (0..40_i64).collect::<Vec<_>>());
            parquet(place, vec![ids("u"), ids("i"), times]);
            let mut bytes = std::fs::read(place.path("data/d")).unwrap();
            bytes[4..200].fill(0xff);
            std::fs::write(place.path("data/d"), bytes).unwrap();
        }),
    ]
}

fn contents() -> Vec<Case> {
    vec![
        table("no ratings for min_rating", "  min_rating: 3\n", rows()),
        own(
            "no rating that is high enough",
            "{table: {user: u, item: i, rating: t}}",
            "  min_rating: 100\n",
            rows(),
        ),
        table("nothing to test on", "  split: {ratio: [98, 1, 1], by: interactions}\n", rows()),
        table("a k-core that is empty", "  k_core: 50\n", rows()),
        table("no user with enough interactions", "  min_interactions: 40\n", rows()),
        table("fewer users than are to be sampled", "  sample_users: {count: 500}\n", rows()),
        table("too few items for the candidates", "", rows()),
        own(
            "no times to split by",
            "pairs",
            "  split: {ratio: [8, 1, 1], by: time}\n",
            "1 2\n1 3\n1 4\n1 5\n1 6\n",
        ),
        own("pairs that are none", "pairs", "", "1 2 3\n"),
        own("a file of titles that is not there", TITLED_PAIRS, "", pairs()),
        own("titles without their columns", TITLED_PAIRS, "", pairs())
            .file("data/names.tsv", "1\tCaddyshack\n"),
        own("titles of other items", TITLED_PAIRS, "", pairs())
            .file("data/names.tsv", "id\ttitle\nB1\tCaddyshack\n"),
        own("a title behind a blank in place of a tab", TITLED_PAIRS, "", pairs())
            .file("data/names.tsv", "id\ttitle\n0\t\n1 Caddyshack\n"),
        own("two titles of an item", TITLED_PAIRS, "", pairs())
            .file("data/names.tsv", "id\ttitle\n1\tCaddyshack\n1\tAirplane!\n"),
        vectors("a file of vectors that is not there", None),
        vectors("vectors of other lengths", Some("1\t0.5\t1\n2\t0.5\n")),
        vectors("ids without vectors, below a header", Some("item\tx\n1\n2\n")),
        vectors("a vector with a text in it", Some("1\t0.5\n2\tx\n")),
        vectors("two vectors of an item", Some("1\t0.5\n1\t1\n")),
        vectors("vectors of other items", Some("B1\t0.5\n")),
        own("attributes that are no lists", "pairs", "  features: {attributes: f}\n", pairs())
            .file("data/f", "{\"1\": 3}"),
        own("two lists of an item's attributes", "pairs", "  features: {attributes: f}\n", pairs())
            .file("data/f", "{\"1\": [\"a\"], \"2\": [\"b\"], \"1\": [\"c\"]}"),
        own("sequences of an item", "sequences", "", "1\n"),
    ]
}

fn vectors(what: &'static str, content: Option<&str>) -> Case {
    let case = own(what, "pairs", "  features: {dense: f}\n", pairs());
    match content {
        Some(content) => case.file("data/f", content),
        None => case,
    }
}

fn objects() -> Vec<Case> {
    let steam = |what, content: &str| own(what, "steam_json", "", content);
    vec![
        steam("an object that is cut off", "{\"username\": \"a\""),
        steam("an object without a key", "{\"username\": \"a\", \"product_id\": \"b\"}\n"),
        steam(
            "an object with a value of another type",
            "{\"username\": \"a\", \"product_id\": \"b\", \"date\": 3}\n",
        ),
        steam(
            "an object with an id of another type",
            "{\"username\": [1], \"product_id\": \"b\", \"date\": \"2017-12-31\"}\n",
        ),
        steam(
            "an object with a malformed date",
            "{\"username\": 1, \"product_id\": \"b\", \"date\": \"31.12.2017\"}\n",
        ),
        steam("a line that is no object", "a,b\n"),
        steam("a list in place of an object", "[1, 2]\n"),
        steam("a printed dictionary that is cut off", "{'username': u'a'\n"),
        steam("a printed dictionary without a key", "{'username': u'a'}\n"),
        steam(
            "a printed dictionary with a value of another type",
            "{'username': u'a', 'product_id': [1], 'date': u'2017-12-31'}\n",
        ),
        own(
            "a rating that is a text",
            "amazon_json",
            "",
            "{\"reviewerID\": \"a\", \"asin\": \"b\", \"overall\": \"good\", \"unixReviewTime\": 3}\n",
        ),
        own(
            "a training file twice",
            "{candidate_lists: {test: d, train: t, also: [{path: t}]}}",
            "",
            "[]",
        ),
        own(
            "a domain of no training file",
            "{candidate_lists: {test: d, trained_on: films}}",
            "",
            "[]",
        ),
        lists("candidate lists that are cut off", "[{\"historyList\": \"a"),
        lists("candidate lists that are no list", "{\"historyList\": \"a\"}"),
        lists("no candidate lists", "[]"),
        lists("a row that is a number", "[3]"),
        lists("a row without a key", "[{\"historyList\": \"a\", \"itemList\": [\"b\", \"c\"]}]"),
        lists(
            "a row with a value of another type",
            "[{\"historyList\": \"a\", \"itemList\": \"b\", \"trueSelection\": \"b\"}]",
        ),
        lists(
            "a row with a history of another type",
            "[{\"historyList\": 3, \"itemList\": [\"b\", \"c\"], \"trueSelection\": \"b\"}]",
        ),
        lists(
            "a row whose truth is no candidate",
            "[{\"historyList\": \"a\", \"itemList\": [\"b\", \"c\"], \"trueSelection\": \"d\"}]",
        ),
        lists("candidate lists that are not UTF-8", "").step(|place| {
            std::fs::write(place.path("data/d"), b"[{\"historyList\": \"\xe9\"}]").unwrap();
        }),
    ]
}

/// What is wrong, and the message and exit code of a download, as the program makes them from what a server or the
/// disk would say.
pub(super) fn of_downloads() -> Vec<(&'static str, String, i32)> {
    let path = || PathBuf::from("data/ml-100k/ml-100k.zip");
    let address = "https://files.grouplens.org/datasets/movielens/ml-100k.zip".to_owned();
    let tried = vec![(address, "the server answers 403 Forbidden".to_owned())];
    let by_hand = "get ml-100k.zip some other way".to_owned();
    let reason = || "its SHA-256 is another".to_owned();
    let errors = [
        (
            "a server that refuses",
            FetchError::Unreachable { file: "ml-100k.zip".to_owned(), tried, by_hand },
        ),
        (
            "a file that changed since its download",
            FetchError::Differs { dataset: "ml-100k", path: path(), reason: reason() },
        ),
        (
            "a file that is not the publisher's",
            FetchError::WrongFile { path: path(), reason: reason() },
        ),
        ("another process that downloads it", FetchError::Busy { path: path() }),
    ];
    errors
        .map(|(what, error)| (what, error.to_string(), if error.is_user_error() { 2 } else { 1 }))
        .into()
}
