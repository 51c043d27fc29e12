//! MovieLens 1M: three files of the same ratings, and the official form of half of them.

use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::path::Path;

use prefsweep_datasets::{Dataset, DatasetConfig, DatasetName, load};
use serde_json::json;

use crate::folder::{file_config, folder_with};
use crate::sequences::{checksum, item_set};

const HALF: &str = "ml-1m-half/ratings.dat.gz";
const SEQUENCES: &str = "ml-1m/sequences.txt";

/// `ratings.dat` of users 1 to 2999, with titles.
fn half(folder: &Path, settings: &serde_json::Value) -> Dataset {
    load(&file_config(HALF, &json!("movielens_dat"), settings), folder).unwrap()
}

#[test]
#[ignore = "needs the datasets in PREFSWEEP_DATA_DIR"]
fn official_ratings_are_read() {
    let folder = folder_with(&[HALF, "ml-1m-half/movies.dat"]);
    let dataset = half(&folder, &json!({}));
    assert_eq!((dataset.n_users(), dataset.n_items), (2999, 3615));
    assert_eq!((dataset.rows_read, dataset.rows_bad, dataset.rows_dropped), (487_650, 0, 0));
    assert_eq!(checksum(dataset.sequences.iter().flatten()), 2_083_893_080_962_798_073);
    let titles = dataset.item_titles.unwrap();
    assert_eq!(titles[0].as_deref(), Some("Toy Story (1995)"));
    assert_eq!(titles[3614].as_deref(), Some("Contender, The (2000)"));

    let core = half(&folder, &json!({"k_core": 5}));
    assert_eq!((core.n_users(), core.n_items, core.n_interactions()), (2999, 3266, 486_907));
    assert_eq!(checksum(core.sequences.iter().flatten()), 655_159_275_494_746_148);
}

#[test]
#[ignore = "needs the datasets in PREFSWEEP_DATA_DIR"]
fn a_temporal_split_cuts_all_users_at_the_same_times() {
    let folder = folder_with(&[HALF]);
    let dataset = half(&folder, &json!({"split": {"ratio": [8, 1, 1], "by": "time"}}));
    let users = || 0..dataset.n_users();
    assert_eq!(users().map(|user| dataset.train(user).len()).sum::<usize>(), 390_119);
    assert_eq!(users().filter_map(|user| dataset.validation(user)).count(), 460);
    assert_eq!(users().filter_map(|user| dataset.test(user)).count(), 590);
    let targets: Vec<u32> = users()
        .flat_map(|user| [dataset.validation(user), dataset.test(user)])
        .flatten()
        .map(|case| case.target)
        .collect();
    assert_eq!(checksum(&targets), 412_555_803_418_781_216);
}

/// The sequences with official ids hold the interactions of the official ratings.
#[test]
#[ignore = "needs the datasets in PREFSWEEP_DATA_DIR"]
fn sequences_have_the_official_interactions() {
    let folder = folder_with(&[HALF, SEQUENCES]);
    let official = half(&folder, &json!({}));
    let config = file_config(SEQUENCES, &json!("sequences"), &json!({}));
    let sequences = load(&config, &folder).unwrap();
    assert_eq!(sequences.user_ids[..2999], official.user_ids);
    for user in 0..official.n_users() {
        assert_eq!(item_set(&sequences, user), item_set(&official, user), "user {user}");
    }
}

/// SASRec's file is the 5-core of the same interactions; only ids and the order of ties differ.
#[test]
#[ignore = "needs the datasets in PREFSWEEP_DATA_DIR"]
fn the_file_of_sasrec_has_the_same_interactions() {
    let [titles, users] = ["ml-1m-sasrec-titles.tsv", "ml-1m-sasrec-users.txt"];
    let folder = folder_with(&["ml-1m-sasrec.txt", titles, users, SEQUENCES]);
    let sasrec = load(&DatasetConfig::new(DatasetName::Ml1m), &folder).unwrap();
    let config = file_config(SEQUENCES, &json!("sequences"), &json!({"k_core": 5}));
    let official = load(&config, &folder).unwrap();
    assert_eq!(official.n_items, sasrec.n_items);

    let text = fs::read_to_string(folder.join(titles)).unwrap();
    let rows = text.lines().skip(1).map(|line| line.split('\t').collect::<Vec<_>>());
    let official_item: HashMap<&str, &str> = rows.map(|fields| (fields[0], fields[3])).collect();
    let text = fs::read_to_string(folder.join(users)).unwrap();
    let official_user: HashMap<&str, &str> =
        text.lines().map(|line| line.split_once(' ').unwrap()).collect();
    let user_of: HashMap<&str, usize> =
        official.user_ids.iter().enumerate().map(|(user, id)| (id.as_str(), user)).collect();
    assert_eq!(user_of.len(), sasrec.n_users());
    for (user, id) in sasrec.user_ids.iter().enumerate() {
        let items: BTreeSet<&str> =
            item_set(&sasrec, user).into_iter().map(|item| official_item[item]).collect();
        let other = user_of[official_user[id.as_str()]];
        assert_eq!(items, item_set(&official, other), "user {id}");
    }
}
