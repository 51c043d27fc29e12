//! What a step gives.

use burn::Tensor;

use crate::tensors::to_host;

/// A step's outcome for one replica.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// Mean loss over the positions.
    pub loss: f64,
    /// Global norm of the gradients before clipping.
    pub norm: f64,
    /// The policy's scores of the scored items, row-major `[P, 1 + K]`; empty for the softmax over all
    /// items.
    pub scores: Vec<f32>,
    /// The policy's log-normalisers, `[P]`; empty where the loss does not need them.
    pub log_normaliser: Vec<f32>,
}

/// What a step gave, perhaps still being computed on a device.
#[derive(Debug)]
pub struct Pending {
    state: State,
}

#[derive(Debug)]
enum State {
    Known(Vec<Outcome>),
    Coming(Box<OnDevice>),
}

/// Outcomes of all replicas on a device.
#[derive(Debug)]
pub(super) struct OnDevice {
    /// `[R]`.
    pub(super) losses: Tensor<1>,
    /// `[R]`.
    pub(super) norms: Tensor<1>,
    /// `[R, P, E]`; None for the softmax over all items.
    pub(super) scores: Option<Tensor<3>>,
    /// How many of the scores each replica uses.
    pub(super) each: Vec<usize>,
    /// Of every replica, `[P, 1]`; None where its loss does not need them.
    pub(super) log_normalisers: Vec<Option<Tensor<2>>>,
}

impl Pending {
    /// What is known.
    pub(super) fn known(outcomes: Vec<Outcome>) -> Self {
        Self { state: State::Known(outcomes) }
    }

    /// What a device computes.
    pub(super) fn coming(outcomes: OnDevice) -> Self {
        Self { state: State::Coming(Box::new(outcomes)) }
    }

    /// Whether reading waits for nothing.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        matches!(self.state, State::Known(_))
    }

    /// Waits for the outcomes, one per replica.
    #[must_use]
    pub fn read(self) -> Vec<Outcome> {
        match self.state {
            State::Known(outcomes) => outcomes,
            State::Coming(outcomes) => outcomes.read(),
        }
    }
}

impl OnDevice {
    fn read(self) -> Vec<Outcome> {
        let (losses, norms) = (to_host(self.losses), to_host(self.norms));
        let replicas = losses.len();
        let (most, scores) = match self.scores {
            None => (1, Vec::new()),
            Some(scores) => (scores.dims()[2], to_host(scores)),
        };
        let mut own_scores = scores.chunks_exact((scores.len() / replicas).max(1));
        let read = |(replica, log_normaliser): (usize, Option<Tensor<2>>)| {
            let each = self.each[replica];
            let rows = own_scores.next().unwrap_or_default().chunks_exact(most);
            Outcome {
                loss: f64::from(losses[replica]),
                norm: f64::from(norms[replica]),
                scores: rows.flat_map(|row| &row[..each]).copied().collect(),
                log_normaliser: log_normaliser.map(to_host).unwrap_or_default(),
            }
        };
        self.log_normalisers.into_iter().enumerate().map(read).collect()
    }
}
