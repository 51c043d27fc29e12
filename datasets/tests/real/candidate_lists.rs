//! Released candidate lists.

use std::collections::HashSet;
use std::fs;

use prefsweep_datasets::{CandidateConfig, Candidates, Dataset, load};
use serde_json::{Value, json};

use crate::folder::{file_config, folder_with};

fn titles<'a>(dataset: &'a Dataset, items: &[u32]) -> Vec<&'a str> {
    items.iter().map(|&item| dataset.item_ids[item as usize].as_str()).collect()
}

/// LastFM of the S-DPO release: every row is one instance with its own candidates.
#[test]
#[ignore = "needs the datasets in PREFSWEEP_DATA_DIR"]
fn instances_are_the_rows_of_the_release() {
    let names = ["lastfm-cans20-val.json", "lastfm-cans20-test.json"];
    let folder = folder_with(&names);
    let format = json!({"candidate_lists": {"test": names[1]}});
    let dataset = load(&file_config(names[0], &format, &json!({})), &folder).unwrap();
    assert_eq!((dataset.n_users(), dataset.n_items, dataset.rows_bad), (2767 + 2495, 4606, 0));
    let candidates = Candidates::sample(&dataset, &CandidateConfig::default()).unwrap();
    let mut user = 0;
    for (part, name) in names.iter().enumerate() {
        let rows: Vec<Value> =
            serde_json::from_str(&fs::read_to_string(folder.join(name)).unwrap()).unwrap();
        for row in rows {
            let instances = [dataset.validation(user), dataset.test(user)];
            assert_eq!(instances[1 - part], None);
            let instance = instances[part].unwrap();
            let history = titles(&dataset, instance.history).join("::");
            assert_eq!(history, row["historyList"].as_str().unwrap());
            let target = titles(&dataset, &[instance.target])[0];
            assert_eq!(target, row["trueSelection"].as_str().unwrap());
            let list: HashSet<&str> =
                row["itemList"].as_array().unwrap().iter().map(|t| t.as_str().unwrap()).collect();
            let mut ranked: HashSet<&str> =
                titles(&dataset, &candidates.negatives[user]).into_iter().collect();
            assert_eq!(ranked.len(), 19);
            ranked.insert(target);
            assert_eq!(ranked, list);
            user += 1;
        }
    }
    // No training sequence contains a whole test row.
    let held_out: HashSet<&[u32]> =
        (2767..user).map(|user| dataset.sequences[user].as_slice()).collect();
    let mut cut = 0;
    for user in 0..2767 {
        let train = dataset.train(user);
        cut += usize::from(train.len() + 1 < dataset.sequences[user].len());
        for start in 0..train.len() {
            assert!((start + 1..=train.len()).all(|end| !held_out.contains(&train[start..end])));
        }
    }
    assert_eq!(cut, 16);
}

/// Rows, titles and training interactions of every release with a training file.
#[test]
#[ignore = "needs the datasets in PREFSWEEP_DATA_DIR"]
fn releases_have_the_expected_sizes() {
    for (name, train, rows, items, interactions) in [
        ("lastfm-cans20", "train-users", [976, 2767, 2495], 4606, 50_030),
        // Joined histories: `:wumpscut:` is one artist.
        ("lastfm-cans20", "train", [47_872, 2767, 2495], 4606, 502_474),
        ("ml-100k-cans20", "train", [754, 94, 95], 1659, 68_389),
        ("steam-llara", "train-sample", [1000, 1184, 1186], 3581, 10_948),
        ("goodreads-sprec", "train", [3990, 500, 500], 4058, 43_885),
    ] {
        let files = [train, "val", "test"].map(|part| format!("{name}-{part}.json"));
        let folder = folder_with(&files.each_ref().map(String::as_str));
        let format = json!({"candidate_lists": {"train": files[0], "test": files[2]}});
        let dataset = load(&file_config(&files[1], &format, &json!({})), &folder).unwrap();
        let users = || 0..dataset.n_users();
        assert_eq!(dataset.n_users(), rows.iter().sum::<usize>(), "{name}");
        assert_eq!(users().filter_map(|user| dataset.validation(user)).count(), rows[1], "{name}");
        assert_eq!(users().filter_map(|user| dataset.test(user)).count(), rows[2], "{name}");
        assert_eq!((dataset.n_items, dataset.rows_bad), (items, 0), "{name}");
        let trained: usize = users().map(|user| dataset.train(user).len()).sum();
        assert_eq!(trained, interactions, "{name}");
    }
}
