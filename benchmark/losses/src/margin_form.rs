//! Every margin loss is a loss: its value on tensors, and its closed form.

use burn::Tensor;
use burn::tensor::activation::log_sigmoid;

use crate::formulas::{log_one_plus_sum_exp, sigmoid, softmax_with_zero, softplus, split};
use crate::inputs::{AtReference, ClosedForm, LossInputs, Needs, Sample};
use crate::loss::Loss;
use crate::margin::{Aggregation, Compared, MarginLoss};

impl<T: MarginLoss> Loss for T {
    fn needs(&self) -> Needs {
        Needs {
            reference: self.compared() == Compared::LogRatio,
            log_normaliser: self.likelihood() != 0.0,
        }
    }

    fn per_sample(&self, inputs: LossInputs, beta: f64) -> Tensor<1> {
        let LossInputs { scores, log_normaliser, reference, on_host, .. } = inputs;
        let chosen = self.choose_tensors(scores.clone().inner(), beta, on_host);
        let (positive_score, _) = split(scores.clone());
        let compared = match self.compared() {
            Compared::LogRatio => scores - reference.expect("the loss says that it needs it"),
            Compared::LogProbability => scores,
        };
        let (positive, negatives) = split(compared);
        let loss = match chosen {
            None => self.of_all((positive - negatives) * beta),
            Some(chosen) => self.of_chosen((positive - negatives) * chosen.strengths, chosen.used),
        };
        match self.likelihood() {
            0.0 => loss,
            weight => {
                let normaliser = log_normaliser.expect("the loss says that it needs it");
                loss + ((normaliser - positive_score) * weight).squeeze_dim(1)
            }
        }
    }

    fn closed_forms(&self, samples: &[Sample<'_>], beta: f64) -> Vec<ClosedForm> {
        samples.iter().map(|sample| closed_form(self, sample, beta)).collect()
    }

    fn as_margin(&self) -> Option<&dyn MarginLoss> {
        Some(self)
    }
}

/// The aggregations as tensors, `[P, K]` to `[P]`.
trait Aggregate: MarginLoss {
    fn of_all(&self, margins: Tensor<2>) -> Tensor<1> {
        let x = below(margins, self.offset());
        match self.aggregation() {
            Aggregation::Pairs => log_sigmoid(x).mean_dim(1).neg().squeeze_dim(1),
            Aggregation::Inside => log_sigmoid(x.mean_dim(1)).neg().squeeze_dim(1),
            Aggregation::Soft => log_one_plus_sum_exp(x.neg()),
        }
    }

    /// `margins` are zero for negatives that do not enter.
    fn of_chosen(&self, margins: Tensor<2>, used: Tensor<2>) -> Tensor<1> {
        let offset = self.offset();
        match self.aggregation() {
            Aggregation::Pairs => {
                let losses = log_sigmoid(below(margins, offset)) * used.clone();
                (losses.sum_dim(1) / used.sum_dim(1)).neg().squeeze_dim(1)
            }
            Aggregation::Inside => {
                let mean = margins.sum_dim(1) / used.sum_dim(1);
                log_sigmoid(below(mean, offset)).neg().squeeze_dim(1)
            }
            // A negative that does not enter must add nothing to the sum: exp(-1e4) is zero.
            Aggregation::Soft => log_one_plus_sum_exp((used - 1.0) * 1e4 - below(margins, offset)),
        }
    }
}

impl<T: MarginLoss + ?Sized> Aggregate for T {}

fn below(margins: Tensor<2>, offset: f64) -> Tensor<2> {
    if offset == 0.0 { margins } else { margins - offset }
}

/// Loss and gradient of one sample.
fn closed_form(loss: &(impl MarginLoss + ?Sized), sample: &Sample<'_>, beta: f64) -> ClosedForm {
    let compared: Vec<f64> = match loss.compared() {
        Compared::LogRatio => {
            sample.policy.iter().zip(sample.reference).map(|(policy, r)| policy - r).collect()
        }
        Compared::LogProbability => sample.policy.to_vec(),
    };
    let chosen = loss.choose(sample.policy, beta);
    let mut found = match &chosen {
        None => of_all(loss, &compared, beta),
        Some(chosen) => of_chosen(loss, &compared, &chosen.strengths),
    };
    found.strengths = chosen.filter(|chosen| chosen.adaptive).map(|chosen| chosen.strengths);
    if loss.compared() == Compared::LogProbability {
        found.at_reference = None;
    }
    let likelihood = loss.likelihood();
    if likelihood != 0.0 {
        let normaliser = sample.log_normaliser.expect("the loss says that it needs it");
        found.loss += likelihood * (normaliser - sample.policy[0]);
        found.positive_weight += likelihood;
        if let Some(at_reference) = &mut found.at_reference {
            let normaliser =
                sample.reference_log_normaliser.expect("the loss says that it needs it");
            at_reference.loss += likelihood * (normaliser - sample.reference[0]);
            at_reference.positive_weight += likelihood;
        }
    }
    found
}

/// All negatives, each with the strength `beta`.
fn of_all(loss: &(impl MarginLoss + ?Sized), a: &[f64], beta: f64) -> ClosedForm {
    let offset = loss.offset();
    let n = (a.len() - 1) as f64;
    let x = || a[1..].iter().map(|a_i| beta * (a[0] - a_i) - offset);
    match loss.aggregation() {
        Aggregation::Pairs => {
            let negative_weights: Vec<f64> = x().map(|x| beta / n * sigmoid(-x)).collect();
            ClosedForm {
                loss: x().map(|x| softplus(-x)).sum::<f64>() / n,
                positive_weight: negative_weights.iter().sum(),
                negative_weights,
                at_reference: Some(AtReference {
                    loss: softplus(offset),
                    positive_weight: beta * sigmoid(offset),
                }),
                strengths: None,
            }
        }
        Aggregation::Inside => {
            let mean = a[1..].iter().sum::<f64>() / n;
            let margin = beta * (a[0] - mean) - offset;
            let positive_weight = beta * sigmoid(-margin);
            ClosedForm {
                loss: softplus(-margin),
                positive_weight,
                negative_weights: vec![positive_weight / n; a.len() - 1],
                at_reference: Some(AtReference {
                    loss: softplus(offset),
                    positive_weight: beta * sigmoid(offset),
                }),
                strengths: None,
            }
        }
        Aggregation::Soft => {
            let (value, shares) = softmax_with_zero(&x().map(|x| -x).collect::<Vec<_>>());
            let negative_weights: Vec<f64> = shares.iter().map(|share| beta * share).collect();
            let sum = n * offset.exp();
            ClosedForm {
                loss: value,
                positive_weight: negative_weights.iter().sum(),
                negative_weights,
                at_reference: Some(AtReference {
                    loss: sum.ln_1p(),
                    positive_weight: beta * sum / (1.0 + sum),
                }),
                strengths: None,
            }
        }
    }
}

/// The negatives with a strength above zero.
fn of_chosen(loss: &(impl MarginLoss + ?Sized), a: &[f64], strengths: &[f64]) -> ClosedForm {
    let offset = loss.offset();
    let used: Vec<usize> = (0..strengths.len()).filter(|&i| strengths[i] > 0.0).collect();
    let count = used.len() as f64;
    let total: f64 = strengths.iter().sum();
    let margin = |index: usize| strengths[index] * (a[0] - a[index + 1]);
    let mut negative_weights = vec![0.0; strengths.len()];
    let (value, at_reference) = match loss.aggregation() {
        Aggregation::Pairs => {
            let mut sum = 0.0;
            for &index in &used {
                let x = margin(index) - offset;
                sum += softplus(-x);
                negative_weights[index] = strengths[index] / count * sigmoid(-x);
            }
            (sum / count, (softplus(offset), total / count * sigmoid(offset)))
        }
        Aggregation::Inside => {
            let x = used.iter().map(|&index| margin(index)).sum::<f64>() / count - offset;
            for &index in &used {
                negative_weights[index] = strengths[index] / count * sigmoid(-x);
            }
            (softplus(-x), (softplus(offset), total / count * sigmoid(offset)))
        }
        Aggregation::Soft => {
            let exponents: Vec<f64> = used.iter().map(|&index| -(margin(index) - offset)).collect();
            let (value, shares) = softmax_with_zero(&exponents);
            for (&index, share) in used.iter().zip(shares) {
                negative_weights[index] = strengths[index] * share;
            }
            let sum = offset.exp();
            (value, ((count * sum).ln_1p(), total * sum / (1.0 + count * sum)))
        }
    };
    ClosedForm {
        loss: value,
        positive_weight: negative_weights.iter().sum(),
        negative_weights,
        at_reference: Some(AtReference { loss: at_reference.0, positive_weight: at_reference.1 }),
        strengths: None,
    }
}
