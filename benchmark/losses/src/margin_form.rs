//! Every margin loss is a loss: its value on tensors, and its closed form.

use burn::Tensor;
use burn::tensor::TensorData;
use burn::tensor::activation::log_sigmoid;

use crate::formulas::{log_one_plus_sum_exp, numbers, sigmoid, softmax_with_zero, softplus, split};
use crate::inputs::{AtReference, ClosedForm, LossInputs, Needs, Sample};
use crate::loss::Loss;
use crate::margin::{Aggregation, Compared, MarginLoss};

impl<T: MarginLoss> Loss for T {
    fn needs(&self) -> Needs {
        Needs {
            reference: self.compared() == Compared::LogRatio,
            log_normaliser: self.likelihood() != 0.0,
            log_counts: self.adds_log_counts(),
            keys: self.needs_keys(),
        }
    }

    fn per_sample(&self, inputs: LossInputs, beta: f64) -> Tensor<1> {
        let LossInputs { scores, log_normaliser, reference, log_counts, keys, on_host, .. } =
            inputs;
        let chosen = self.choose_tensors(scores.clone().inner(), keys, beta, on_host);
        let (positive_score, _) = split(scores.clone());
        let raised = raised_weights(self, &scores, reference.as_ref(), beta);
        let compared = match self.compared() {
            Compared::LogRatio => scores - reference.expect("the loss says that it needs it"),
            Compared::LogProbability => scores,
        };
        let (positive, negatives) = split(compared);
        let mut differences = positive - negatives;
        let raised = raised.map(|weights| {
            // No value, only a gradient.
            let none = differences.clone() - differences.clone().detach();
            (none * weights).sum_dim(1).neg().squeeze_dim(1)
        });
        let counts = log_counts.filter(|_| self.adds_log_counts());
        let mut loss = match chosen {
            None => {
                differences = differences * beta;
                if let Some(counts) = counts {
                    differences = differences + counts;
                }
                self.of_all(differences)
            }
            Some(chosen) => {
                differences = differences * chosen.strengths;
                if let Some(counts) = counts {
                    differences = differences + counts * chosen.used.clone();
                }
                self.of_chosen(differences, chosen.used)
            }
        };
        if let Some(raised) = raised {
            loss = loss + raised;
        }
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

/// `a` of every item of a sample, the positive first.
fn compared(loss: &(impl MarginLoss + ?Sized), policy: &[f64], reference: &[f64]) -> Vec<f64> {
    match loss.compared() {
        Compared::LogRatio => policy.iter().zip(reference).map(|(p, r)| p - r).collect(),
        Compared::LogProbability => policy.to_vec(),
    }
}

/// Loss and gradient of one sample.
fn closed_form(loss: &(impl MarginLoss + ?Sized), sample: &Sample<'_>, beta: f64) -> ClosedForm {
    let compared = compared(loss, sample.policy, sample.reference);
    let chosen = loss.choose(sample.policy, sample.keys, beta);
    let counts = sample.log_counts.filter(|_| loss.adds_log_counts());
    let mut found = match &chosen {
        None => of_all(loss, &compared, counts, beta),
        Some(chosen) => of_chosen(loss, &compared, counts, &chosen.strengths),
    };
    if let Some(raised) = loss.raised(sample.policy) {
        raise(loss, &mut found, &raised, &compared, beta);
    }
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
fn of_all(
    loss: &(impl MarginLoss + ?Sized),
    a: &[f64],
    counts: Option<&[f64]>,
    beta: f64,
) -> ClosedForm {
    let offset = loss.offset();
    let n = (a.len() - 1) as f64;
    let count = |index: usize| counts.map_or(0.0, |counts| counts[index]);
    let x = || a[1..].iter().enumerate().map(|(i, a_i)| beta * (a[0] - a_i) + count(i) - offset);
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
            let counts = counts.map_or(0.0, |counts| counts.iter().sum::<f64>() / n);
            let margin = beta * (a[0] - mean) + counts - offset;
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
fn of_chosen(
    loss: &(impl MarginLoss + ?Sized),
    a: &[f64],
    counts: Option<&[f64]>,
    strengths: &[f64],
) -> ClosedForm {
    let offset = loss.offset();
    let used: Vec<usize> = (0..strengths.len()).filter(|&i| strengths[i] > 0.0).collect();
    let count = used.len() as f64;
    let total: f64 = strengths.iter().sum();
    let margin = |index: usize| {
        strengths[index] * (a[0] - a[index + 1]) + counts.map_or(0.0, |counts| counts[index])
    };
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

/// What is added to the weight of each negative that is `raised` to what it would be alone.
fn added_weights(
    loss: &(impl MarginLoss + ?Sized),
    found: &ClosedForm,
    raised: &[bool],
    a: &[f64],
    beta: f64,
) -> Vec<f64> {
    let offset = loss.offset();
    let added = raised.iter().enumerate().map(|(index, raised)| {
        let alone = beta * sigmoid(offset - beta * (a[0] - a[index + 1]));
        if *raised { (alone - found.negative_weights[index]).max(0.0) } else { 0.0 }
    });
    added.collect()
}

/// Adds to the negatives' weights and, in sum, to the positive's.
fn raise(
    loss: &(impl MarginLoss + ?Sized),
    found: &mut ClosedForm,
    raised: &[bool],
    a: &[f64],
    beta: f64,
) {
    let added = added_weights(loss, found, raised, a, beta);
    for (weight, added) in found.negative_weights.iter_mut().zip(&added) {
        *weight += added;
    }
    found.positive_weight += added.iter().sum::<f64>();
    if let Some(at_reference) = &mut found.at_reference {
        let each = at_reference.positive_weight / raised.len() as f64;
        let count = raised.iter().filter(|raised| **raised).count() as f64;
        let alone = beta * sigmoid(loss.offset());
        at_reference.positive_weight += count * (alone - each).max(0.0);
    }
}

/// [`added_weights`] of a batch, `[P, K]`, constants; None where no weight is raised.
///
/// They are computed on the host: this is an experiment about causes, not one about speed.
fn raised_weights(
    loss: &(impl MarginLoss + ?Sized),
    scores: &Tensor<2>,
    reference: Option<&Tensor<2>>,
    beta: f64,
) -> Option<Tensor<2>> {
    let [samples, items] = scores.dims();
    loss.raised(&vec![0.0; items])?;
    let options = (&scores.clone().inner().device(), scores.dtype());
    let policy = numbers(scores.clone().inner());
    let reference = reference.map_or_else(|| vec![0.0; policy.len()], |r| numbers(r.clone()));
    let rows = policy.chunks_exact(items).zip(reference.chunks_exact(items));
    let added = rows.flat_map(|(policy, reference)| {
        let a = compared(loss, policy, reference);
        let found = match loss.choose(policy, None, beta) {
            None => of_all(loss, &a, None, beta),
            Some(chosen) => of_chosen(loss, &a, None, &chosen.strengths),
        };
        let raised = loss.raised(policy).expect("weights are raised");
        added_weights(loss, &found, &raised, &a, beta)
    });
    let added = TensorData::new(added.collect::<Vec<f64>>(), [samples, items - 1]);
    Some(Tensor::from_data(added, options))
}
