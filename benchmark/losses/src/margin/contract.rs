//! What a margin loss is.

use burn::Tensor;

use super::balance::Balance;
use super::compared::Compared;
use super::offset::Offset;
use super::penalty::Penalty;
use crate::inputs::Needs;
use crate::settings::LossSettings;

/// How the margins of a sample become one loss.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aggregation {
    /// `mean_B phi(x_i)`, with `phi` the [`Penalty`].
    Pairs,
    /// `-log sigma(mean_B x_i)`.
    Inside,
    /// `-log sigma(sum_B x_i)`.
    Total,
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

/// A margin loss, apart from which negatives enter it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MarginForm {
    /// What it compares.
    pub compared: Compared,
    /// Whether what is compared is divided by the length of the item, where items have one.
    pub per_length: bool,
    /// Whether it makes no sense for items without lengths.
    pub needs_lengths: bool,
    /// How margins become a loss.
    pub aggregation: Aggregation,
    /// `phi`, for [`Aggregation::Pairs`]; the others have [`Penalty::Logistic`].
    pub penalty: Penalty,
    /// `o`: what the margins must exceed.
    pub offset: Offset,
    /// `lambda` of a guard of the positive: `b_i lambda max(0, -a(w))` is taken from every margin.
    pub guard: f64,
    /// `c`, if it is not 1.
    pub balance: Option<Balance>,
    /// Weight of all this beside the likelihood term.
    pub scale: f64,
    /// Weight of the likelihood term `-logp(w)` that is added.
    pub likelihood: f64,
    /// Whether the likelihood term is divided by the length of the positive, where items have one.
    pub likelihood_per_length: bool,
    /// Whether `log(K q_i)`, with `q_i` the probability of drawing negative i, is added to its margin.
    pub adds_log_counts: bool,
}

impl MarginForm {
    /// The plain form, without a likelihood term.
    #[must_use]
    pub fn new(compared: Compared, aggregation: Aggregation) -> Self {
        Self {
            compared,
            per_length: false,
            needs_lengths: false,
            aggregation,
            penalty: Penalty::Logistic,
            offset: Offset::Constant(0.0),
            guard: 0.0,
            balance: None,
            scale: 1.0,
            likelihood: 0.0,
            likelihood_per_length: false,
            adds_log_counts: false,
        }
    }

    /// Whether the margins depend on log-probabilities themselves: not on their differences alone.
    #[must_use]
    pub fn is_absolute(&self) -> bool {
        matches!(self.compared, Compared::Probability | Compared::LogOdds)
            || self.guard != 0.0
            || self.balance.is_some()
    }

    pub(super) fn needs(&self, keys: bool) -> Needs {
        Needs {
            reference: self.compared == Compared::LogRatio,
            log_normaliser: self.likelihood != 0.0 || self.is_absolute(),
            log_counts: self.adds_log_counts,
            keys,
            lengths: self.needs_lengths || self.balance.is_some_and(|balance| balance.per_token),
            ratings: matches!(self.offset, Offset::Rated { .. }),
            catalogue: false,
        }
    }
}

/// Which negatives enter a margin loss, and how strongly.
pub trait Choose {
    /// Whether a random number is needed for each negative.
    fn needs_keys(&self) -> bool {
        false
    }

    /// `B` and `b_i` of a sample, from the policy's scores (the positive first) and, where they are
    /// [needed](Self::needs_keys), random numbers.
    fn choose(&self, scores: &[f64], keys: Option<&[f64]>, beta: f64) -> Chosen;

    /// The same for a batch, from the policy's scores `[P, 1 + K]` without gradient and random numbers
    /// `[P, K]`.
    fn choose_tensors(
        &self,
        scores: Tensor<2>,
        keys: Option<Tensor<2>>,
        beta: f64,
        on_host: bool,
    ) -> ChosenTensors;

    /// Which negatives' weights are raised to what they would be alone, `beta sigma(-x_i)`, and the
    /// positive's by as much, at the same value of the loss; from the policy's scores.
    fn raised(&self, _scores: &[f64]) -> Option<Vec<bool>> {
        None
    }
}

/// A loss on the contract of this folder.
pub trait MarginLoss: LossSettings {
    /// The form.
    fn form(&self) -> MarginForm;

    /// Which negatives enter; None: all, each with `beta`.
    fn chooser(&self) -> Option<&dyn Choose> {
        None
    }
}
