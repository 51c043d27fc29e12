//! Margin losses: one contract, and one closed form for all of them.
//!
//! `x_i = b_i (a(w) - a(i)) - o_i` for the negatives `i` in a set `B`. By default `B` holds all
//! negatives and `b_i = beta`. `a` is what the loss compares, and an aggregation makes one number of
//! the margins `x_i`. With `u_i = -dL/dx_i`, the weight of a negative is `b_i u_i` and that of the
//! positive their sum, plus that of a likelihood term.

use burn::Tensor;

use crate::settings::LossSettings;

/// What a loss compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compared {
    /// The log-ratio to the reference.
    LogRatio,
    /// The log-probability; no reference is needed.
    LogProbability,
}

/// How the margins of a sample become one loss.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aggregation {
    /// `mean_B -log sigma(x_i)`.
    Pairs,
    /// `-log sigma(mean_B x_i)`.
    Inside,
    /// `log(1 + sum_B exp(-x_i))`.
    Soft,
}

/// The negatives of a sample that enter the loss, and how strongly.
#[derive(Clone, Debug, PartialEq)]
pub struct Chosen {
    /// `b_i`; 0 for a negative that does not enter.
    pub strengths: Vec<f64>,
    /// Whether the strengths depend on the scores, which makes them worth recording.
    pub adaptive: bool,
}

/// The same for a batch, as constant tensors `[P, K]`.
#[derive(Clone, Debug)]
pub struct ChosenTensors {
    /// `b_i`; 0 for a negative that does not enter.
    pub strengths: Tensor<2>,
    /// 1 for a negative that enters, 0 for another.
    pub used: Tensor<2>,
}

/// A loss on the contract of this file.
pub trait MarginLoss: LossSettings {
    /// What it compares.
    fn compared(&self) -> Compared;

    /// How margins become a loss.
    fn aggregation(&self) -> Aggregation;

    /// `o`: what every margin must exceed.
    fn offset(&self) -> f64 {
        0.0
    }

    /// Weight of the likelihood term `-logp(w)` that is added.
    fn likelihood(&self) -> f64 {
        0.0
    }

    /// Whether `log(K q_i)`, with `q_i` the probability of drawing negative i, is added to its margin.
    fn adds_log_counts(&self) -> bool {
        false
    }

    /// Which negatives' weights are raised to what they would be alone, `beta sigma(-x_i)`, and the
    /// positive's by as much, at the same value of the loss; from the policy's scores.
    fn raised(&self, _scores: &[f64]) -> Option<Vec<bool>> {
        None
    }

    /// Whether [`choose`](Self::choose) needs a random number for each negative.
    fn needs_keys(&self) -> bool {
        false
    }

    /// `B` and `b_i` of a sample, from the policy's scores (the positive first) and, where it
    /// [needs](Self::needs_keys) them, random numbers; None: all negatives, each with `beta`.
    fn choose(&self, _scores: &[f64], _keys: Option<&[f64]>, _beta: f64) -> Option<Chosen> {
        None
    }

    /// The same for a batch, from the policy's scores `[P, 1 + K]` without gradient and random numbers
    /// `[P, K]`.
    fn choose_tensors(
        &self,
        _scores: Tensor<2>,
        _keys: Option<Tensor<2>>,
        _beta: f64,
        _on_host: bool,
    ) -> Option<ChosenTensors> {
        None
    }
}
