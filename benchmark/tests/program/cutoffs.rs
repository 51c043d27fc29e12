//! Metrics at cut-offs that were not asked for when the runs were trained.

use std::fs;

use crate::place::{EXPERIMENT, Ended, Workplace, assert_same_numbers, numbers};

fn run(place: &Workplace, results: &str, cutoffs: &str) -> Ended {
    let set = format!("evaluation.cutoffs={cutoffs}");
    let common = [
        "run",
        "experiment.yaml",
        "--device",
        "flex",
        "--quiet",
        "--name",
        "e",
        "--results",
        results,
    ];
    place.run(&[&common[..], &["--set", &set]].concat())
}

/// Reference, baselines and cells, from the ranks of other cut-offs; every number is that of training anew.
#[test]
fn ranks_that_are_there_give_metrics_at_other_cut_offs_without_training() {
    let place = Workplace::new();
    place.file("experiment.yaml", EXPERIMENT);
    let first = run(&place, "results", "[1,10]");
    assert_eq!(first.code, Some(0), "{}", first.stderr);
    let before = numbers(&place.path("results")).len();

    fs::remove_dir_all(place.path("results/e")).unwrap();
    let second = run(&place, "results", "[3,10,50]");
    assert_eq!(second.code, Some(0), "{}", second.stderr);
    let says = "7 runs of other cut-offs: their metrics are computed from the ranks that are there";
    assert!(second.stderr.contains(says), "{}", second.stderr);
    assert!(place.run(&["verify", "results/e"]).code == Some(0));
    assert_eq!(numbers(&place.path("results")).len(), 2 * before);

    assert_eq!(run(&place, "anew", "[3,10,50]").code, Some(0));
    // Takes the runs at the first cut-offs away.
    let third = place.run(&["store", "gc", "--results", "results", "--yes"]);
    assert_eq!(third.code, Some(0), "{}", third.stderr);
    assert_same_numbers(&place.path("results"), &place.path("anew"));
}

/// `--retrain` takes nothing over either, whatever other cut-offs know.
#[test]
fn what_is_to_be_trained_again_is_trained() {
    let place = Workplace::new();
    place.file("experiment.yaml", EXPERIMENT);
    assert_eq!(run(&place, "results", "[1,10]").code, Some(0));
    fs::remove_dir_all(place.path("results/e")).unwrap();
    assert_eq!(run(&place, "results", "[3,10]").code, Some(0));
    let set = ["--name", "e", "--set", "evaluation.cutoffs=[3,10]", "--retrain", "dmpo"];
    let command = ["run", "experiment.yaml", "--device", "flex", "--quiet"];
    let again = place.run(&[&command[..], &set].concat());
    assert_eq!(again.code, Some(0), "{}", again.stderr);
    let says = "--retrain dmpo: 2 results will be made again; 2 results of other cut-offs, which other experiments name, \
                will be computed from them";
    assert!(again.stderr.contains(says), "{}", again.stderr);
    assert!(!again.stderr.contains("from the ranks that are there"), "{}", again.stderr);
    // Of what was taken out nothing is left for a later call to take over, should this one be stopped.
    assert_eq!(fs::read_dir(place.path("results/store/cells")).unwrap().count(), 2);
}

/// What is damaged gets no new hash: it is trained.
#[test]
fn damaged_runs_are_trained_anew() {
    let place = Workplace::new();
    place.file("experiment.yaml", EXPERIMENT);
    assert_eq!(run(&place, "results", "[1,10]").code, Some(0));
    for (path, _) in numbers(&place.path("results")) {
        if path.ends_with("ranks.parquet") {
            let path = place.path("results").join(path);
            let mut bytes = fs::read(&path).unwrap();
            let middle = bytes.len() / 2;
            bytes[middle] ^= 1;
            fs::write(&path, bytes).unwrap();
        }
    }
    fs::remove_dir_all(place.path("results/e")).unwrap();
    let second = run(&place, "results", "[3,10]");
    assert_eq!(second.code, Some(0), "{}", second.stderr);
    assert!(!second.stderr.contains("of other cut-offs"), "{}", second.stderr);
}
