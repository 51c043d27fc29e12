//! The reference stage: supervised next-item training, done once and shared by all cells.

use std::io;
use std::path::Path;

use prefsweep_datasets::Item;
use prefsweep_losses::SideInputs;
use prefsweep_policy::device::Backend;
use prefsweep_policy::optimizer::Settings;
use prefsweep_policy::{
    Dropout, Engine, EngineState, Inputs, Outcome, Parameters, Pass, Pending, Policy, ScoredItems,
    Term, Weights, engine, to_host,
};
use serde::{Deserialize, Serialize};

use super::checkpoint::Checkpoint;
use super::objective_settings::Objective;
use super::progress::{NotFinite, Progress, Steps};
use super::reference_settings::ReferenceConfig;
use super::stopwatch::{Activity, Stopwatch};
use crate::data::{Batch, Batches, FewUsers, Prepared, StatesFile, Targets, collect};
use crate::evaluation::validation_ndcg;
use crate::negatives::uniform;

/// Windows whose hidden states are computed at once.
const CHUNK: usize = 128;

/// One epoch of the reference stage.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Epoch {
    /// From 1.
    pub epoch: usize,
    /// Mean training loss over its steps.
    pub loss: f64,
    /// NDCG@10 on validation (full ranking), where it was evaluated.
    pub validation_ndcg: Option<f64>,
}

/// A trained reference.
#[derive(Debug)]
pub struct TrainedReference {
    /// Its weights.
    pub weights: Weights,
    /// How training went.
    pub epochs: Vec<Epoch>,
}

/// Where training stands after an epoch.
#[derive(Serialize, Deserialize)]
struct Standing {
    engine: EngineState,
    epochs: Vec<Epoch>,
    /// Score, evaluations since, and values of the best weights.
    best: Option<(f64, usize, Vec<Vec<f32>>)>,
}

/// Trains a reference from scratch on all users, or on `few`, or goes on from `checkpoint`; `watch` records where the time goes.
///
/// # Errors
/// When the loss stops being finite.
#[expect(clippy::too_many_arguments, reason = "each is one thing, and none goes with another")]
pub fn train_reference(
    policy: &dyn Policy,
    config: &ReferenceConfig,
    data: &Prepared,
    few: Option<&FewUsers>,
    seed: u64,
    backend: Backend,
    progress: Progress<'_>,
    watch: &Stopwatch,
    checkpoint: &mut Checkpoint,
) -> Result<TrainedReference, NotFinite> {
    let initial = Weights::initial(policy.layout(), seed);
    let settings = Settings { weight_decay: config.weight_decay, clip: None };
    let mut engine = engine(backend, policy, &initial, vec![settings]);
    engine.set_routing(config.experts.routing());
    let (size, targets) = (config.batch_size, config.targets);
    let mut batches = Batches::new(&data.windows, few, size, targets, seed, "reference batches");
    let per_epoch = batches.per_epoch();
    let mut epochs = Vec::new();
    let mut best: Option<(f64, usize, Parameters)> = None;
    if let Some((standing, spent)) = checkpoint.load::<Standing>()
        && engine.restore(&standing.engine)
    {
        watch.resume(spent);
        let weights = engine.weights(0);
        best = standing.best.and_then(|(score, waited, values)| {
            Some((score, waited, weights.with_values(&values)?))
        });
        epochs = standing.epochs;
    }
    for epoch in epochs.len() + 1..=config.epochs {
        let mut total = 0.0;
        let mut coming: Vec<(usize, Pending)> = Vec::new();
        for index in 0..per_epoch {
            let step = (epoch - 1) * per_epoch + index;
            let batch = batches.get(step);
            watch.record(Activity::Sampling);
            let pending = launch(engine.as_mut(), config, data, seed, step, &batch, watch);
            if pending.is_ready() {
                total += finite(step, pending)?;
            } else {
                // A device is asked once per epoch, and goes on computing meanwhile.
                coming.push((step, pending));
            }
            watch.record(Activity::Training);
            let loss = epochs.last().map(|epoch: &Epoch| epoch.loss);
            progress(Steps { done: step + 1, of: config.epochs * per_epoch, loss });
        }
        for (step, pending) in coming {
            total += finite(step, pending)?;
        }
        watch.record(Activity::Training);
        let mut record = Epoch { epoch, loss: total / per_epoch as f64, validation_ndcg: None };
        let mut stop = false;
        if let Some(stopping) = &config.early_stopping
            // Weights that were never evaluated cannot be the best: the last epochs would be trained for nothing.
            && (epoch % stopping.every == 0 || epoch == config.epochs)
        {
            let weights = engine.weights(0);
            let ndcg = validation_ndcg(policy, &weights, data);
            record.validation_ndcg = Some(ndcg);
            watch.record(Activity::Evaluation);
            match &mut best {
                Some((score, waited, _)) if ndcg <= *score => {
                    *waited += 1;
                    stop = *waited >= stopping.patience;
                }
                _ => best = Some((ndcg, 0, weights)),
            }
        }
        epochs.push(record);
        if stop {
            break;
        }
        if epoch < config.epochs {
            checkpoint.save(watch, || Standing {
                engine: engine.state(),
                epochs: epochs.clone(),
                best: best
                    .as_ref()
                    .map(|(score, waited, weights)| (*score, *waited, weights.values())),
            });
            watch.record(Activity::Storing);
        }
    }
    let weights = best.map_or_else(|| engine.weights(0), |(_, _, weights)| weights);
    Ok(TrainedReference { weights: Weights::from_parameters(policy.layout(), &weights), epochs })
}

/// Starts one step.
pub(crate) fn launch(
    engine: &mut dyn Engine,
    config: &ReferenceConfig,
    data: &Prepared,
    seed: u64,
    step: usize,
    batch: &Batch,
    watch: &Stopwatch,
) -> Pending {
    let dropout = Dropout::new(config.dropout, seed, step as u64);
    let (rows, targets) = (batch.rows(), batch.targets());
    let inputs = Inputs { windows: &batch.windows, rows: &rows, targets: &targets };
    let rates = [config.learning_rate];
    if config.objective == Objective::CrossEntropy {
        return engine.cross_entropy(&inputs, dropout, &rates);
    }
    let negatives = config.objective.negatives();
    let drawn = uniform(batch, negatives, &data.seen, (seed, "reference negatives"));
    let items = positives_first(&targets, &drawn);
    watch.record(Activity::Sampling);
    let Some(loss) = &config.objective.loss() else {
        return engine.bce(&inputs, &items, dropout, &rates);
    };
    let side = SideInputs { catalogue: data.dataset.n_items, ..SideInputs::default() };
    // Neither a strength nor a reference enters such a loss.
    let term = Term { loss, beta: 1.0, negatives, reference: &[], side };
    engine.preference(&inputs, &ScoredItems::Shared(items), &[term], dropout, &rates)
}

/// Each target before its negatives, `[P, 1 + K]`.
fn positives_first(targets: &[Item], negatives: &[Item]) -> Vec<Item> {
    let rows = targets.iter().zip(negatives.chunks_exact(negatives.len() / targets.len()));
    rows.flat_map(|(&target, row)| std::iter::once(target).chain(row.iter().copied())).collect()
}

/// The loss of a step, if it and the norm of its gradient are finite.
fn finite(step: usize, pending: Pending) -> Result<f64, NotFinite> {
    let Outcome { loss, norm, .. } = pending.read().remove(0);
    NotFinite::check(
        step,
        [
            ("the reference's training loss", loss),
            ("the gradient of the reference's training loss", norm),
        ],
    )?;
    Ok(loss)
}

/// How many numbers [`hidden_states`] gives.
#[must_use]
pub fn n_hidden_states(policy: &dyn Policy, data: &Prepared) -> usize {
    if policy.titles().is_some() { 0 } else { data.n_positions() * policy.dim() }
}

/// The reference's hidden states of every training position, row-major `[positions, dim]`, in the
/// order of the windows: all that is needed for its score of any item at any position. None of a policy over
/// titles, whose scores are made of many states.
#[must_use]
pub fn hidden_states(policy: &dyn Policy, weights: &Parameters, data: &Prepared) -> Vec<f32> {
    let mut states = Vec::with_capacity(n_hidden_states(policy, data));
    for part in parts_of_hidden_states(policy, weights, data) {
        states.extend_from_slice(&part);
    }
    states
}

/// Writes [`hidden_states`] into a file, without holding all of them: of much data they take more than memory holds.
///
/// # Errors
/// When it cannot be written.
pub fn write_hidden_states(
    path: &Path,
    policy: &dyn Policy,
    weights: &Parameters,
    data: &Prepared,
) -> io::Result<()> {
    StatesFile::write(path, parts_of_hidden_states(policy, weights, data))
}

/// [`hidden_states`] some windows at a time, in their order.
fn parts_of_hidden_states<'a>(
    policy: &'a dyn Policy,
    weights: &'a Parameters,
    data: &'a Prepared,
) -> impl Iterator<Item = Vec<f32>> + 'a {
    let windows = if policy.titles().is_some() { 0 } else { data.windows.len() as u32 };
    (0..windows).step_by(CHUNK).map(move |first| {
        let chosen: Vec<u32> = (first..windows.min(first + CHUNK as u32)).collect();
        // All positions of these windows, one after the other.
        let batch = collect(&data.windows, &chosen, Targets::All, 0);
        to_host(policy.hidden(weights, &batch.windows, &mut Pass::default()))
    })
}
