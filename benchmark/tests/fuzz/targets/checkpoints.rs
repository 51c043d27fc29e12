//! States of runs whose file is whole, and whose content is not what the run saved.

use std::time::Duration;

use prefsweep::training::{Checkpoint, Evaluation, NotFinite, Stopwatch, train_cells_with};
use prefsweep_policy::HostEngine;
use prefsweep_policy::device::Backend;
use prefsweep_store::{CheckpointFile, Kind, Store};

use crate::engine::{Place, fuzz};
use crate::small_world::World;

#[derive(Debug)]
struct Stop;

impl From<NotFinite> for Stop {
    fn from(_: NotFinite) -> Self {
        Self
    }
}

/// Trains one cell until `stop` evaluations are made; says how often the run was resumed.
fn train(world: &World, file: &CheckpointFile, every: Duration, stop: usize) -> u64 {
    let loss = serde_saphyr::from_str("ro_dpo: {pool: 20, refresh: 3}").unwrap();
    let settings = &world.experiment.preference;
    let cells = [world.cell(&loss, settings, 4)];
    let start = cells[0].reference.to_parameters(&Backend::Flex.device());
    let mut engine = HostEngine::new(cells[0].policy, start, settings.optimizer());
    let watch = Stopwatch::start();
    let mut checkpoint = Checkpoint::to(file.clone(), every);
    let mut made = 0;
    let keep = |_, _: Evaluation| {
        made += 1;
        if made > stop { Err(Stop) } else { Ok(()) }
    };
    let _ = train_cells_with(&mut engine, &cells, &mut |_| (), &watch, &mut checkpoint, keep);
    watch.spent().resumed
}

#[test]
fn states_of_runs() {
    let world = World::of(
        "
title: test
dataset: {name: synthetic, synthetic: {users: 12, items: 90}}
model: {dim: 4, blocks: 1, heads: 1, feed_forward: 4, max_len: 12}
preference: {steps: 4, batch_size: 4}
sweep: {losses: [dpo], negatives: [3], seeds: [1]}
evaluation: {every: 2}",
    );
    let place = Place::new();
    let store = Store::open(&place.inside().join("store")).unwrap();
    let file = store.checkpoint(Kind::Cell, "a");
    train(&world, &file, Duration::ZERO, 2);
    let seeds = [file.read().expect("a checkpoint of the first half")];
    fuzz(
        "states of runs",
        200,
        &seeds,
        &[b"steps", b"cells", b"evaluations", b"engine"],
        |_, input| {
            file.write(|to| to.write_all(input)).unwrap();
            let resumed = train(&world, &file, Duration::from_secs(3600), usize::MAX);
            place.check();
            resumed > 0
        },
    );
}
