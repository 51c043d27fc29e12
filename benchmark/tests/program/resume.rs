//! A run that is killed goes on from its last checkpoint, and ends with the same numbers.

use std::path::Path;
use std::time::{Duration, Instant};

use prefsweep_policy::device::Backend;
use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

use crate::place::{Workplace, assert_same_numbers};
use crate::processes::{Victim, runs};

/// Kills of each device and number of workers: four times so many in all.
const KILLS: usize = 13;

/// What takes longer never comes.
const PATIENCE: Duration = Duration::from_secs(120);

/// Few runs that are long, with checkpoints all along.
const EXPERIMENT: &str = "
title: Killed
dataset: {name: synthetic, synthetic: {users: 150, items: 120}}
model: {dim: 16, blocks: 1, heads: 2, feed_forward: 16, max_len: 20}
reference: {epochs: 60, dropout: 0.2, batch_size: 32, early_stopping: {patience: 60}}
preference: {steps: 240, batch_size: 32, dropout: 0.1, gradient_clip: 1.0}
sweep:
  losses: [dynamic_po: {over: dmpo}, ro_dpo: {pool: 20, refresh: 3}]
  negatives: [5]
  seeds: [1, 2]
evaluation: {every: 5, cutoffs: [1, 10]}
";

fn texts(list: &[String]) -> Vec<&str> {
    list.iter().map(String::as_str).collect()
}

/// How often the runs of a store went on from a checkpoint.
fn resumed(results: &Path) -> u64 {
    let mut resumed = 0;
    for kind in ["references", "cells"] {
        for entry in std::fs::read_dir(results.join("store").join(kind)).unwrap() {
            let text = std::fs::read_to_string(entry.unwrap().path().join("provenance.json"));
            let provenance: serde_json::Value = serde_json::from_str(&text.unwrap()).unwrap();
            resumed += provenance["resumed"].as_u64().unwrap_or(0);
        }
    }
    resumed
}

/// Otherwise somebody who starts the sweep again has each run twice at the same time.
#[test]
fn workers_end_with_a_program_that_is_killed_alone() {
    let place = Workplace::new();
    let endless = EXPERIMENT.replace("epochs: 60", "epochs: 100000");
    place.file("experiment.yaml", &endless.replace("patience: 60", "patience: 100000"));
    let arguments = [
        "run",
        "experiment.yaml",
        "--quiet",
        "--device",
        "flex",
        "--workers",
        "2",
        "--checkpoint-every",
        "0",
    ];
    let victim = Victim::start(&mut place.command(&arguments));
    let checkpoints = place.path("results/store/checkpoints");
    let patience = Instant::now();
    // Both references are being trained once they have a checkpoint.
    while std::fs::read_dir(&checkpoints).map_or(0, Iterator::count) < 2 {
        assert!(patience.elapsed() < PATIENCE, "nothing is trained");
        std::thread::sleep(Duration::from_millis(50));
    }
    let workers = victim.kill_alone();
    assert_eq!(workers.len(), 2);
    let patience = Instant::now();
    while workers.iter().any(|worker| runs(*worker)) {
        assert!(patience.elapsed() < PATIENCE, "a worker goes on");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn runs_killed_at_random_moments_end_with_the_same_numbers() {
    let place = Workplace::new();
    place.file("experiment.yaml", EXPERIMENT);
    let mut moments = Xoshiro256PlusPlus::seed_from_u64(50);
    for backend in [Backend::Flex, Backend::Ndarray].into_iter().filter(|b| b.is_built()) {
        let device = backend.name();
        let whole = format!("{device}-whole");
        let arguments = |results: &str, workers: &str| -> Vec<String> {
            let fixed = [
                "run",
                "experiment.yaml",
                "--quiet",
                "--device",
                device,
                "--checkpoint-every",
                "0",
            ];
            let chosen = ["--results", results, "--workers", workers];
            fixed.into_iter().chain(chosen).map(str::to_owned).collect()
        };
        let started = Instant::now();
        let ended = place.run(&texts(&arguments(&whole, "2")));
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        // The moments are spread over what a run without a stop takes, which is mostly training.
        let takes = started.elapsed();
        for workers in ["1", "2"] {
            let results = format!("{device}-{workers}");
            let list = arguments(&results, workers);
            for _ in 0..KILLS {
                let victim = Victim::start(&mut place.command(&texts(&list)));
                std::thread::sleep(takes.mul_f64(moments.random_range(0.03..0.15)));
                victim.kill();
            }
            let ended = place.run(&texts(&list));
            assert_eq!(ended.code, Some(0), "{}", ended.stderr);
            assert_same_numbers(&place.path(&whole), &place.path(&results));
            assert!(resumed(&place.path(&results)) > 0, "no run went on from a checkpoint");
            let left = std::fs::read_dir(place.path(&results).join("store/checkpoints"));
            assert_eq!(left.map_or(0, Iterator::count), 0, "checkpoints of runs that are complete");
        }
        assert_eq!(resumed(&place.path(&whole)), 0);
    }
}
