//! The preference stage: one cell of the sweep, or several at once.
//!
//! Cells that start from the same reference see the same batches and dropout. Loss, number of
//! negatives and all that the optimiser needs may differ; a cell's numbers are the same as if it
//! were trained alone, up to the rounding of sums. Where a device computes, the host is a step behind
//! it: it draws a step's negatives and looks at the scores of the step before meanwhile.

use prefsweep_policy::{Dropout, Engine, EngineState, Inputs, Pending, ScoredItems, Term, engine};
use serde::{Deserialize, Serialize};

use super::cell::{Cell, ScoredNegatives};
use super::cell_run::{CellRun, Evaluation, Memory};
use super::checkpoint::Checkpoint;
use super::progress::{NotFinite, Progress, Steps};
use super::stopwatch::{Activity, Stopwatch};
use crate::data::Batch;
use crate::evaluation::{Moved, Probabilities};

/// A step that may still be computed.
struct Launched {
    step: usize,
    batch: Batch,
    scored: Vec<ScoredNegatives>,
    pending: Pending,
}

/// Where training stands after an evaluation.
#[derive(Serialize, Deserialize)]
struct Standing {
    engine: EngineState,
    /// Steps done.
    steps: usize,
    cells: Vec<Memory>,
    /// Of every cell, all so far.
    evaluations: Vec<Vec<Evaluation>>,
}

impl Standing {
    /// Whether it has the policy's weights at every evaluation so far, if they are `wanted`.
    fn has_weights(&self, wanted: bool) -> bool {
        !wanted || self.evaluations.iter().flatten().all(|past| past.weights.is_some())
    }
}

/// Trains cells that can be trained together (on the CPU: one); `evaluated` receives each evaluation
/// with the cell's index as it is made, and `watch` records where the time goes. Training goes on from
/// `checkpoint`, if there is one: then the evaluations before it are given first.
///
/// Returns the result of every cell: one that diverges does not touch the others.
///
/// # Panics
/// When there is no cell, or several on the CPU.
pub fn train_cells<E: From<NotFinite>>(
    cells: &[Cell<'_>],
    progress: Progress<'_>,
    watch: &Stopwatch,
    checkpoint: &mut Checkpoint,
    evaluated: impl FnMut(usize, Evaluation) -> Result<(), E>,
) -> Vec<Result<(), E>> {
    let first = &cells[0];
    let optimizers = cells.iter().map(|cell| cell.preference.optimizer()).collect();
    let mut engine = engine(first.backend, first.policy, first.reference, optimizers);
    train_cells_with(engine.as_mut(), cells, progress, watch, checkpoint, evaluated)
}

/// [`train_cells`] with a given engine, which has a replica of the reference for each cell, with that
/// cell's optimiser.
///
/// # Panics
/// When there is no cell, or not one for each replica.
pub fn train_cells_with<E: From<NotFinite>>(
    engine: &mut dyn Engine,
    cells: &[Cell<'_>],
    progress: Progress<'_>,
    watch: &Stopwatch,
    checkpoint: &mut Checkpoint,
    mut evaluated: impl FnMut(usize, Evaluation) -> Result<(), E>,
) -> Vec<Result<(), E>> {
    assert_eq!(engine.replicas(), cells.len(), "a replica for each cell");
    let first = &cells[0];
    engine.set_routing(first.preference.experts.routing());
    let steps = first.preference.steps();
    let mut batches = first.batches();
    let mut runs: Vec<CellRun<'_>> = cells.iter().map(CellRun::new).collect();
    let mut results: Vec<Result<(), E>> = cells.iter().map(|_| Ok(())).collect();
    let mut launched: Option<Launched> = None;
    let mut done = 0;
    let mut so_far: Vec<Vec<Evaluation>> = vec![Vec::new(); cells.len()];
    let mut loss = None;
    if let Some((standing, spent)) = checkpoint.load::<Standing>()
        && [standing.cells.len(), standing.evaluations.len()] == [cells.len(); 2]
        && standing.has_weights(first.keep_weights)
        && engine.restore(&standing.engine)
    {
        watch.resume(spent);
        done = standing.steps;
        so_far = standing.evaluations;
        if !first.keep_weights {
            // Of a run that was to keep them, and is not any more: what is left without would be missing among them.
            so_far.iter_mut().flatten().for_each(|past| past.weights = None);
        }
        loss = so_far[0].last().map(|evaluation| evaluation.summary.loss);
        for (index, (run, memory)) in runs.iter_mut().zip(&standing.cells).enumerate() {
            run.remember(memory, &engine.weights(index));
            results[index] =
                so_far[index].iter().cloned().try_for_each(|past| evaluated(index, past));
        }
        watch.record(Activity::Storing);
    }
    for step in done..steps {
        let batch = batches.get(step);
        let (scored, items) = draw(cells, &mut runs, step, &batch, engine);
        watch.record(Activity::Sampling);
        let due = step == 0 || first.is_due(step);
        let before = due.then(|| probabilities(&runs, &batch, &scored, engine));
        watch.record(Activity::Evaluation);
        let pending = launch(cells, step, &batch, &scored, &items, engine);
        let moved = before.map(|before| {
            watch.record(Activity::Training);
            let after = probabilities(&runs, &batch, &scored, engine);
            let moved = before.iter().zip(&after).map(|(before, after)| before.to(after));
            let moved: Vec<Moved> = moved.collect();
            watch.record(Activity::Evaluation);
            moved
        });
        let now = Launched { step, batch, scored, pending };
        if let Some(before) = launched.take() {
            before.record(&mut runs, &mut results);
        }
        if due || now.pending.is_ready() {
            now.record(&mut runs, &mut results);
        } else {
            launched = Some(now);
        }
        watch.record(Activity::Training);
        if let Some(moved) = moved {
            for (index, (run, moved)) in runs.iter_mut().zip(moved).enumerate() {
                if results[index].is_err() {
                    continue;
                }
                for evaluation in run.evaluations(step, moved, || engine.weights(index)) {
                    watch.record(Activity::Evaluation);
                    loss = Some(evaluation.summary.loss);
                    if checkpoint.is_on() {
                        so_far[index].push(evaluation.clone());
                    }
                    let written = evaluated(index, evaluation);
                    watch.record(Activity::Storing);
                    if let Err(error) = written {
                        results[index] = Err(error);
                        break;
                    }
                }
            }
        }
        if results.iter().all(Result::is_err) {
            break;
        }
        if first.is_due(step) && step + 1 < steps && results.iter().all(Result::is_ok) {
            checkpoint.save(watch, || Standing {
                engine: engine.state(),
                steps: step + 1,
                cells: runs.iter().map(CellRun::memory).collect(),
                evaluations: so_far.clone(),
            });
            watch.record(Activity::Storing);
        }
        // Those of cells trained together are not of one kind.
        let loss = loss.filter(|_| cells.len() == 1);
        progress(Steps { done: step + 1, of: steps, loss });
    }
    results
}

/// Every cell's probabilities of what was drawn for it.
fn probabilities(
    runs: &[CellRun<'_>],
    batch: &Batch,
    scored: &[ScoredNegatives],
    engine: &dyn Engine,
) -> Vec<Probabilities> {
    let of = |(index, (run, scored)): (usize, (&CellRun<'_>, &ScoredNegatives))| {
        run.probabilities(batch, scored, &engine.weights(index))
    };
    runs.iter().zip(scored).enumerate().map(of).collect()
}

/// Starts a step of all cells.
fn launch(
    cells: &[Cell<'_>],
    step: usize,
    batch: &Batch,
    scored: &[ScoredNegatives],
    items: &ScoredItems,
    engine: &mut dyn Engine,
) -> Pending {
    let first = &cells[0];
    let (rows, targets) = (batch.rows(), batch.targets());
    let inputs = Inputs { windows: &batch.windows, rows: &rows, targets: &targets };
    let terms: Vec<Term<'_>> = cells
        .iter()
        .zip(scored)
        .map(|(cell, scored)| Term {
            loss: cell.loss,
            beta: cell.beta(),
            negatives: cell.negatives,
            reference: &scored.reference,
            side: scored.side(),
        })
        .collect();
    let dropout = Dropout::new(first.preference.dropout, first.seed, step as u64);
    let rates: Vec<f64> = cells.iter().map(|cell| cell.preference.learning_rate_at(step)).collect();
    engine.preference(&inputs, items, &terms, dropout, &rates)
}

/// What every cell scores of a batch, and all items that are scored for it.
fn draw(
    cells: &[Cell<'_>],
    runs: &mut [CellRun<'_>],
    step: usize,
    batch: &Batch,
    engine: &dyn Engine,
) -> (Vec<ScoredNegatives>, ScoredItems) {
    let most = (0..cells.len()).max_by_key(|&index| cells[index].negatives);
    let most = most.expect("there is a cell");
    let largest = cells[most].negatives;
    if cells.len() == 1 {
        let scored = runs[0].draw(step, batch, || engine.weights(0));
        let items = ScoredItems::Shared(scored.items.clone());
        return (vec![scored], items);
    }
    if cells[most].uses_sampler() {
        let mut all = runs[most].draw(step, batch, || unreachable!("no pool to fill"));
        if all.reference_log_normaliser.is_none()
            && cells.iter().any(Cell::needs_reference_log_normalisers)
        {
            all.reference_log_normaliser = Some(cells[most].reference_log_normalisers(batch));
        }
        let scored = cells.iter().zip(runs.iter()).map(|(cell, run)| {
            let mut scored = all.first(cell.negatives, largest);
            run.complete(batch, &mut scored);
            scored
        });
        return (scored.collect(), ScoredItems::Shared(all.items));
    }
    let mut own = Vec::with_capacity(cells.len() * batch.positions.len() * (1 + largest));
    let scored = cells.iter().zip(runs).enumerate().map(|(index, (cell, run))| {
        let scored = run.draw(step, batch, || engine.weights(index));
        for row in scored.items.chunks_exact(1 + cell.negatives) {
            own.extend(row.iter().map(|&item| Some(item)));
            own.extend(std::iter::repeat_n(None, largest - cell.negatives));
        }
        scored
    });
    let scored = scored.collect();
    (scored, ScoredItems::Own(own))
}

impl Launched {
    /// Waits for the step, and lets every cell that has not failed record it.
    fn record<E: From<NotFinite>>(self, runs: &mut [CellRun<'_>], results: &mut [Result<(), E>]) {
        for (index, outcome) in self.pending.read().into_iter().enumerate() {
            if results[index].is_ok()
                && let Err(error) =
                    runs[index].record(self.step, &self.batch, &self.scored[index], &outcome)
            {
                results[index] = Err(error.into());
            }
        }
    }
}
