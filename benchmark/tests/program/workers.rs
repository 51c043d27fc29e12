//! Workers that cannot be started, here because the program may open too few files for their pipes.

use std::process::Command;

use crate::place::{EXPERIMENT, Ended, Workplace, assert_same_numbers};

/// Fewer files are open in any program.
const FEWEST: u32 = 4;
/// More files are open in none of the runs here.
const MOST: u32 = 128;

/// Runs the program where it may open so many files.
fn run_with(place: &Workplace, files: u32, results: &str, workers: &str) -> Ended {
    let limited = format!("ulimit -n {files}; exec \"$0\" \"$@\"");
    let program = assert_cmd::cargo::cargo_bin!("prefsweep");
    let mut shell = Command::new("sh");
    shell.args(["-c", &limited]).arg(program).args(["run", "experiment.yaml", "--device", "flex"]);
    shell.args(["--results", results, "--workers", workers]);
    shell.current_dir(place.path(".")).output().unwrap().into()
}

fn run(place: &Workplace, results: &str) {
    let ended = place.run(&["run", "experiment.yaml", "--device", "flex", "--results", results]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
}

/// How many files a process needs is the platform's: the limit is found by trying.
#[test]
fn a_worker_that_cannot_start_leaves_its_runs_to_the_others() {
    let place = Workplace::new();
    // Long enough that all workers are wanted at the same time.
    let experiment = EXPERIMENT.replace("epochs: 1", "epochs: 200").replace("[1]", "[1, 2, 3, 4]");
    place.file("experiment.yaml", &experiment);
    run(&place, "whole");
    let mut some = None;
    for files in FEWEST..MOST {
        let _ = std::fs::remove_dir_all(place.path("some"));
        let ended = run_with(&place, files, "some", "4");
        if ended.stderr.contains("is taken out, the others do its runs") && ended.code == Some(0) {
            some = Some(ended);
            break;
        }
    }
    let ended = some.expect("with so many files some workers start and others do not");
    let counted = ended.stderr.lines().last().unwrap();
    assert!(counted.contains(" runs done in ") && !counted.contains("failed"), "{counted}");
    assert_same_numbers(&place.path("whole"), &place.path("some"));
}

#[test]
fn without_any_worker_nothing_is_lost() {
    let place = Workplace::new();
    place.file("experiment.yaml", EXPERIMENT);
    let none = |files| {
        let ended = run_with(&place, files, "results", "2");
        ended.stderr.contains("is taken out, none is left").then_some(ended)
    };
    let ended = (FEWEST..MOST).find_map(none).expect("with so few files no worker starts");
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    let said = "the planned runs have no result; the same command tries them again";
    assert!(ended.stderr.contains(said), "{}", ended.stderr);
    assert!(ended.stderr.contains("of 2 could not be started"), "{}", ended.stderr);
    run(&place, "results");
}
