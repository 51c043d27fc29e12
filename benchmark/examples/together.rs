//! Why cells are trained together on GPUs only: the time of a training step on the CPU, for several
//! cells as replicas of one tensor program, beside a cell alone, as `prefsweep run` trains it.
//!
//! `cargo run --release --example together -- [R ...]` at the sizes of MovieLens 100K, with DMPO and
//! K = 20, on synthetic data.
//! A step is all that training does for it: negatives, loss, gradients, optimiser, diagnostics.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, ensure};
use prefsweep::data::{Prepared, States};
use prefsweep::evaluation::Baseline;
use prefsweep::experiment::{Experiment, read_str};
use prefsweep::training::{
    Cell, Checkpoint, NotFinite, Stopwatch, hidden_states, train_cells, train_cells_with,
};
use prefsweep_policy::device::Backend;
use prefsweep_policy::{DeviceEngine, Policy, Weights};

/// The program's own.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const BACKEND: Backend = Backend::Flex;
const STEPS: usize = 6;
const EXPERIMENT: &str = "
title: together
dataset: {name: synthetic, synthetic: {users: 943, items: 1682}}
preference: {batch_size: 128}
sweep: {losses: [dmpo], negatives: [20], seeds: [1]}
evaluation: {every: 1000}";

fn main() -> anyhow::Result<()> {
    let sizes: Vec<usize> = std::env::args()
        .skip(1)
        .map(|word| word.parse().with_context(|| format!("found {word}, allowed numbers of cells")))
        .collect::<anyhow::Result<_>>()?;
    let sizes = if sizes.is_empty() { vec![1, 4, 16] } else { sizes };
    ensure!(!sizes.contains(&0), "found 0 cells, allowed 1 or more");

    let experiment = read_str(EXPERIMENT, "together", &[])?;
    let data = Prepared::load(&experiment.dataset, Path::new("."), experiment.model.max_len())?;
    let policy = experiment.model.build(data.dataset.n_items);
    let reference = Weights::initial(policy.layout(), 1);
    let tensors = reference.to_parameters(&BACKEND.device());
    let states = hidden_states(policy.as_ref(), &tensors, &data);
    let baseline = Baseline::new(policy.as_ref(), &tensors, &data);
    let world = World { experiment, data, policy, reference, states, baseline };
    let mut output = std::io::stdout();
    writeln!(output, "| cells at once | ms per step | ms per step and cell |\n|:--|--:|--:|")?;
    world.row("alone", 1, |cells| {
        let trained =
            train_cells(cells, &mut |_| (), &Stopwatch::start(), &mut Checkpoint::off(), |_, _| {
                Ok(())
            });
        trained.into_iter().collect()
    })?;
    for size in sizes {
        world.row(&size.to_string(), size, |cells| {
            // With the engine of GPUs.
            let start = cells[0].reference.to_parameters(&BACKEND.device());
            let optimizers = cells.iter().map(|cell| cell.preference.optimizer()).collect();
            let mut engine = DeviceEngine::new(cells[0].policy, &start, optimizers);
            let (engine, watch) = (&mut engine, Stopwatch::start());
            let trained = train_cells_with(
                engine,
                cells,
                &mut |_| (),
                &watch,
                &mut Checkpoint::off(),
                |_, _| Ok(()),
            );
            trained.into_iter().collect()
        })?;
    }
    Ok(())
}

struct World {
    experiment: Experiment,
    data: Prepared,
    policy: Arc<dyn Policy>,
    reference: Weights,
    states: Vec<f32>,
    baseline: Baseline,
}

impl World {
    /// Trains for some steps, the first time to warm up; the evaluations before and after are the
    /// same number whatever the steps, so that a longer training less a shorter one is the steps.
    fn row(
        &self,
        name: &str,
        count: usize,
        train: impl Fn(&[Cell<'_>]) -> Result<(), NotFinite>,
    ) -> anyhow::Result<()> {
        let timed = |steps: usize| -> anyhow::Result<f64> {
            let mut preference = self.experiment.preference.clone();
            preference.steps = Some(steps);
            let cell = || Cell {
                policy: self.policy.as_ref(),
                data: &self.data,
                few: None,
                reference: &self.reference,
                reference_states: States::Memory(&self.states),
                baseline: &self.baseline,
                preference: &preference,
                evaluation: &self.experiment.evaluation,
                loss: &self.experiment.sweep.losses[0],
                negatives: self.experiment.sweep.negatives[0],
                seed: 1,
                backend: BACKEND,
                keep_weights: false,
            };
            let cells: Vec<Cell<'_>> = (0..count).map(|_| cell()).collect();
            let start = Instant::now();
            train(&cells)?;
            Ok(start.elapsed().as_secs_f64())
        };
        timed(1)?;
        let mut differences = Vec::new();
        for _ in 0..3 {
            differences.push((timed(1 + STEPS)? - timed(1)?) / STEPS as f64 * 1e3);
        }
        differences.sort_by(f64::total_cmp);
        let median = differences[1];
        let each = median / count as f64;
        writeln!(std::io::stdout(), "| {name} | {median:.1} | {each:.1} |")?;
        Ok(())
    }
}
