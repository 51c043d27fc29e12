//! Margins and their weights, in double precision.

use super::balance::{Balance, Effect};
use super::compared::{Compared, Values};
use super::contract::{Aggregation, MarginForm};
use super::penalty::Penalty;
use crate::formulas::{sigmoid, softmax_with_zero, softplus};
use crate::inputs::{AtReference, ClosedForm, Coefficients, Sample};

/// The margins of one sample.
#[derive(Clone, Copy)]
pub(super) struct Margins<'a> {
    pub(super) form: &'a MarginForm,
    /// What is compared, the positive first.
    pub(super) a: &'a [f64],
    /// Its derivatives in log-probabilities, where they are not 1.
    pub(super) slopes: Option<&'a [f64]>,
    pub(super) beta: f64,
    /// `b_i` where they are not `beta`; 0 for a negative that does not enter.
    pub(super) strengths: Option<&'a [f64]>,
    /// `o_i` where they differ.
    pub(super) offsets: Option<&'a [f64]>,
    /// `c_i` where they are not 1.
    pub(super) coefficients: Option<&'a [f64]>,
}

/// What is compared; differences of scores where those of log-probabilities are the same.
pub(super) fn values(form: &MarginForm, sample: &Sample<'_>) -> Values {
    let lengths = sample.lengths.filter(|_| form.per_length);
    if form.is_absolute() || lengths.is_some() {
        return form.compared.of_sample(sample, lengths);
    }
    let a = match form.compared {
        Compared::LogRatio => {
            sample.policy.iter().zip(sample.reference).map(|(p, r)| p - r).collect()
        }
        _ => sample.policy.to_vec(),
    };
    Values { a, slopes: None }
}

impl Margins<'_> {
    fn negatives(&self) -> usize {
        self.a.len() - 1
    }

    pub(super) fn strength(&self, index: usize) -> f64 {
        self.strengths.map_or(self.beta, |strengths| strengths[index])
    }

    /// The negatives that enter.
    fn used(&self) -> impl Iterator<Item = usize> {
        (0..self.negatives()).filter(|&index| self.strength(index) > 0.0)
    }

    pub(super) fn offset(&self, index: usize) -> f64 {
        self.offsets.map_or_else(|| self.form.offset.constant(), |offsets| offsets[index])
    }

    /// The coefficients, if they are part of the value.
    fn in_value(&self) -> Option<&[f64]> {
        let balance = self.form.balance?;
        self.coefficients.filter(|_| balance.effect == Effect::Coefficient)
    }

    /// `x_i`.
    pub(super) fn x(&self, index: usize) -> f64 {
        let positive = self.in_value().map_or(self.a[0], |c| c[index] * self.a[0]);
        let guard =
            if self.form.guard == 0.0 { 0.0 } else { self.form.guard * -self.a[0].min(0.0) };
        self.strength(index) * (positive - self.a[index + 1] - guard) - self.offset(index)
    }

    /// `c_i`, and what is recorded of them.
    pub(super) fn balanced(
        &self,
        balance: Balance,
        sample: &Sample<'_>,
    ) -> (Vec<f64>, Coefficients) {
        let mut log_shares = vec![f64::NEG_INFINITY; self.negatives()];
        let level = match self.form.aggregation {
            Aggregation::Soft => {
                let largest = self.used().map(|index| -self.x(index)).fold(f64::MIN, f64::max);
                let sum: f64 = self.used().map(|index| (-self.x(index) - largest).exp()).sum();
                largest + sum.ln()
            }
            _ => (self.used().count() as f64).ln(),
        };
        for index in self.used() {
            log_shares[index] = match self.form.aggregation {
                Aggregation::Soft => -self.x(index) - level,
                _ => -level,
            };
        }
        balance.of_sizes(&balance.sizes(self.form.compared, sample), &log_shares)
    }

    /// Loss and weights, without what only the sample knows.
    pub(super) fn weigh(&self) -> ClosedForm {
        let Margins { form, a, beta, .. } = *self;
        let mut weights = vec![0.0; self.negatives()];
        let n = self.used().count() as f64;
        // `sum_i b_i u_i`, where that is not summed up.
        let mut sum = None;
        let loss = match form.aggregation {
            Aggregation::Pairs => {
                let mut loss = 0.0;
                for index in self.used() {
                    let (x, strength) = (self.x(index), self.strength(index));
                    loss += form.penalty.value(x, strength);
                    weights[index] = strength / n * form.penalty.pull(x, strength);
                }
                loss / n
            }
            Aggregation::Inside if self.is_uniform() => {
                let mean = a[1..].iter().sum::<f64>() / n;
                let x = beta * (a[0] - mean) - form.offset.constant();
                let weight = beta * sigmoid(-x);
                weights.fill(weight / n);
                sum = Some(weight);
                softplus(-x)
            }
            Aggregation::Inside => {
                let x = self.used().map(|index| self.x(index)).sum::<f64>() / n;
                self.used().for_each(|i| weights[i] = self.strength(i) / n * sigmoid(-x));
                softplus(-x)
            }
            Aggregation::Total => {
                let x: f64 = self.used().map(|index| self.x(index)).sum();
                self.used().for_each(|i| weights[i] = self.strength(i) * sigmoid(-x));
                softplus(-x)
            }
            Aggregation::Soft => {
                let exponents: Vec<f64> = self.used().map(|index| -self.x(index)).collect();
                let (value, shares) = softmax_with_zero(&exponents);
                for (index, share) in self.used().zip(shares) {
                    weights[index] = self.strength(index) * share;
                }
                value
            }
        };
        let sum = sum.unwrap_or_else(|| weights.iter().sum());
        let mut pull = match self.coefficients {
            None => sum,
            Some(c) => weights.iter().zip(c).map(|(weight, c)| weight * c).sum(),
        };
        if form.guard != 0.0 && a[0] < 0.0 {
            pull += form.guard * sum;
        }
        if let Some(slopes) = self.slopes {
            pull *= slopes[0];
            weights.iter_mut().zip(&slopes[1..]).for_each(|(weight, slope)| *weight *= slope);
        }
        if form.scale != 1.0 {
            pull *= form.scale;
            weights.iter_mut().for_each(|weight| *weight *= form.scale);
        }
        ClosedForm {
            loss: form.scale * loss,
            positive_weight: pull,
            negative_weights: weights,
            at_reference: None,
            strengths: None,
            coefficients: None,
        }
    }

    /// Whether all margins have one strength and one offset.
    fn is_uniform(&self) -> bool {
        self.strengths.is_none()
            && self.offsets.is_none()
            && self.coefficients.is_none()
            && self.form.guard == 0.0
    }

    /// The same where every log-ratio is zero.
    pub(super) fn at_reference(&self) -> AtReference {
        let plain = self.offsets.is_none()
            && self.coefficients.is_none()
            && self.slopes.is_none()
            && self.form.scale == 1.0
            && self.form.penalty == Penalty::Logistic;
        let offset = self.form.offset.constant();
        let n = self.used().count() as f64;
        let total = self.strengths.map(|strengths| strengths.iter().sum::<f64>());
        let (loss, positive_weight) = match self.form.aggregation {
            Aggregation::Pairs | Aggregation::Inside if plain => {
                let strength = total.map_or(self.beta, |total| total / n);
                (softplus(offset), strength * sigmoid(offset))
            }
            Aggregation::Soft if plain => {
                let sum = n * offset.exp();
                let weight = match total {
                    None => self.beta * sum / (1.0 + sum),
                    Some(total) => total * offset.exp() / (1.0 + sum),
                };
                (sum.ln_1p(), weight)
            }
            _ => {
                let zeros = vec![0.0; self.a.len()];
                let found = Margins { a: &zeros, ..*self }.weigh();
                (found.loss, found.positive_weight)
            }
        };
        AtReference { loss, positive_weight }
    }
}
