//! Same configuration, same numbers: with any number of workers and threads, interrupted or not.

use prefsweep_policy::device::Backend;

use crate::place::{Workplace, assert_same_numbers};

const EXPERIMENT: &str = "
title: Reproducible
dataset: {name: synthetic, synthetic: {users: 100, items: 120}}
model: {dim: 16, blocks: 1, heads: 2, feed_forward: 16, max_len: 20}
reference: {epochs: 2, dropout: 0.2}
preference: {steps: 8, batch_size: 32, dropout: 0.1, gradient_clip: 1.0}
sweep:
  losses: [s_dpo, ro_dpo: {pool: 20, refresh: 2}, dynamic_po: {over: dmpo}]
  negatives: [1, 5]
  seeds: [1, 2]
evaluation: {every: 4, cutoffs: [1, 10]}
";

fn run(place: &Workplace, results: &str, more: &[&str]) {
    let ended =
        place.run(&[&["run", "experiment.yaml", "--results", results, "--quiet"], more].concat());
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
}

#[test]
fn numbers_do_not_depend_on_workers_or_threads() {
    let place = Workplace::new();
    place.file("experiment.yaml", EXPERIMENT);
    for backend in [Backend::Flex, Backend::Ndarray].into_iter().filter(|b| b.is_built()) {
        let device = backend.name();
        let one = format!("{device}-one");
        run(&place, &one, &["--device", device, "--workers", "1", "--threads", "1"]);
        for (workers, threads) in [("1", "2"), ("3", "1")] {
            let other = format!("{device}-{workers}-{threads}");
            run(&place, &other, &["--device", device, "--workers", workers, "--threads", threads]);
            assert_same_numbers(&place.path(&one), &place.path(&other));
        }
    }
}

#[test]
fn samplers_do_not_depend_on_workers_or_threads() {
    let place = Workplace::new();
    let samplers =
        "  axes: {preference.sampler: [hard: {pool: 20}, popularity, similarity, in_batch]}";
    let losses =
        EXPERIMENT.replace(", ro_dpo: {pool: 20, refresh: 2}, dynamic_po: {over: dmpo}", "");
    place.file("experiment.yaml", &losses.replace("sweep:", &format!("sweep:\n{samplers}")));
    run(&place, "one", &["--device", "flex", "--workers", "1", "--threads", "1"]);
    run(&place, "other", &["--device", "flex", "--workers", "2", "--threads", "2"]);
    assert_same_numbers(&place.path("one"), &place.path("other"));
}

#[test]
fn a_second_run_has_nothing_to_do() {
    let place = Workplace::new();
    place.file("experiment.yaml", EXPERIMENT);
    run(&place, "results", &["--device", "flex"]);
    let again = place.run(&["run", "experiment.yaml", "--device", "flex"]);
    assert!(again.stderr.contains("0 of 18 runs to do"), "{}", again.stderr);
    let plan = place.run(&["plan", "experiment.yaml", "--device", "flex"]);
    assert!(plan.stdout.contains("nothing left to do"), "{}", plan.stdout);
}

/// Though no two runs take the same time.
#[test]
fn equal_results_give_an_equal_verdict() {
    let place = Workplace::new();
    // With the base loss of DynamicPO, whose steps are compared with its own.
    place.file("experiment.yaml", &EXPERIMENT.replace("s_dpo", "dmpo"));
    let report = |results: &str, file: &str| {
        std::fs::read(place.path(results).join("experiment/report").join(file)).unwrap()
    };
    run(&place, "one", &["--device", "flex", "--workers", "1"]);
    run(&place, "other", &["--device", "flex", "--workers", "2"]);
    assert!(report("one", "verdict.json") == report("other", "verdict.json"));
    let [one, other] = ["one", "other"].map(|results| -> serde_json::Value {
        serde_json::from_slice(&report(results, "times.json")).unwrap()
    });
    assert_ne!(one, other);
    for part in ["losses", "measured", "equal_time"] {
        assert!(one[part].as_array().is_some_and(|found| !found.is_empty()), "{part} of {one}");
    }
}

/// Windows has no command that sends Ctrl-C.
#[cfg(unix)]
#[test]
fn an_interrupted_sweep_goes_on_to_the_same_numbers() {
    use std::process::{Command, Stdio};
    use std::time::{Duration, Instant};

    let place = Workplace::new();
    // Long enough that the interrupt comes in the middle.
    place.file("experiment.yaml", &EXPERIMENT.replace("steps: 8", "steps: 60"));
    run(&place, "uninterrupted", &["--device", "flex"]);

    let arguments = ["run", "experiment.yaml", "--results", "interrupted", "--device", "flex"];
    let child =
        place.command(&arguments).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let cells = place.path("interrupted/store/cells");
    let started = Instant::now();
    while std::fs::read_dir(&cells).map_or(0, Iterator::count) < 2 {
        assert!(started.elapsed() < Duration::from_secs(300), "no cell was finished");
        std::thread::sleep(Duration::from_millis(2));
    }
    let killed = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(killed.success());
    let ended: crate::place::Ended = child.wait_with_output().unwrap().into();
    assert_eq!(ended.code, Some(130), "{}", ended.stderr);
    assert!(ended.stderr.contains("the same command resumes here"), "{}", ended.stderr);
    assert!(std::fs::read_dir(&cells).unwrap().count() < 12, "it was stopped before the end");

    run(&place, "interrupted", &["--device", "flex"]);
    assert_same_numbers(&place.path("uninterrupted"), &place.path("interrupted"));
    let drafts = std::fs::read_dir(place.path("interrupted/store/drafts")).unwrap().count();
    assert!(drafts <= 2, "at most the drafts of the two workers that were killed are left");
}
