//! Large data in small: clusters, a sampled objective, and a sample of users to evaluate.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use prefsweep_store::read_rank_rows;

use crate::place::Workplace;

const EXPERIMENT: &str = "
title: Sampled
dataset:
  name: synthetic
  synthetic: {users: 60, items: 200, min_length: 8, max_length: 20, clusters: {count: 8, favourites: 2}}
model: {dim: 8, blocks: 1, heads: 2, feed_forward: 8, max_len: 10}
reference: {epochs: 2, objective: {sampled_softmax: {negatives: 6}}}
preference: {steps: 4}
sweep:
  losses: [softmax_ce, dmpo, dynamic_po: {over: dmpo}]
  negatives: [5]
  seeds: [1, 2]
evaluation: {every: 2, users: 25, cutoffs: [1, 10]}
";

fn done(yaml: &str) -> Workplace {
    let place = Workplace::new();
    place.file("experiment.yaml", yaml);
    let ended = place.run(&["run", "experiment.yaml", "--device", "flex", "--quiet"]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    place
}

fn entries(place: &Workplace) -> Vec<PathBuf> {
    let kinds = ["references", "baselines", "cells"];
    let folders = kinds.map(|kind| place.path("results/store").join(kind));
    let entries = folders.iter().flat_map(|folder| fs::read_dir(folder).unwrap());
    entries.map(|entry| entry.unwrap().path()).collect()
}

/// Of every run the same users, whatever its seed, with the ranks that they have where all are ranked.
#[test]
fn every_run_ranks_the_same_sample() {
    let (some, all) = (done(EXPERIMENT), done(&EXPERIMENT.replace("users: 25, ", "")));
    let ranks = |place: &Workplace| -> Vec<BTreeSet<String>> {
        let rows = |entry: PathBuf| read_rank_rows(&entry.join("ranks.parquet")).unwrap().unwrap();
        let text = |entry| rows(entry).iter().map(|row| format!("{row:?}")).collect();
        entries(place).into_iter().map(text).collect()
    };
    let users = |entry: &PathBuf| -> BTreeSet<u32> {
        let rows = read_rank_rows(&entry.join("ranks.parquet")).unwrap().unwrap();
        rows.iter().map(|row| row.user).collect()
    };
    let sampled: BTreeSet<BTreeSet<u32>> = entries(&some).iter().map(users).collect();
    assert_eq!(sampled.iter().map(BTreeSet::len).collect::<Vec<_>>(), [25], "one sample");
    let (some_ranks, all_ranks) = (ranks(&some), ranks(&all));
    assert_eq!(some_ranks.len(), all_ranks.len());
    for some in &some_ranks {
        assert!(all_ranks.iter().any(|all| some.is_subset(all)));
    }

    let verified = some.run(&["verify", "experiment.yaml"]);
    assert_eq!(verified.code, Some(0), "{}", verified.stdout);
    let report = fs::read_to_string(some.path("results/experiment/report/report.md")).unwrap();
    assert!(report.contains("25 of 60 test users, drawn at random"), "{report}");
    assert!(report.contains("Both rank 25 of 60 test users"), "{report}");
    let report = fs::read_to_string(all.path("results/experiment/report/report.md")).unwrap();
    assert!(report.contains("60 test users") && !report.contains("drawn at random"), "{report}");
    let exported = some.run(&["export", "experiment.yaml", "--to", "tables"]);
    assert_eq!(exported.code, Some(0), "{}", exported.stderr);
}

/// Objectives are an axis; each is a reference of its own.
#[test]
fn objectives_are_an_axis() {
    let axis = "  axes: {reference.objective: [cross_entropy, gbce: {negatives: 6}]}\nevaluation:";
    let place = done(&EXPERIMENT.replace("evaluation:", axis));
    let references = fs::read_dir(place.path("results/store/references")).unwrap().count();
    assert_eq!(references, 4, "two objectives, two seeds");
    let verified = place.run(&["verify", "experiment.yaml"]);
    assert_eq!(verified.code, Some(0), "{}", verified.stdout);
}
