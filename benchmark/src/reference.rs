//! The reference stage: supervised next-item training, done once and shared by all cells.

use burn::Tensor;

use crate::batches::{Batches, collect};
use crate::config::{Objective, ReferenceConfig, Targets};
use crate::data::Prepared;
use crate::device::Backend;
use crate::evaluation::validation_ndcg;
use crate::gradients::{Forward, Number, host};
use crate::model::{Dropout, Sasrec, Weights};
use crate::negatives::uniform;
use crate::optimizer::{AdamW, Settings};
use crate::timing::{Part, Stopwatch};
use crate::training::{NotFinite, Progress};

/// Windows whose hidden states are computed at once.
const CHUNK: usize = 128;

/// What one epoch did.
#[derive(Clone, Debug, PartialEq)]
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
pub struct Trained {
    /// Its weights.
    pub weights: Weights,
    /// The course of training.
    pub epochs: Vec<Epoch>,
}

/// Trains a reference from scratch; `watch` learns where the time goes.
///
/// # Errors
/// When the loss stops being finite.
pub fn train(
    model: &Sasrec,
    config: &ReferenceConfig,
    data: &Prepared,
    seed: u64,
    backend: Backend,
    progress: Progress<'_>,
    watch: &Stopwatch,
) -> Result<Trained, NotFinite> {
    let head = backend.head();
    let mut weights = Weights::initial(model.layout(), seed).to_tensors(&backend.device());
    let settings = Settings { weight_decay: config.weight_decay, clip: None };
    let mut optimizer = AdamW::new(weights.len(), settings, head);
    let mut batches =
        Batches::new(&data.windows, config.batch_size, config.targets, seed, "reference batches");
    let per_epoch = batches.per_epoch();
    let mut epochs = Vec::new();
    let mut best: Option<(f64, usize, Vec<Tensor<2>>)> = None;
    for epoch in 1..=config.epochs {
        let mut total = 0.0;
        let mut coming = Vec::new();
        for index in 0..per_epoch {
            let step = (epoch - 1) * per_epoch + index;
            let batch = batches.get(step);
            watch.book(Part::Sampling);
            let dropout = Dropout::new(config.dropout, seed, step as u64);
            let forward = Forward { model, weights: &weights, batch: &batch, head };
            let done = match config.objective {
                Objective::CrossEntropy => forward.cross_entropy(dropout),
                Objective::Bce => {
                    let negatives = uniform(&batch, 1, &data.seen, seed);
                    let targets = batch.positions.iter().map(|position| position.target);
                    let items: Vec<u32> = targets
                        .zip(negatives)
                        .flat_map(|(target, negative)| [target, negative])
                        .collect();
                    watch.book(Part::Sampling);
                    forward.bce(&items, dropout)
                }
            };
            let norm = optimizer.step(&mut weights, done.gradients, config.learning_rate);
            let numbers = [done.loss, norm];
            match numbers {
                [Number::Known(_), _] => total += finite(step, numbers)?,
                // A device is asked once per epoch, and goes on computing meanwhile.
                [Number::Coming(_), _] => coming.push((step, numbers)),
            }
            watch.book(Part::Training);
            progress(step + 1, config.epochs * per_epoch);
        }
        for (step, numbers) in coming.drain(..) {
            total += finite(step, numbers)?;
        }
        watch.book(Part::Training);
        let mut record = Epoch { epoch, loss: total / per_epoch as f64, validation_ndcg: None };
        let mut stop = false;
        if let Some(stopping) = &config.early_stopping
            && epoch % stopping.every == 0
        {
            let ndcg = validation_ndcg(model, &weights, &data.dataset, &data.candidates);
            record.validation_ndcg = Some(ndcg);
            watch.book(Part::Evaluation);
            match &mut best {
                Some((score, waited, _)) if ndcg <= *score => {
                    *waited += 1;
                    stop = *waited >= stopping.patience;
                }
                _ => best = Some((ndcg, 0, weights.clone())),
            }
        }
        epochs.push(record);
        if stop {
            break;
        }
    }
    let weights = best.map_or(weights, |(_, _, weights)| weights);
    Ok(Trained { weights: Weights::from_tensors(model.layout(), &weights), epochs })
}

/// The loss of a step, if it and the norm of its gradient are finite.
fn finite(step: usize, numbers: [Number; 2]) -> Result<f64, NotFinite> {
    let whats = ["the reference's training loss", "the gradient of the reference's training loss"];
    let [loss, norm] = numbers.map(Number::read);
    for (what, value) in whats.into_iter().zip([loss, norm]) {
        if !value.is_finite() {
            return Err(NotFinite { what, step, value });
        }
    }
    Ok(loss)
}

/// The reference's hidden states of every training position, row-major `[positions, dim]`, in the
/// order of the windows: all that is needed for its score of any item at any position.
#[must_use]
pub fn hidden_states(model: &Sasrec, weights: &[Tensor<2>], data: &Prepared) -> Vec<f32> {
    let dim = model.config().dim;
    let mut states = vec![0.0; data.n_positions() * dim];
    let all: Vec<u32> = (0..data.windows.len() as u32).collect();
    for chosen in all.chunks(CHUNK) {
        let batch = collect(&data.windows, chosen, Targets::All, 0);
        let hidden = host(model.hidden(weights, &batch.windows, None));
        for (position, hidden) in batch.positions.iter().zip(hidden.chunks_exact(dim)) {
            let to =
                (data.first_position[position.window as usize] + position.offset as usize) * dim;
            states[to..to + dim].copy_from_slice(hidden);
        }
    }
    states
}
