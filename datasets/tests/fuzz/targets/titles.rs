//! Files of titles beside the interactions.

use prefsweep_datasets::{DatasetConfig, load};
use serde_json::{Value, json};

use super::loaders::fixture;
use crate::engine::{Place, fuzz};
use crate::sound::accepted;

#[test]
fn files_of_titles() {
    let of = |data: &str, format: Value, titles: &'static str, content: &[u8]| {
        (fixture(&format!("formats/{data}")), format, titles, content.to_vec())
    };
    let kinds = [
        of("u.data", json!("movielens_tab"), "u.item", b"5|A (1990)|x\n30|B|y\n"),
        of("ratings.dat", json!("movielens_dat"), "movies.dat", &fixture("titles/movies.dat")),
        of(
            "ratings.csv",
            json!("movielens_csv"),
            "movies.csv",
            b"movieId,title\n5,\"A, \"\"b\"\"\"\n",
        ),
        of(
            "amazon.json",
            json!("amazon_json"),
            "meta_data.json",
            b"{'asin': '5', 'title': u'x\\xe9'}\n",
        ),
        of(
            "user_taggedartists-timestamps.dat",
            json!("lastfm_tags"),
            "artists.dat",
            b"id\tname\turl\n5\tA\thttp://a\n",
        ),
    ];
    let seeds: Vec<Vec<u8>> = kinds.iter().map(|(.., content)| content.clone()).collect();
    let places: Vec<(Place, DatasetConfig)> = kinds
        .iter()
        .map(|(data, format, ..)| {
            let place = Place::new();
            place.write("data", data);
            let file = json!({"path": "data", "format": format});
            let config = json!({"name": "file", "file": file, "min_interactions": 3});
            (place, serde_json::from_value(config).unwrap())
        })
        .collect();
    fuzz("files of titles", 1000, &seeds, &[b"asin", b"title", b"5"], |of, input| {
        let (place, config) = &places[of];
        place.write(kinds[of].2, input);
        let loaded = accepted(load(config, place.inside()));
        place.check();
        loaded
    });
}
