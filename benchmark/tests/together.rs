//! Cells trained together, as replicas of one tensor program, end where they end when trained alone.

use prefsweep::training::{
    Cell, Checkpoint, Evaluation, NotFinite, PreferenceConfig, Progress, Stopwatch, train_cells,
    train_cells_with,
};
use prefsweep_losses::LossConfig;
use prefsweep_policy::DeviceEngine;
use prefsweep_policy::device::Backend;

use crate::small_world::World;

/// Losses, K, beta and learning rate of the cells.
const CELLS: [(&str, usize, f64, f64); 5] = [
    ("dpo", 1, 1.0, 1e-3),
    ("s_dpo", 5, 0.5, 2e-3),
    ("dmpo", 3, 1.0, 1e-3),
    ("dynamic_po: {over: dmpo}", 5, 1.0, 5e-4),
    ("dynamic_po: {over: s_dpo}", 4, 2.0, 1e-3),
];

/// Losses of a reference's log-normalisers beside one that does without, which has the most negatives.
const ABSOLUTE: [(&str, usize, f64, f64); 4] = [
    ("dpo", 5, 1.0, 1e-3),
    ("ada_dpo", 3, 0.5, 1e-3),
    ("nca", 4, 1.0, 1e-3),
    ("ada: {over: {dynamic_po: {over: s_dpo}}}", 2, 1.0, 5e-4),
];

const POOLS: [(&str, usize, f64, f64); 2] =
    [("ro_dpo: {pool: 20}", 4, 0.5, 2e-3), ("ro_dpo: {pool: 20}", 2, 1.0, 1e-3)];

fn world() -> World {
    World::of(
        "
title: test
dataset: {name: synthetic, synthetic: {users: 60, items: 90}}
model: {dim: 12, blocks: 2, heads: 2, feed_forward: 20, max_len: 12}
preference: {steps: 12, batch_size: 16, dropout: 0.1, gradient_clip: 0.5}
sweep: {losses: [dpo], negatives: [3], seeds: [1]}
evaluation: {every: 4}",
    )
}

fn settings(
    world: &World,
    cells: &[(&str, usize, f64, f64)],
) -> Vec<(LossConfig, PreferenceConfig)> {
    let settings = cells.iter().map(|&(loss, _, beta, learning_rate)| {
        let preference =
            PreferenceConfig { beta, learning_rate, ..world.experiment.preference.clone() };
        (serde_saphyr::from_str(loss).unwrap(), preference)
    });
    settings.collect()
}

fn alone(cell: &Cell<'_>) -> Vec<Evaluation> {
    let mut found = Vec::new();
    let cells = std::slice::from_ref(cell);
    let trained = train_cells(
        cells,
        &mut |_| (),
        &Stopwatch::start(),
        &mut Checkpoint::off(),
        |_, evaluation| {
            found.push(evaluation);
            Ok(())
        },
    );
    assert_eq!(trained, [Ok::<(), NotFinite>(())]);
    found
}

type Trained = (Result<(), NotFinite>, Vec<Evaluation>);

/// With the engine of GPUs, which computes anywhere.
fn together(cells: &[Cell<'_>], progress: Progress<'_>) -> Vec<Trained> {
    let mut found: Vec<Vec<Evaluation>> = cells.iter().map(|_| Vec::new()).collect();
    let start = cells[0].reference.to_parameters(&Backend::Flex.device());
    let optimizers = cells.iter().map(|cell| cell.preference.optimizer()).collect();
    let mut engine = DeviceEngine::new(cells[0].policy, &start, optimizers);
    let keep = |index: usize, evaluation| {
        found[index].push(evaluation);
        Ok(())
    };
    let results = train_cells_with(
        &mut engine,
        cells,
        progress,
        &Stopwatch::start(),
        &mut Checkpoint::off(),
        keep,
    );
    results.into_iter().zip(found).collect()
}

/// Up to the rounding of sums, which training carries on and ranks make visible.
fn assert_same(found: &[Evaluation], expected: &[Evaluation], what: &str) {
    let steps = |all: &[Evaluation]| all.iter().map(|e| e.step).collect::<Vec<_>>();
    assert_eq!(steps(found), steps(expected), "{what}");
    for (found, expected) in found.iter().zip(expected) {
        let close = |name: &str, a: f64, b: f64| {
            let near = (a - b).abs() <= 1e-3 * b.abs().max(1e-3);
            assert!(near, "{what}, step {}: {name} {a}, alone {b}", found.step);
        };
        close("loss", found.summary.loss, expected.summary.loss);
        close("norm", found.summary.gradient_norm, expected.summary.gradient_norm);
        close("KL", found.shift.kl, expected.shift.kl);
        for (found, expected) in found.ranks.iter().zip(&expected.ranks) {
            let pairs = found.ranks.iter().zip(&expected.ranks);
            let moved = pairs.filter(|(a, b)| a != b).count();
            assert!(moved * 20 <= found.ranks.len(), "{what}: {moved} ranks moved");
        }
    }
}

#[test]
fn cells_trained_together_end_where_they_end_alone() {
    let world = world();
    for group in [&CELLS[..], &ABSOLUTE[..], &POOLS[..]] {
        let settings = settings(&world, group);
        let make = || -> Vec<Cell<'_>> {
            let cells = settings.iter().zip(group);
            cells.map(|(settings, (_, k, ..))| world.cell(&settings.0, &settings.1, *k)).collect()
        };
        for ((result, found), alone_cell) in together(&make(), &mut |_| ()).iter().zip(make()) {
            assert_eq!(*result, Ok(()));
            let what = format!("{:?}, K={}", alone_cell.loss, alone_cell.negatives);
            assert_same(found, &alone(&alone_cell), &what);
        }
    }
}

#[test]
fn a_cell_that_diverges_leaves_the_others_alone() {
    let world = world();
    for (group, lost) in [(&CELLS[..3], 1), (&POOLS[..], 0)] {
        let mut settings = settings(&world, group);
        settings[lost].1.learning_rate = 1e30;
        let make = || -> Vec<Cell<'_>> {
            let cells = settings.iter().zip(group);
            cells.map(|(settings, (_, k, ..))| world.cell(&settings.0, &settings.1, *k)).collect()
        };
        let cells = make();
        let trained = together(&cells, &mut |_| ());
        for (index, (result, found)) in trained.iter().enumerate() {
            assert_eq!(result.is_err(), index == lost, "{:?}: {result:?}", cells[index].loss);
            if index != lost {
                assert_same(found, &alone(&make()[index]), "beside a diverging cell");
            }
        }
    }
}

#[test]
fn training_ends_early_where_all_cells_diverge() {
    let world = world();
    let mut settings = settings(&world, &CELLS[..1]);
    settings[0].1.learning_rate = 1e30;
    let cells = [world.cell(&settings[0].0, &settings[0].1, 1)];
    let mut last = 0;
    let trained = together(&cells, &mut |steps| last = steps.done);
    assert!(trained[0].0.is_err());
    assert!(last < world.experiment.preference.steps(), "{last} steps");
}
