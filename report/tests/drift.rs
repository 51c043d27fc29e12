//! Comparing two results whose ranks are known.

use std::fs::File;
use std::path::Path;

use polars::prelude::*;
use prefsweep_report::drift::compare_results;
use prefsweep_store::{CellStatus, INDEX_FILE, Index, RANKS_FILE};

use crate::support::{World, write_index};

/// A small world whose references have ranks too.
fn world() -> (tempfile::TempDir, Index) {
    let dir = tempfile::tempdir().unwrap();
    let index =
        World { betas: vec![0.5, 1.0], first_rank: 20.0, ..World::small() }.write(dir.path());
    for reference in &index.references {
        ranks(&dir.path().join(&reference.dir), |user| 20.0 + user as f32);
    }
    (dir, index)
}

/// Replaces the ranks of a training: ten users, test split, full ranking.
fn ranks(dir: &Path, rank: impl Fn(u32) -> f32) {
    let mut frame = df!(
        "step" => [100_u32; 10],
        "split" => ["test"; 10],
        "protocol" => ["full"; 10],
        "user" => Vec::from_iter(0..10_u32),
        "rank" => (0..10).map(rank).collect::<Vec<f32>>(),
        "competitors" => [100_u32; 10]
    )
    .unwrap();
    let file = File::create(dir.join(RANKS_FILE)).unwrap();
    ParquetWriter::new(file).finish(&mut frame).unwrap();
}

#[test]
fn the_same_results_are_identical_to_the_bit() {
    let ((a, index), (b, _)) = (world(), world());
    let found = compare_results(a.path(), &b.path().join(INDEX_FILE)).unwrap();
    assert_eq!(found.reasons(true), Vec::<String>::new());
    // References, and two losses at two K and two betas; three metrics each.
    assert_eq!(found.rows.len(), 9 * 3);
    assert!(found.rows.iter().all(|row| row.identical && row.difference.is_none()));
    assert_eq!(index.cells.len(), 24);
    assert!(found.markdown().contains("| dmpo, beta=0.5 | 10 | full | NDCG@10 | 3 |"));
}

/// The compact form loses nothing: comparing with it is comparing with the results.
#[test]
fn an_export_stands_for_the_results() {
    let (a, _) = world();
    let (b, index) = world();
    ranks(&b.path().join(&index.cells[3].dir), |user| 1.5 + user as f32);
    let out = a.path().join("export");
    prefsweep_report::export(a.path(), &out, false).unwrap();
    let mut of_export = compare_results(&out, b.path()).unwrap();
    let of_results = compare_results(a.path(), b.path()).unwrap();
    assert_eq!(of_export.reasons(true), of_results.reasons(true));
    of_export.a.clone_from(&of_results.a);
    assert_eq!(of_export, of_results);
    assert!(of_results.rows.iter().any(|row| !row.identical));
}

/// Ranks from 20 to 34 are worth nothing at 10; ranks 1 and 2 alternating are worth
/// 5 · 1 + 5 / log2(3), over ten.
#[test]
fn a_large_difference_is_drift_and_its_size_is_known() {
    let ((a, _), (b, index)) = (world(), world());
    for cell in index.cells.iter().filter(|cell| cell.key.series().to_string() == "dmpo, beta=0.5")
    {
        if cell.key.negatives == 10 {
            ranks(&b.path().join(&cell.dir), |user| 1.0 + (user % 2) as f32);
        }
    }
    let found = compare_results(a.path(), b.path()).unwrap();
    let changed: Vec<_> = found.rows.iter().filter(|row| !row.identical).collect();
    assert_eq!(changed.len(), 3);
    let ndcg = changed[0];
    assert_eq!((ndcg.label.as_str(), ndcg.negatives), ("dmpo, beta=0.5", Some(10)));
    assert_eq!((ndcg.a, ndcg.seeds, ndcg.moved), (0.0, 3, Some(30)));
    assert!((ndcg.b - (0.5 + 0.5 * 0.630_929_753_571)).abs() < 1e-9, "{}", ndcg.b);
    let difference = ndcg.difference.unwrap();
    assert!((difference.difference - ndcg.b).abs() < 1e-12);
    assert!(difference.p_holm < 0.05 && difference.p <= difference.p_holm, "{difference:?}");
    let reasons = found.reasons(false);
    assert_eq!(reasons.len(), 3, "{reasons:?}");
    assert!(reasons[0].starts_with("dmpo, beta=0.5, K = 10, full, NDCG@10: "), "{reasons:?}");
}

/// One user's rank is one place lower: nothing to establish, yet not the same.
#[test]
fn a_small_difference_is_drift_only_when_exactness_is_asked_for() {
    let ((a, _), (b, index)) = (world(), world());
    ranks(&b.path().join(&index.references[0].dir), |user| {
        if user == 7 { 28.0 } else { 20.0 + user as f32 }
    });
    let found = compare_results(a.path(), b.path()).unwrap();
    assert_eq!(found.reasons(false), Vec::<String>::new());
    assert_eq!(found.reasons(true), ["reference, full: 1 ranks differ"]);
}

#[test]
fn what_only_one_side_has_is_listed() {
    let ((a, _), (b, mut index)) = (world(), world());
    index.cells[0].status = CellStatus::Missing;
    write_index(b.path(), &index);
    let found = compare_results(a.path(), b.path()).unwrap();
    assert_eq!(found.only_in_a, ["dmpo, beta=0.5, K = 1, seed 11"]);
    assert!(found.only_in_b.is_empty());
    assert_eq!(found.reasons(false).len(), 1);
    // More than there was is no drift.
    let back = compare_results(b.path(), a.path()).unwrap();
    assert_eq!(back.only_in_b.len(), 1);
    assert_eq!(back.reasons(true), Vec::<String>::new());
}

#[test]
fn users_of_other_data_are_not_paired() {
    let ((a, _), (b, mut index)) = (world(), world());
    index.dataset.candidates_fingerprint = "other".to_owned();
    write_index(b.path(), &index);
    let found = compare_results(a.path(), b.path()).unwrap();
    assert_eq!(found.unpaired.keys().collect::<Vec<_>>(), ["candidates"]);
    index.dataset.fingerprint = "other".to_owned();
    write_index(b.path(), &index);
    let found = compare_results(a.path(), b.path()).unwrap();
    assert!(found.rows.iter().all(|row| row.moved.is_none() && !row.identical));
    assert_eq!(found.reasons(false).len(), 2);
    assert!(found.markdown().contains("not paired"));
}

/// As a hand or a faulty program may write them.
#[test]
fn impossible_ranks_are_refused() {
    let (a, _) = world();
    let out = a.path().join("out");
    prefsweep_report::export(a.path(), &out, false).unwrap();
    let file = out.join("ranks.parquet");
    let good = ParquetReader::new(File::open(&file).unwrap()).finish().unwrap();
    let write = |frame: &DataFrame| {
        ParquetWriter::new(File::create(&file).unwrap()).finish(&mut frame.clone()).unwrap();
        compare_results(&out, &out)
    };
    assert!(write(&good).is_ok());
    let ranks: Vec<f32> = good.column("rank").unwrap().f32().unwrap().into_no_null_iter().collect();
    for rank in [0.0, -3.0, f32::NAN, 1e9] {
        let mut changed = ranks.clone();
        changed[5] = rank;
        let mut frame = good.clone();
        frame.with_column(Column::new("rank".into(), changed)).unwrap();
        let message = write(&frame).unwrap_err().to_string();
        assert!(
            message.contains(&format!("row 6: found the rank {rank}, allowed 1 to ")),
            "{message}"
        );
    }
    let twice = good.vstack(&good.tail(Some(1))).unwrap();
    let message = write(&twice).unwrap_err().to_string();
    assert!(message.contains("ranks in run"), "{message}");
}

/// A user's ranks lie together in what is written, a run's in earlier exports.
#[test]
fn the_order_of_exported_rows_does_not_matter() {
    let (a, _) = world();
    let out = a.path().join("out");
    prefsweep_report::export(a.path(), &out, false).unwrap();
    let file = out.join("ranks.parquet");
    let by_user = ParquetReader::new(File::open(&file).unwrap()).finish().unwrap();
    let users: Vec<u32> =
        by_user.column("user").unwrap().u32().unwrap().into_no_null_iter().collect();
    assert!(users.is_sorted() && users[0] == users[1]);
    let by_run = by_user.sort(["id", "protocol"], SortMultipleOptions::new()).unwrap();
    assert!(!by_run.equals_missing(&by_user));
    ParquetWriter::new(File::create(&file).unwrap()).finish(&mut by_run.clone()).unwrap();
    let found = compare_results(a.path(), &out).unwrap();
    assert_eq!(found.reasons(true), Vec::<String>::new());
    assert!(found.rows.iter().all(|row| row.identical));
}
