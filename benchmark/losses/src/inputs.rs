//! What goes into a loss, and what comes out.

use burn::Tensor;
use serde::{Deserialize, Serialize};

/// What a loss needs beside the policy's scores of the positive and the negatives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// The frozen reference's scores of the same items.
    pub reference: bool,
    /// The logarithm of the softmax's denominator over the whole catalogue, since the loss depends on
    /// log-probabilities themselves and not on their differences alone.
    pub log_normaliser: bool,
    /// How often each negative is expected among the K that are drawn.
    pub log_counts: bool,
    /// A random number for each negative.
    pub keys: bool,
    /// Lengths of the items in tokens: it makes no sense for items that have none.
    pub lengths: bool,
    /// What the user thinks of each item.
    pub ratings: bool,
    /// The number of items in the catalogue, from which negatives are drawn uniformly.
    pub catalogue: bool,
}

/// What a batch brings beside the scores, as far as the loss needs it.
#[derive(Clone, Copy, Debug, Default)]
pub struct SideInputs<'a> {
    /// The reference's log-normalisers, `[P]`, where the loss needs both.
    pub reference_log_normaliser: Option<&'a [f32]>,
    /// `log(K q_i)`, with `q_i` the probability of drawing negative i, row-major `[P, K]`.
    pub log_counts: Option<&'a [f32]>,
    /// Uniform in `[0, 1)`, row-major `[P, K]`.
    pub keys: Option<&'a [f32]>,
    /// Tokens of the items, row-major `[P, 1 + K]`; None for items that are known by ids.
    pub lengths: Option<&'a [f32]>,
    /// What the user thinks of the items, above zero, row-major `[P, 1 + K]`.
    pub ratings: Option<&'a [f32]>,
    /// Items in the catalogue.
    pub catalogue: usize,
}

/// A batch of P samples as tensors, the positive in column 0.
#[derive(Clone, Debug)]
pub struct LossInputs {
    /// The policy's scores, `[P, 1 + K]`, differentiable.
    pub scores: Tensor<2>,
    /// The policy's log-normalisers, `[P, 1]`, differentiable; where the loss needs them.
    pub log_normaliser: Option<Tensor<2>>,
    /// The reference's scores, `[P, 1 + K]`, a constant; where the loss needs them.
    pub reference: Option<Tensor<2>>,
    /// The reference's log-normalisers, `[P, 1]`; where the loss needs both.
    pub reference_log_normaliser: Option<Tensor<2>>,
    /// `log(K q_i)`, `[P, K]`; where the loss needs it, see [`SideInputs::log_counts`].
    pub log_counts: Option<Tensor<2>>,
    /// A random number for each negative, `[P, K]`; where the loss needs it.
    pub keys: Option<Tensor<2>>,
    /// Tokens of the items, `[P, 1 + K]`; see [`SideInputs::lengths`].
    pub lengths: Option<Tensor<2>>,
    /// What the user thinks of the items, `[P, 1 + K]`; where the loss needs it.
    pub ratings: Option<Tensor<2>>,
    /// Items in the catalogue.
    pub catalogue: usize,
    /// Whether the tensors lie on the CPU, so that reading them costs nothing.
    pub on_host: bool,
}

/// One sample as numbers, the positive first.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sample<'a> {
    /// The policy's `1 + K` scores.
    pub policy: &'a [f64],
    /// The reference's `1 + K` scores.
    pub reference: &'a [f64],
    /// The policy's log-normaliser, where the loss needs it.
    pub log_normaliser: Option<f64>,
    /// The reference's log-normaliser, where the loss needs both.
    pub reference_log_normaliser: Option<f64>,
    /// `log(K q_i)` of the negatives, where the loss needs it.
    pub log_counts: Option<&'a [f64]>,
    /// A random number for each negative, where the loss needs it.
    pub keys: Option<&'a [f64]>,
    /// Tokens of the `1 + K` items; None for items that are known by ids.
    pub lengths: Option<&'a [f64]>,
    /// What the user thinks of the `1 + K` items, where the loss needs it.
    pub ratings: Option<&'a [f64]>,
    /// Items in the catalogue, where the loss needs it.
    pub catalogue: usize,
}

/// A sample's loss and gradient as numbers.
///
/// Weights are derivatives in the log-probability of an item: what the loss does to a raw score
/// through the log-normaliser is not in them. They may be negative, and the positive's need not be the
/// sum of the negatives'.
#[derive(Clone, Debug, PartialEq)]
pub struct ClosedForm {
    /// The loss.
    pub loss: f64,
    /// `-dL/dlogp(w)`.
    pub positive_weight: f64,
    /// `dL/dlogp(i)` for each negative.
    pub negative_weights: Vec<f64>,
    /// The same if every log-ratio were zero (policy = reference), all else equal; None for a loss
    /// without a reference.
    pub at_reference: Option<AtReference>,
    /// Where every negative's margin has a strength of its own: that strength, 0 for a negative
    /// that does not enter the loss. None where all have the same.
    pub strengths: Option<Vec<f64>>,
    /// Of a loss whose pairs are balanced: what is recorded of the coefficients.
    pub coefficients: Option<Coefficients>,
}

/// Sums over the pairs of a sample, of the coefficients that balance them.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Coefficients {
    /// Pairs that enter the loss.
    pub pairs: f64,
    /// Their coefficients.
    pub sum: f64,
    /// How many are clipped.
    pub clipped: f64,
    /// How many are below 1: the positive is pulled less than without.
    pub below_one: f64,
}

/// A loss where policy and reference agree.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct AtReference {
    /// The loss.
    pub loss: f64,
    /// `-dL/dlogp(w)`.
    pub positive_weight: f64,
}

impl Coefficients {
    /// Adds another sample's sums.
    pub fn add(&mut self, other: &Self) {
        self.pairs += other.pairs;
        self.sum += other.sum;
        self.clipped += other.clipped;
        self.below_one += other.below_one;
    }
}
