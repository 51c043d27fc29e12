//! The verdict of synthetic sweeps with per-user ranks, read back from the files.

mod support;

use std::fs;
use std::path::Path;

use polars::prelude::*;
use prefsweep_report::verdict::{LossVerdict, VERDICT_FORMAT, Verdict, Verdicts};
use prefsweep_report::write_report;
use prefsweep_store::{Index, RANKS_FILE};
use support::World;

const USERS: u32 = 200;

/// Writes ranks in which dmpo loses `fall` places at K > 1 and other losses win one place.
fn with_ranks(world: &World, dir: &Path, fall: u32) -> Index {
    let index = world.write(dir);
    for cell in &index.cells {
        let places = |user: u32| {
            let base = 2 + (user * 7) % 18;
            match (cell.key.negatives, &cell.key.loss.name[..]) {
                (1, _) => base,
                (_, "dmpo") if !user.is_multiple_of(3) => {
                    base + fall + (user + cell.key.seed as u32) % 2
                }
                (_, "dmpo") => base,
                _ => base - 1,
            }
        };
        write_ranks(&dir.join(&cell.dir).join(RANKS_FILE), &places);
    }
    index
}

fn write_ranks(path: &Path, places: &dyn Fn(u32) -> u32) {
    let rows: Vec<(&str, u32)> = ["validation", "test"]
        .into_iter()
        .flat_map(|split| (0..USERS).map(move |user| (split, user)))
        .collect();
    let mut frame = df!(
        "step" => vec![100_u32; rows.len()],
        "split" => rows.iter().map(|row| row.0).collect::<Vec<_>>(),
        "protocol" => vec!["full"; rows.len()],
        "user" => rows.iter().map(|row| row.1).collect::<Vec<_>>(),
        "rank" => rows.iter().map(|row| places(row.1) as f32).collect::<Vec<_>>(),
    )
    .unwrap();
    ParquetWriter::new(fs::File::create(path).unwrap()).finish(&mut frame).unwrap();
}

fn verdicts(dir: &Path) -> (Verdicts, String) {
    let files = write_report(dir, &dir.join("out")).unwrap();
    assert!(files.verdict.ends_with("out/verdict.json"));
    let read = serde_json::from_slice(&fs::read(&files.verdict).unwrap()).unwrap();
    (read, fs::read_to_string(&files.report).unwrap())
}

fn of<'a>(verdicts: &'a Verdicts, label: &str) -> &'a LossVerdict {
    verdicts.losses.iter().find(|loss| loss.label == label).unwrap()
}

#[test]
fn a_fall_is_collapse_and_a_rise_improves() {
    let dir = tempfile::tempdir().unwrap();
    with_ranks(&World::small(), dir.path(), 4);
    let (found, text) = verdicts(dir.path());
    assert_eq!(found.format, VERDICT_FORMAT);
    // For each of two losses three primary comparisons and one pair of K.
    assert_eq!((found.families.primary, found.families.over_negatives), (6, 2));
    let dmpo = of(&found, "dmpo");
    assert_eq!((dmpo.verdict, dmpo.best_k, dmpo.onset_k), (Verdict::Collapse, Some(1), Some(10)));
    let depth = dmpo.larger[0].difference.unwrap();
    assert!(depth.difference < 0.0 && depth.interval.1 < 0.0 && depth.p_holm < 0.05, "{depth:?}");
    assert_eq!((depth.seeds, depth.users), (3, USERS as usize));
    let s_dpo = of(&found, "s_dpo");
    assert_eq!((s_dpo.verdict, s_dpo.best_k), (Verdict::Improves, Some(10)));
    assert!(s_dpo.larger.is_empty());
    assert!(text.find("## Answer").unwrap() < text.find("<summary>Results").unwrap());
    let row = text.lines().find(|line| line.starts_with("| DMPO | 1 | 0.0520 | 0.0463 | **−"));
    assert!(row.is_some_and(|row| row.ends_with(" | collapse |")), "{text}");
    assert!(
        text.contains("| DMPO | 1 | 0.6500 ± 0.0248 | 10 | 0.3046 ± 0.0248 | −0.3454 | 10 |"),
        "{text}"
    );
    assert!(text.contains("> DMPO, K = 1 → 10: **−"), "{text}");
    // Of S-DPO the largest K is the best: the smallest is below it by the same test.
    let below = s_dpo.smaller[0].difference.unwrap();
    let range = s_dpo.range.unwrap();
    assert_eq!((below.p_holm, s_dpo.smaller.len()), (range.p_holm, 1));
    assert!((below.difference + range.difference).abs() < 1e-12);
    assert!((below.interval.0 + range.interval.1).abs() < 1e-9, "{below:?} {range:?}");
}

#[test]
fn equal_ranks_are_a_plateau() {
    let dir = tempfile::tempdir().unwrap();
    let index = World::small().write(dir.path());
    for cell in &index.cells {
        write_ranks(&dir.path().join(&cell.dir).join(RANKS_FILE), &|user| 1 + user % 20);
    }
    let (found, _) = verdicts(dir.path());
    assert!(found.losses.iter().all(|loss| loss.verdict == Verdict::Plateau), "{found:?}");
}

#[test]
fn without_ranks_there_is_no_claim() {
    let dir = tempfile::tempdir().unwrap();
    let index = with_ranks(&World::small(), dir.path(), 4);
    let cell =
        index.cells.iter().find(|c| c.key.loss.name == "dmpo" && c.key.negatives == 10).unwrap();
    fs::remove_file(dir.path().join(&cell.dir).join(RANKS_FILE)).unwrap();
    let (found, text) = verdicts(dir.path());
    let dmpo = of(&found, "dmpo");
    assert_eq!(dmpo.verdict, Verdict::Inconclusive);
    assert!(text.contains("| no per-user ranks |"), "{text}");
    assert_eq!(of(&found, "s_dpo").verdict, Verdict::Improves);
}

#[test]
fn one_seed_says_that_it_covers_users_only() {
    let dir = tempfile::tempdir().unwrap();
    with_ranks(&World { seeds: vec![7], ..World::small() }, dir.path(), 4);
    let (found, text) = verdicts(dir.path());
    assert_eq!(of(&found, "dmpo").larger[0].difference.unwrap().seeds, 1);
    assert!(text.contains(" | collapse (one seed) |"), "{text}");
    assert!(text.contains("- 1 seed: intervals and p cover other users"), "{text}");
}

#[test]
fn one_k_has_no_verdict() {
    let dir = tempfile::tempdir().unwrap();
    with_ranks(&World { negatives: vec![3], ..World::standard() }, dir.path(), 4);
    let (found, text) = verdicts(dir.path());
    assert!(found.losses.iter().all(|loss| loss.verdict == Verdict::NotApplicable));
    let row = text.lines().find(|line| line.starts_with("| DMPO | 3 | 0.05")).unwrap();
    assert!(row.ends_with(" | – | – | no verdict |"), "{row}");
}

#[test]
fn the_same_results_give_the_same_file() {
    let dir = tempfile::tempdir().unwrap();
    with_ranks(&World::small(), dir.path(), 1);
    let read = || {
        let files = write_report(dir.path(), &dir.path().join("out")).unwrap();
        fs::read(files.verdict).unwrap()
    };
    assert_eq!(read(), read());
}
