//! Training that goes on from a checkpoint ends where it ends without a stop, to the bit, on both engines.

use std::time::Duration;

use prefsweep::training::{
    Cell, Checkpoint, Evaluation, NotFinite, PreferenceConfig, Stopwatch, train_cells_with,
};
use prefsweep_losses::LossConfig;
use prefsweep_policy::device::Backend;
use prefsweep_policy::{DeviceEngine, Engine, HostEngine};
use prefsweep_store::{CheckpointFile, Kind, Store};

use crate::small_world::World;

/// With a pool that was filled before the last evaluation, and a loss that is compared with its start.
const LOSSES: [&str; 4] =
    ["ro_dpo: {pool: 20, refresh: 3}", "sim_po", "dynamic_po: {over: dmpo}", "sft"];

#[derive(Debug, PartialEq)]
enum Stop {
    AsIf,
    Diverged(NotFinite),
}

impl From<NotFinite> for Stop {
    fn from(error: NotFinite) -> Self {
        Self::Diverged(error)
    }
}

/// What is remembered beside dense layers, settings of it, and how many runs may be trained together.
const MODELS: [(&str, &str, usize); 2] = [
    ("experts: {blocks: last}", ", experts: {router: frozen}", 2),
    ("features: {dense: true}", "", 1),
];

fn world(model: &str, preference: &str) -> World {
    World::of(&format!(
        "
title: test
dataset: {{name: synthetic, synthetic: {{users: 60, items: 90}}}}
model: {{dim: 12, blocks: 2, heads: 2, feed_forward: 20, max_len: 12, {model}}}
preference: {{steps: 16, batch_size: 16, dropout: 0.1, gradient_clip: 0.5{preference}}}
sweep: {{losses: [dpo], negatives: [3], seeds: [1]}}
evaluation: {{every: 4}}",
    ))
}

/// Trains cells until `stop` evaluations of the last one are made; gives what was evaluated, and how often the run
/// was resumed.
fn train(
    engine: &mut dyn Engine,
    cells: &[Cell<'_>],
    file: &CheckpointFile,
    stop: usize,
) -> (Vec<String>, u64) {
    let mut found = Vec::new();
    let mut of_last = 0;
    let watch = Stopwatch::start();
    let mut checkpoint = Checkpoint::to(file.clone(), Duration::ZERO);
    let keep = |index: usize, evaluation: Evaluation| {
        if index + 1 == cells.len() {
            of_last += 1;
            if of_last > stop {
                return Err(Stop::AsIf);
            }
        }
        // Everything that is recorded, with all digits.
        found.push(format!("{index}: {evaluation:?}"));
        Ok(())
    };
    let results = train_cells_with(engine, cells, &mut |_| (), &watch, &mut checkpoint, keep);
    assert!(results.iter().all(|result| !matches!(result, Err(Stop::Diverged(_)))));
    (found, watch.spent().resumed)
}

/// A cell whose evaluations come with weights, so that they are compared too.
fn cell<'a>(
    world: &'a World,
    loss: &'a LossConfig,
    settings: &'a PreferenceConfig,
    negatives: usize,
) -> Cell<'a> {
    Cell { keep_weights: true, ..world.cell(loss, settings, negatives) }
}

#[test]
fn a_run_that_was_stopped_anywhere_ends_as_if_it_had_not_been() {
    for (model, preference, most) in MODELS {
        ends_as_if_it_had_not_been_stopped(&world(model, preference), most);
    }
}

/// Of one run, and of so many together.
fn ends_as_if_it_had_not_been_stopped(world: &World, most: usize) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    let settings = PreferenceConfig { learning_rate: 2e-3, ..world.experiment.preference.clone() };
    for text in LOSSES {
        let loss = serde_saphyr::from_str(text).unwrap();
        let start =
            || world.cell(&loss, &settings, 4).reference.to_parameters(&Backend::Flex.device());
        let optimizer = || world.cell(&loss, &settings, 4).preference.optimizer();
        for together in 1..=most {
            let cells: Vec<Cell<'_>> =
                [4, 2][..together].iter().map(|&k| cell(world, &loss, &settings, k)).collect();
            let policy = cells[0].policy;
            let engine = || -> Box<dyn Engine> {
                let optimizers = vec![optimizer(); together];
                match together {
                    1 => Box::new(HostEngine::new(policy, start(), optimizer())),
                    _ => Box::new(DeviceEngine::new(policy, &start(), optimizers)),
                }
            };
            let whole = store.checkpoint(Kind::Cell, "whole");
            let (expected, resumed) = train(engine().as_mut(), &cells, &whole, usize::MAX);
            assert_eq!((expected.len(), resumed), (5 * together, 0), "{text}");
            whole.remove();
            for stop in 1..5 {
                let parts = store.checkpoint(Kind::Cell, "parts");
                let (_, resumed) = train(engine().as_mut(), &cells, &parts, stop);
                assert_eq!(resumed, 0);
                let (found, resumed) = train(engine().as_mut(), &cells, &parts, usize::MAX);
                // Step 0 is evaluated before there is anything to save.
                assert_eq!(resumed, u64::from(stop > 1), "{text}, {stop} evaluations");
                let mut expected = expected.clone();
                if resumed == 1 {
                    // Cells' evaluations so far come one cell after the other.
                    let past = |line: &String| !expected[..stop * together].contains(line);
                    assert_eq!(
                        found.iter().filter(|line| past(line)).count(),
                        (5 - stop) * together
                    );
                }
                let mut found = found;
                found.sort();
                expected.sort();
                assert_eq!(found, expected, "{text}, {together} together, {stop} evaluations");
                parts.remove();
            }
        }
    }
}

/// Whether weights are kept may be another the second time: then all evaluations have them, or none.
#[test]
fn weights_are_those_of_every_evaluation_or_of_none() {
    let (model, preference, _) = MODELS[1];
    let world = world(model, preference);
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    let loss = serde_saphyr::from_str("dpo").unwrap();
    let settings = world.experiment.preference.clone();
    let train = |keep_weights: bool, stop: usize| {
        let cells = [Cell { keep_weights, ..world.cell(&loss, &settings, 3) }];
        let start = cells[0].reference.to_parameters(&Backend::Flex.device());
        let mut engine = HostEngine::new(cells[0].policy, start, settings.optimizer());
        train(&mut engine, &cells, &store.checkpoint(Kind::Cell, "a"), stop)
    };
    for first in [true, false] {
        train(first, 3);
        let (found, resumed) = train(!first, usize::MAX);
        let with = found.iter().filter(|line| !line.contains("weights: None")).count();
        // What was not kept can only be made again.
        assert_eq!((found.len(), with, resumed), if first { (5, 0, 1) } else { (5, 5, 0) });
        store.checkpoint(Kind::Cell, "a").remove();
    }
}
