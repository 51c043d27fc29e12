//! What a margin loss compares.

use burn::Tensor;

use crate::inputs::Sample;

/// `a`, as a function of the log-probability; with `per_length` of the log-probability (or log-ratio)
/// per token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compared {
    /// The log-ratio to the reference.
    LogRatio,
    /// The log-probability, or, where only differences matter, the raw score.
    LogProbability,
    /// The probability.
    Probability,
    /// The logarithm of the odds, `log(p / (1 - p))`, with `p` at most `1 - 1e-6`.
    LogOdds,
}

/// The largest log-probability that has odds.
const MOST: f64 = -1e-6;

/// `a` of every item, the positive first, and its derivative in the log-probability where that is not
/// 1 throughout.
pub(super) struct Values {
    pub(super) a: Vec<f64>,
    pub(super) slopes: Option<Vec<f64>>,
}

/// Log-probabilities of all items; scores are log-probabilities where there is no normaliser.
pub(super) fn log_probabilities(sample: &Sample<'_>) -> Vec<f64> {
    let normaliser = sample.log_normaliser.unwrap_or(0.0);
    sample.policy.iter().map(|score| score - normaliser).collect()
}

/// Log-ratios of all items, with both normalisers.
pub(super) fn log_ratios(sample: &Sample<'_>) -> Vec<f64> {
    let normaliser = sample.reference_log_normaliser.unwrap_or(0.0);
    let policy = log_probabilities(sample);
    policy.iter().zip(sample.reference).map(|(p, r)| p - (r - normaliser)).collect()
}

impl Compared {
    /// For a form that compares absolute values, or per token.
    pub(super) fn of_sample(self, sample: &Sample<'_>, lengths: Option<&[f64]>) -> Values {
        let mut a = match self {
            Self::LogRatio => log_ratios(sample),
            _ => log_probabilities(sample),
        };
        if let Some(lengths) = lengths {
            a.iter_mut().zip(lengths).for_each(|(a, length)| *a /= length);
        }
        let per = |index: usize| lengths.map_or(1.0, |lengths| 1.0 / lengths[index]);
        let slopes = match self {
            Self::LogRatio | Self::LogProbability => {
                lengths.map(|_| (0..a.len()).map(per).collect())
            }
            Self::Probability => {
                a.iter_mut().for_each(|a| *a = a.exp());
                Some(a.iter().enumerate().map(|(index, a)| a * per(index)).collect())
            }
            Self::LogOdds => {
                let slope = |(index, &a): (usize, &f64)| match a > MOST {
                    true => 0.0,
                    false => per(index) / -a.exp_m1(),
                };
                let slopes = a.iter().enumerate().map(slope).collect();
                a.iter_mut().for_each(|a| *a = log_odds(*a));
                Some(slopes)
            }
        };
        Values { a, slopes }
    }

    /// `a` from log-ratios or log-probabilities, per token where that is wanted.
    pub(super) fn of_tensor(self, values: Tensor<2>) -> Tensor<2> {
        match self {
            Self::LogRatio | Self::LogProbability => values,
            Self::Probability => values.exp(),
            Self::LogOdds => {
                let values = values.clamp_max(MOST);
                values.clone() - log_rest_tensor(values)
            }
        }
    }
}

fn log_odds(log_probability: f64) -> f64 {
    let log_probability = log_probability.min(MOST);
    log_probability - log_rest(log_probability)
}

/// `log(1 - p)` from `log p`.
pub(super) fn log_rest(log_probability: f64) -> f64 {
    (-log_probability.min(MOST).exp_m1()).ln()
}

/// The same for a tensor.
pub(super) fn log_rest_tensor(log_probability: Tensor<2>) -> Tensor<2> {
    log_probability.clamp_max(MOST).exp().neg().log1p()
}
