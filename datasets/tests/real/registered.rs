//! Which file each dataset is loaded from, and the numbers in its manifest.

use std::path::Path;

use prefsweep_datasets::{
    Dataset, DatasetConfig, DatasetName, ItemFeatures, RawFacts, Verdict, load, sources, survey,
    verify,
};

use crate::folder::folder_with;
use crate::sequences::checksum;

/// What the script finds.
struct Expected {
    name: DatasetName,
    /// The file that is loaded, and the files of titles and attributes next to it.
    files: &'static [&'static str],
    /// Users, items and interactions in the file.
    raw: [usize; 3],
    /// The same after default preprocessing.
    prepared: [usize; 3],
    checksum: u64,
    /// Items without a title; None if there is no file of titles.
    untitled: Option<usize>,
}

/// Loads a dataset from the folder of all real data.
fn check(expected: &Expected) {
    let folder = folder_with(expected.files);
    let config = DatasetConfig::new(expected.name);
    let paths: Vec<_> = expected.files.iter().map(|file| folder.join(file)).collect();
    assert_eq!(sources(&config, &folder).unwrap(), paths, "other files come first");
    check_loaded(expected, &config, &folder);

    let checks = verify(expected.name, &folder, false).unwrap();
    assert_eq!(checks.len(), 3, "checksum, raw and prepared data: {checks:?}");
    assert!(checks.iter().all(|check| check.verdict == Verdict::Ok), "{checks:?}");
}

/// Compares the dataset found in `folder` with what is expected, and with its manifest.
fn check_loaded(expected: &Expected, config: &DatasetConfig, folder: &Path) {
    let found = survey(config, folder).unwrap().unwrap();
    let [users, items, interactions] = expected.raw;
    assert_eq!(found.facts, RawFacts { users, items, interactions });
    assert_eq!(found.rows_bad, 0);

    let dataset = load(config, folder).unwrap();
    let size = [dataset.n_users(), dataset.n_items, dataset.n_interactions()];
    assert_eq!(size, expected.prepared);
    assert_eq!(checksum(dataset.sequences.iter().flatten()), expected.checksum);
    let untitled = |titles: &Vec<Option<String>>| titles.iter().filter(|t| t.is_none()).count();
    assert_eq!(dataset.item_titles.as_ref().map(untitled), expected.untitled);

    let has_path = |path: &String| path == expected.files[0];
    let mut files = expected.name.manifest().files.iter();
    let file = files.find(|file| file.paths.iter().any(has_path)).unwrap();
    assert_eq!(file.raw, Some(found.facts));
    let prepared = file.prepared.as_ref().unwrap();
    assert_eq!([prepared.users, prepared.items, prepared.interactions], size);
    assert_eq!(prepared.fingerprint, dataset.fingerprint);
}

/// Loads a dataset from a folder that has only these of its files.
fn check_alone(expected: &Expected) -> Dataset {
    let real = folder_with(expected.files);
    let folder = tempfile::tempdir().unwrap();
    for file in expected.files {
        let copy = folder.path().join(file);
        std::fs::create_dir_all(copy.parent().unwrap()).unwrap();
        std::fs::copy(real.join(file), &copy).unwrap();
    }
    let config = DatasetConfig::new(expected.name);
    check_loaded(expected, &config, folder.path());
    load(&config, folder.path()).unwrap()
}

const MOVIELENS_100K: Expected = Expected {
    name: DatasetName::Ml100k,
    files: &["ml-100k/u.data", "ml-100k/u.item"],
    raw: [943, 1682, 100_000],
    prepared: [943, 1682, 100_000],
    checksum: 696_955_050_799_517_995,
    untitled: Some(0),
};

#[test]
#[ignore = "needs the datasets in PREFSWEEP_DATA_DIR"]
fn movielens_100k() {
    check(&MOVIELENS_100K);
}

/// RecBole's file holds the same ratings.
#[test]
#[ignore = "needs the datasets in PREFSWEEP_DATA_DIR"]
fn movielens_100k_of_recbole() {
    let official = check_alone(&MOVIELENS_100K);
    let recbole =
        check_alone(&Expected { files: &["ml-100k.inter"], untitled: None, ..MOVIELENS_100K });
    assert_eq!(recbole.fingerprint, official.fingerprint);
    assert_eq!(
        recbole,
        Dataset { item_titles: None, features: ItemFeatures::default(), ..official }
    );
}

#[test]
#[ignore = "needs the datasets in PREFSWEEP_DATA_DIR"]
fn movielens_1m() {
    check(&Expected {
        name: DatasetName::Ml1m,
        files: &["ml-1m-sasrec.txt", "ml-1m-sasrec-titles.tsv"],
        raw: [6040, 3416, 999_611],
        prepared: [6040, 3416, 999_611],
        checksum: 2_202_218_810_480_314_262,
        untitled: Some(0),
    });
}

/// The sequences with official ids are used where SASRec's file is missing.
#[test]
#[ignore = "needs the datasets in PREFSWEEP_DATA_DIR"]
fn movielens_1m_with_official_ids() {
    check_alone(&Expected {
        name: DatasetName::Ml1m,
        files: &["ml-1m/sequences.txt", "ml-1m/movies.dat"],
        raw: [6040, 3706, 1_000_209],
        prepared: [6040, 3416, 999_611],
        checksum: 969_210_190_819_906_704,
        untitled: Some(0),
    });
}

#[test]
#[ignore = "needs the datasets in PREFSWEEP_DATA_DIR"]
fn lastfm() {
    check(&Expected {
        name: DatasetName::Lastfm,
        files: &["lastfm-s3rec.txt", "lastfm-s3rec-titles.tsv", "lastfm-s3rec-attributes.json"],
        raw: [1090, 3646, 52_551],
        prepared: [1090, 3646, 52_551],
        checksum: 81_958_273_610_358_534,
        untitled: Some(22),
    });
}

#[test]
#[ignore = "needs the datasets in PREFSWEEP_DATA_DIR"]
fn amazon_beauty() {
    check(&Expected {
        name: DatasetName::AmazonBeauty,
        files: &["beauty-s3rec.txt", "beauty-s3rec-titles.tsv", "beauty-s3rec-attributes.json"],
        raw: [22_363, 12_101, 198_502],
        prepared: [22_363, 12_101, 198_502],
        checksum: 891_105_482_578_030_303,
        untitled: Some(7),
    });
}

#[test]
#[ignore = "needs the datasets in PREFSWEEP_DATA_DIR"]
fn amazon_video_games() {
    check(&Expected {
        name: DatasetName::AmazonVideoGames,
        files: &["video-sasrec.txt"],
        raw: [31_013, 23_715, 287_107],
        prepared: [24_303, 10_672, 231_780],
        checksum: 1_335_641_874_886_242_376,
        untitled: None,
    });
}
