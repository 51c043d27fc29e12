//! Several cells trained at once, as replicas of one tensor program.
//!
//! Cells that start from the same reference see the same batches and dropout. Loss, number of
//! negatives and all that the optimiser needs may differ; what a cell comes to is the same as if it
//! were trained alone, up to the rounding of sums. The host is a step behind the device: it draws a
//! step's negatives and looks at the scores of the step before while the device computes.

use burn::Tensor;
use burn::tensor::TensorData;

use crate::batches::Batch;
use crate::gradients::host;
use crate::losses::{Dpo, LossConfig, Sampling};
use crate::model::Dropout;
use crate::optimizer::PackedAdamW;
use crate::packed::{Packed, PackedStep, Scored};
use crate::plan::CellSpec;
use crate::preference::{Cell, Course, Evaluation, Outcome, Seen};
use crate::timing::{Part, Stopwatch};
use crate::training::{NotFinite, Progress};

/// Whether two cells can be trained in one pack.
#[must_use]
pub fn together(one: &CellSpec, other: &CellSpec) -> bool {
    key(one) == key(other)
}

/// What must be the same in a pack.
fn key(spec: &CellSpec) -> CellSpec {
    let mut key = spec.clone();
    // All of these are one number per replica, or act on the host.
    key.preference.beta = 0.0;
    key.preference.learning_rate = 0.0;
    key.preference.weight_decay = 0.0;
    key.preference.gradient_clip = None;
    key.negatives = 0;
    // Negatives out of the policies' own pools are drawn after each step, and differ.
    let own = !matches!(spec.loss.as_loss().sampling(), Sampling::Configured);
    key.loss = if own { spec.loss.clone() } else { LossConfig::Dpo(Dpo {}) };
    key
}

/// A step that the device may still be working on.
struct Pending {
    step: usize,
    batch: Batch,
    seen: Vec<Seen>,
    result: PackedStep,
    norms: Tensor<1>,
}

/// Trains cells that are [`together`]; `evaluated` receives each evaluation with the cell's index, and
/// `watch` learns where the time goes.
/// Returns what became of every cell: one that diverges does not touch the others.
pub fn train<E: From<NotFinite>>(
    cells: &[Cell<'_>],
    progress: Progress<'_>,
    watch: &Stopwatch,
    mut evaluated: impl FnMut(usize, Evaluation) -> Result<(), E>,
) -> Vec<Result<(), E>> {
    let first = &cells[0];
    let steps = first.preference.steps;
    let reference = first.reference.to_tensors(&first.device);
    let mut weights: Vec<Tensor<2>> =
        reference.into_iter().map(|weight| weight.repeat_dim(0, cells.len())).collect();
    let settings = cells.iter().map(Cell::optimizer_settings).collect();
    let mut optimizer = PackedAdamW::new(weights.len(), settings);
    let mut batches = first.batches();
    let mut courses: Vec<_> = cells.iter().map(Course::new).collect();
    let mut results: Vec<Result<(), E>> = cells.iter().map(|_| Ok(())).collect();
    let mut pending: Option<Pending> = None;
    for step in 0..steps {
        let batch = batches.get(step);
        let (seen, items) = draw(cells, &mut courses, step, &batch, &weights);
        watch.book(Part::Sampling);
        let packed = Packed { model: first.model, weights: &weights, batch: &batch };
        let dropout = Dropout::new(first.preference.dropout, first.seed, step as u64);
        let each: Vec<usize> = cells.iter().map(|cell| 1 + cell.negatives).collect();
        let references: Vec<Tensor<2>> = seen
            .iter()
            .zip(&each)
            .map(|(seen, &each)| {
                let shape = [batch.positions.len(), each];
                let data = TensorData::new(seen.reference.clone(), shape);
                Tensor::from_data(data, &first.device)
            })
            .collect();
        let mut result = packed.scored(&items, &each, dropout, |replica, scores| {
            let Cell { loss, preference, .. } = &cells[replica];
            loss.as_loss().per_sample(scores, references[replica].clone(), preference.beta)
        });
        let rates: Vec<f64> = cells.iter().map(|cell| cell.learning_rate(step)).collect();
        let gradients = std::mem::take(&mut result.gradients);
        let norms = optimizer.step(&mut weights, gradients, &rates);
        let launched = Pending { step, batch, seen, result, norms };
        if let Some(before) = pending.replace(launched) {
            before.record(cells, &mut courses, &mut results);
        }
        watch.book(Part::Training);
        if step == 0 || first.is_due(step) {
            let now = pending.take().expect("it was just launched");
            now.record(cells, &mut courses, &mut results);
            watch.book(Part::Training);
            for (index, course) in courses.iter_mut().enumerate() {
                if results[index].is_err() {
                    continue;
                }
                let policy = || replica(&weights, index, cells.len());
                for evaluation in course.evaluations(step, policy) {
                    watch.book(Part::Evaluation);
                    let written = evaluated(index, evaluation);
                    watch.book(Part::Storing);
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
        progress(step + 1, steps);
    }
    results
}

/// What every cell sees of a batch, and the items that are scored for it.
fn draw(
    cells: &[Cell<'_>],
    courses: &mut [Course<'_>],
    step: usize,
    batch: &Batch,
    weights: &[Tensor<2>],
) -> (Vec<Seen>, Scored) {
    let most = (0..cells.len()).max_by_key(|&index| cells[index].negatives);
    let most = most.expect("a pack has cells");
    let (count, largest) = (cells.len(), cells[most].negatives);
    if matches!(cells[most].loss.as_loss().sampling(), Sampling::Configured) {
        let all = courses[most].seen(step, batch, || unreachable!("no pool to fill"));
        let seen = cells.iter().map(|cell| all.first(cell.negatives, largest)).collect();
        return (seen, Scored::Shared(all.items));
    }
    let mut own = Vec::with_capacity(count * batch.positions.len() * (1 + largest));
    let seen = cells.iter().zip(courses).enumerate().map(|(index, (cell, course))| {
        let seen = course.seen(step, batch, || replica(weights, index, count));
        for row in seen.items.chunks_exact(1 + cell.negatives) {
            own.extend(row.iter().map(|&item| Some(item)));
            own.extend(std::iter::repeat_n(None, largest - cell.negatives));
        }
        seen
    });
    let seen = seen.collect();
    (seen, Scored::Own(own))
}

/// One replica's weights.
fn replica(weights: &[Tensor<2>], index: usize, count: usize) -> Vec<Tensor<2>> {
    let own = |weight: &Tensor<2>| {
        let [rows, cols] = weight.dims();
        let rows = rows / count;
        weight.clone().slice([index * rows..(index + 1) * rows, 0..cols])
    };
    weights.iter().map(own).collect()
}

impl Pending {
    /// Waits for the device, and lets every cell that is still sound take in the step.
    fn record<E: From<NotFinite>>(
        self,
        cells: &[Cell<'_>],
        courses: &mut [Course<'_>],
        results: &mut [Result<(), E>],
    ) {
        let losses = host(self.result.losses);
        let norms = host(self.norms);
        let scores = self.result.scores.expect("a preference step scores items");
        let [_, samples, most] = scores.dims();
        let scores = host(scores);
        let by_replica = scores.chunks_exact(samples * most);
        for (index, scores) in by_replica.enumerate() {
            if results[index].is_err() {
                continue;
            }
            let each = 1 + cells[index].negatives;
            let own: Vec<f32> =
                scores.chunks_exact(most).flat_map(|row| &row[..each]).copied().collect();
            let (loss, norm) = (f64::from(losses[index]), f64::from(norms[index]));
            let outcome = Outcome { loss, norm, scores: &own };
            let recorded =
                courses[index].record(self.step, &self.batch, &self.seen[index], &outcome);
            if let Err(error) = recorded {
                results[index] = Err(error.into());
            }
        }
    }
}
