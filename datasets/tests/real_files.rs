//! The registry's numbers against real files, where they are at hand.

use std::path::Path;

use prefsweep_datasets::{Dataset, DatasetConfig, DatasetName, RawFacts, load, survey};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/datasets");

/// What an independent script counts.
struct Expected {
    raw: RawFacts,
    /// Checksum of the sequences after default preprocessing.
    checksum: u64,
}

fn expected(users: usize, items: usize, interactions: usize, checksum: u64) -> Expected {
    Expected { raw: RawFacts { users, items, interactions }, checksum }
}

/// Σ over all positions in order of c ← (31 c + item + 1) mod 2⁶¹, with users in order of their
/// ids and items numbered in the order of theirs.
fn checksum(dataset: &Dataset) -> u64 {
    dataset
        .sequences
        .iter()
        .flatten()
        .fold(0, |sum, &item| ((u128::from(sum) * 31 + u128::from(item) + 1) % (1 << 61)) as u64)
}

fn check(name: DatasetName, file: &str, expected: &Expected) {
    let folder = Path::new(FOLDER);
    if !folder.join(file).is_file() {
        eprintln!("skipped: no {file} in {FOLDER}");
        return;
    }
    let config = DatasetConfig::new(name);
    let found = survey(&config, folder).unwrap().unwrap();
    assert_eq!(found.path.file_name().unwrap().to_str(), Some(file), "another file came first");
    assert_eq!(found.facts, expected.raw);
    assert_eq!(found.rows_bad, 0);

    let dataset = load(&config, folder).unwrap();
    assert_eq!(checksum(&dataset), expected.checksum);
    let is_it = |path: &String| path == file;
    let page = name.manifest().files.iter().find(|page| page.paths.iter().any(is_it)).unwrap();
    assert_eq!(page.raw, Some(found.facts));
    let prepared = page.prepared.as_ref().unwrap();
    assert_eq!((prepared.users, prepared.items), (dataset.n_users(), dataset.n_items));
    assert_eq!(prepared.interactions, dataset.n_interactions());
    assert_eq!(prepared.fingerprint, dataset.fingerprint);
}

#[test]
fn movielens_100k() {
    let expected = expected(943, 1682, 100_000, 696_955_050_799_517_995);
    check(DatasetName::Ml100k, "ml-100k.inter", &expected);
}

#[test]
fn movielens_1m() {
    let expected = expected(6040, 3416, 994_041, 195_847_993_962_741_416);
    check(DatasetName::Ml1m, "ml-1m-sequences.txt", &expected);
}

#[test]
fn lastfm() {
    let expected = expected(1090, 3646, 52_551, 81_958_273_610_358_534);
    check(DatasetName::Lastfm, "lastfm-s3rec.txt", &expected);
}

#[test]
fn amazon_beauty() {
    let expected = expected(22_363, 12_101, 198_502, 891_105_482_578_030_303);
    check(DatasetName::AmazonBeauty, "beauty-s3rec.txt", &expected);
}

#[test]
fn amazon_video_games() {
    let expected = expected(31_013, 23_715, 287_107, 1_335_641_874_886_242_376);
    check(DatasetName::AmazonVideoGames, "video-sasrec.txt", &expected);
}
