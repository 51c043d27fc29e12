//! `c`: how strongly the positive of a pair is pulled beside its negative.
//!
//! A pair moves the positive's probability by `dL/dp(w) = -b c u / p(w)` and the negative's by
//! `dL/dp(i) = b u / p(i)`. Both are equal in size where `c = p(w) / p(i)`. `c` is a constant to the
//! gradient, and clipped.

use burn::Tensor;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::compared::{Compared, log_probabilities, log_ratios, log_rest, log_rest_tensor};
use crate::formulas::split;
use crate::inputs::{Coefficients, Sample};

/// What `c` acts on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// On the positive's term, `c a(w) - a(i)`: value and gradient.
    Coefficient,
    /// On the gradient alone: the value is that of the base loss.
    Gradient,
}

/// Of which ratio of a positive and a negative `c` is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Ratio {
    /// That of the policy's probabilities.
    Policy,
    /// That of the policy's probabilities relative to the reference's.
    Relative,
}

/// What is clipped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClipOver {
    /// The ratio of each pair.
    Pair,
    /// The mean of the ratios of a position, weighted as the loss weighs the negatives.
    Mean,
}

/// The settings of `c`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Balance {
    /// The largest `c`.
    pub clip: f64,
    /// What `c` acts on.
    pub effect: Effect,
    /// Of which ratio it is made.
    pub ratio: Ratio,
    /// What is clipped.
    pub clip_over: ClipOver,
    /// Of probabilities per token.
    pub per_token: bool,
}

impl Balance {
    /// For each item a number whose differences are the logarithms of the ratios, the positive first.
    pub(super) fn sizes(self, compared: Compared, sample: &Sample<'_>) -> Vec<f64> {
        let mut sizes = match self.ratio {
            Ratio::Policy => log_probabilities(sample),
            Ratio::Relative => log_ratios(sample),
        };
        if self.per_token {
            let lengths = sample.lengths.expect("the loss says that it needs them");
            sizes.iter_mut().zip(lengths).for_each(|(size, length)| *size /= length);
        }
        if compared == Compared::LogOdds && self.ratio == Ratio::Policy {
            sizes.iter_mut().for_each(|size| *size += log_rest(*size));
        }
        sizes
    }

    /// The same for a batch, `[P, 1 + K]`, from log-probabilities or log-ratios.
    pub(super) fn size_tensors(
        self,
        compared: Compared,
        values: Tensor<2>,
        lengths: Option<Tensor<2>>,
    ) -> Tensor<2> {
        let sizes = match lengths.filter(|_| self.per_token) {
            None => values,
            Some(lengths) => values / lengths,
        };
        if compared == Compared::LogOdds && self.ratio == Ratio::Policy {
            return sizes.clone() + log_rest_tensor(sizes);
        }
        sizes
    }

    /// `c` of every negative; `log_shares` says how the loss weighs them, with minus infinity for one
    /// that does not enter.
    pub(super) fn of_sizes(self, sizes: &[f64], log_shares: &[f64]) -> (Vec<f64>, Coefficients) {
        let ratios = sizes[1..].iter().map(|size| sizes[0] - size);
        let mut logarithms: Vec<f64> = match self.clip_over {
            ClipOver::Pair => ratios.collect(),
            ClipOver::Mean => {
                let each = || ratios.clone().zip(log_shares).map(|(ratio, share)| ratio + share);
                let largest = each().fold(f64::NEG_INFINITY, f64::max);
                let mean = largest + each().map(|x| (x - largest).exp()).sum::<f64>().ln();
                vec![mean; log_shares.len()]
            }
        };
        let most = self.clip.ln();
        let mut sums = Coefficients::default();
        for (logarithm, log_share) in logarithms.iter_mut().zip(log_shares) {
            let clipped = *logarithm >= most;
            *logarithm = if clipped { self.clip } else { logarithm.exp() };
            if *log_share > f64::NEG_INFINITY {
                sums.pairs += 1.0;
                sums.sum += *logarithm;
                sums.clipped += f64::from(u8::from(clipped));
                sums.below_one += f64::from(u8::from(*logarithm < 1.0));
            }
        }
        (logarithms, sums)
    }

    /// The same for a batch, `[P, K]` or `[P, 1]`; `log_shares` where the clip is over a mean.
    pub(super) fn of_tensors(self, sizes: Tensor<2>, log_shares: Option<Tensor<2>>) -> Tensor<2> {
        let (positive, negatives) = split(sizes);
        let logarithms = positive - negatives;
        let logarithms = match log_shares {
            None => logarithms,
            Some(log_shares) => {
                let each = logarithms + log_shares;
                let largest = each.clone().max_dim(1);
                (each - largest.clone()).exp().sum_dim(1).log() + largest
            }
        };
        logarithms.clamp_max(self.clip.ln()).exp()
    }
}
