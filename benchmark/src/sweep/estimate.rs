//! How long a plan will take, from a few timed steps.

use std::time::{Duration, Instant};

use prefsweep_policy::optimizer::Settings;
use prefsweep_policy::{Weights, engine};
use prefsweep_store::{Kind, Store};

use super::job::JobError;
use crate::data::{Batches, FewUsers, Prepared, States, n_windows};
use crate::evaluation::{Baseline, EvaluationConfig};
use crate::experiment::{CellSpec, Plan, ReferenceSpec};
use crate::training::{
    Cell, Checkpoint, NotFinite, PreferenceConfig, ReferenceConfig, Stopwatch, launch,
    n_hidden_states, train_cells,
};

/// Steps that are timed.
const STEPS: usize = 3;

/// The forecast for what is not complete yet.
#[derive(Clone, Debug, PartialEq)]
pub struct Estimate {
    /// One reference model.
    pub reference: Duration,
    /// One cell with the median number of negatives.
    pub cell: Duration,
    /// All that is pending, on the given number of workers.
    pub total: Duration,
}

/// Times a few steps in this process, on as many threads as a worker has, and multiplies.
///
/// # Errors
/// When an untrained model's loss is not finite, or the data cannot be prepared.
pub fn estimate(
    plan: &Plan,
    data: &Prepared,
    store: &Store,
    workers: usize,
    threads: usize,
) -> Result<Option<Estimate>, JobError> {
    let timed = || timed(plan, data, store, workers);
    match rayon::ThreadPoolBuilder::new().num_threads(threads).build() {
        Ok(pool) => pool.install(timed),
        // A system without threads to spare.
        Err(_) => timed(),
    }
}

fn timed(
    plan: &Plan,
    data: &Prepared,
    store: &Store,
    workers: usize,
) -> Result<Option<Estimate>, JobError> {
    let mut pending: Vec<&CellSpec> = plan
        .distinct_cells()
        .into_iter()
        .filter(|cell| !store.is_complete(Kind::Cell, &cell.id))
        .map(|cell| &cell.spec)
        .collect();
    let references = plan.references.iter().map(|reference| (&reference.id, &reference.spec));
    let references = references.filter(|(id, _)| !store.is_complete(Kind::Reference, id));
    pending.sort_by_key(|cell| cell.negatives);
    let Some(&middle) = pending.get(pending.len() / 2) else { return Ok(None) };
    // Windows are cut for one length, which an axis of the sweep may vary.
    let ReferenceSpec { dataset, model, .. } = &middle.start;
    let data = Prepared::new(data.dataset.clone(), dataset, model.max_len())?
        .evaluating(data.most_evaluated);
    let step = time_reference(&middle.start, &data);
    let reference = step * reference_steps(&middle.start, &data);
    let references: Duration =
        references.map(|(_, spec)| step * reference_steps(spec, &data)).sum();
    let cell = time_cell(middle, &data)?;
    let work = references + cell * pending.len() as u32;
    Ok(Some(Estimate { reference, cell, total: work / workers.max(1) as u32 }))
}

/// At most so many steps a reference takes.
fn reference_steps(spec: &ReferenceSpec, data: &Prepared) -> u32 {
    let windows = n_windows(&spec.training, data, spec.model.max_len(), spec.seed);
    let steps = spec.reference.epochs * windows.div_ceil(spec.reference.batch_size);
    u32::try_from(steps).unwrap_or(u32::MAX)
}

/// One step of a reference's training.
fn time_reference(spec: &ReferenceSpec, data: &Prepared) -> Duration {
    let policy = spec.model.build(data.catalogue(&spec.model));
    let weights = Weights::initial(policy.layout(), 0);
    let settings = Settings { weight_decay: 0.0, clip: None };
    let mut engine = engine(spec.backend, policy.as_ref(), &weights, vec![settings]);
    let mut batches = Batches::new(
        &data.windows,
        None,
        spec.reference.batch_size,
        spec.reference.targets,
        0,
        "estimate",
    );
    let still = ReferenceConfig { learning_rate: 0.0, ..spec.reference.clone() };
    let (started, watch) = (Instant::now(), Stopwatch::start());
    for step in 0..STEPS {
        let batch = batches.get(step);
        let _ = launch(engine.as_mut(), &still, data, 0, step, &batch, &watch).read();
    }
    started.elapsed() / STEPS as u32
}

fn time_cell(spec: &CellSpec, data: &Prepared) -> Result<Duration, NotFinite> {
    let policy = spec.start.model.build(data.catalogue(&spec.start.model));
    let weights = Weights::initial(policy.layout(), 0);
    let backend = spec.start.backend;
    let parameters = weights.to_parameters(&backend.device());
    // What they are does not matter for the time.
    let states = vec![0.0; n_hidden_states(policy.as_ref(), data)];
    let baseline = Baseline::new(policy.as_ref(), &parameters, data);
    let preference = PreferenceConfig { steps: Some(STEPS), ..spec.preference.clone() };
    let evaluation = EvaluationConfig { every: STEPS, ..spec.evaluation.clone() };
    let few = FewUsers::of(&spec.training, data, spec.start.seed);
    let cell = Cell {
        policy: policy.as_ref(),
        data,
        few: few.as_ref(),
        reference: &weights,
        reference_states: States::Memory(&states),
        baseline: &baseline,
        preference: &preference,
        evaluation: &evaluation,
        loss: &spec.loss,
        negatives: spec.negatives,
        seed: 0,
        backend,
        keep_weights: false,
    };
    let started = Instant::now();
    let mut times = Vec::new();
    let mut progress = |_| times.push(started.elapsed());
    let watch = Stopwatch::start();
    train_cells::<NotFinite>(&[cell], &mut progress, &watch, &mut Checkpoint::off(), |_, _| Ok(()))
        .into_iter()
        .collect::<Result<(), _>>()?;
    // The first step also holds preparations, the last one the final evaluation.
    let [first, .., before_last, last] = times[..] else { return Ok(started.elapsed()) };
    let step = (before_last - first) / (STEPS as u32 - 2);
    let evaluation = (last - before_last).saturating_sub(step);
    // That before the first step is the reference's.
    let evaluations = spec.preference.steps().div_ceil(spec.evaluation.every);
    Ok(step * spec.preference.steps() as u32 + evaluation * evaluations as u32)
}
