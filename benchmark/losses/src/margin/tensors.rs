//! Every margin loss on tensors.

use burn::Tensor;
use burn::tensor::activation::{log_sigmoid, log_softmax, relu};

use super::balance::{Balance, ClipOver, Effect, Ratio};
use super::compared::Compared;
use super::contract::{Aggregation, Choose, ChosenTensors, MarginForm};
use super::raised::raised_weights;
use crate::formulas::{log_one_plus_sum_exp, split};
use crate::inputs::LossInputs;

/// The loss of every sample, `[P]`.
pub(super) fn per_sample(
    form: &MarginForm,
    chooser: Option<&dyn Choose>,
    inputs: &LossInputs,
    beta: f64,
) -> Tensor<1> {
    let scores = &inputs.scores;
    let chosen = chooser.map(|chooser| {
        let scores = scores.clone().inner();
        chooser.choose_tensors(scores, inputs.keys.clone(), beta, inputs.on_host)
    });
    let margins = Margins { form, inputs, beta, chosen: chosen.as_ref() };
    let (positive, negatives) = split(margins.compared());
    let differences = positive.clone() - negatives.clone();
    let raised = chooser
        .and_then(|chooser| raised_weights(form, chooser, scores, inputs.reference.as_ref(), beta));
    let raised = raised.map(|weights| {
        // No value, only a gradient.
        let none = differences.clone() - differences.clone().detach();
        (none * weights).sum_dim(1).neg().squeeze_dim(1)
    });
    let mut loss = margins.aggregated(margins.of(positive, negatives, differences));
    if form.scale != 1.0 {
        loss = loss * form.scale;
    }
    if let Some(raised) = raised {
        loss = loss + raised;
    }
    match form.likelihood {
        0.0 => loss,
        weight => loss + likelihood(form, inputs, weight),
    }
}

/// The likelihood term, `[P]`.
fn likelihood(form: &MarginForm, inputs: &LossInputs, weight: f64) -> Tensor<1> {
    let (positive_score, _) = split(inputs.scores.clone());
    let normaliser = inputs.log_normaliser.clone().expect("the loss says that it needs it");
    let term = (normaliser - positive_score) * weight;
    match inputs.lengths.clone().filter(|_| form.likelihood_per_length) {
        None => term.squeeze_dim(1),
        Some(lengths) => (term / split(lengths).0).squeeze_dim(1),
    }
}

/// The margins of a batch.
struct Margins<'a> {
    form: &'a MarginForm,
    inputs: &'a LossInputs,
    beta: f64,
    chosen: Option<&'a ChosenTensors>,
}

impl Margins<'_> {
    fn log_probabilities(&self) -> Tensor<2> {
        let scores = self.inputs.scores.clone();
        match &self.inputs.log_normaliser {
            None => scores,
            Some(normaliser) => scores - normaliser.clone(),
        }
    }

    fn log_ratios(&self) -> Tensor<2> {
        let reference = self.inputs.reference.clone().expect("the loss says that it needs it");
        self.log_probabilities()
            - match &self.inputs.reference_log_normaliser {
                None => reference,
                Some(normaliser) => reference - normaliser.clone(),
            }
    }

    /// `a`, `[P, 1 + K]`; differences of scores where those of log-probabilities are the same.
    fn compared(&self) -> Tensor<2> {
        let Self { form, inputs, .. } = self;
        let lengths = inputs.lengths.clone().filter(|_| form.per_length);
        let of_ratio = form.compared == Compared::LogRatio;
        if !form.is_absolute() && lengths.is_none() {
            let scores = inputs.scores.clone();
            let reference = || inputs.reference.clone().expect("the loss says that it needs it");
            return if of_ratio { scores - reference() } else { scores };
        }
        let values = if of_ratio { self.log_ratios() } else { self.log_probabilities() };
        let values = match lengths {
            None => values,
            Some(lengths) => values / lengths,
        };
        form.compared.of_tensor(values)
    }

    /// Strength times difference, less the offsets that differ, `[P, K]`; zero for negatives that do
    /// not enter.
    fn of(&self, positive: Tensor<2>, negatives: Tensor<2>, differences: Tensor<2>) -> Tensor<2> {
        let form = self.form;
        let mut differences = match form.balance {
            None => differences,
            Some(balance) => {
                let c = self.coefficients(balance, &positive, &negatives);
                match balance.effect {
                    Effect::Coefficient => positive.clone() * c - negatives,
                    Effect::Gradient => {
                        let none = positive.clone() - positive.clone().detach();
                        differences + none * (c - 1.0)
                    }
                }
            }
        };
        if form.guard != 0.0 {
            differences = differences - relu(positive.neg()) * form.guard;
        }
        self.strengthened(differences)
    }

    fn strengthened(&self, differences: Tensor<2>) -> Tensor<2> {
        let margins = match self.chosen {
            None => differences * self.beta,
            Some(chosen) => differences * chosen.strengths.clone(),
        };
        let counts = self.inputs.log_counts.clone().filter(|_| self.form.adds_log_counts);
        let margins = match counts {
            None => margins,
            Some(counts) => margins + self.of_used(counts),
        };
        match self.form.offset.each_tensor(self.inputs) {
            None => margins,
            Some(offsets) => margins - self.of_used(offsets),
        }
    }

    fn of_used(&self, values: Tensor<2>) -> Tensor<2> {
        match self.chosen {
            None => values,
            Some(chosen) => values * chosen.used.clone(),
        }
    }

    /// `c`, constants, `[P, K]` or `[P, 1]`.
    fn coefficients(
        &self,
        balance: Balance,
        positive: &Tensor<2>,
        negatives: &Tensor<2>,
    ) -> Tensor<2> {
        let values = match balance.ratio {
            Ratio::Policy => self.log_probabilities(),
            Ratio::Relative => self.log_ratios(),
        };
        let lengths = self.inputs.lengths.clone();
        let sizes = balance.size_tensors(self.form.compared, values.inner(), lengths);
        let log_shares = (balance.clip_over == ClipOver::Mean).then(|| {
            let scores = match self.form.aggregation {
                Aggregation::Soft => {
                    let differences = positive.clone().inner() - negatives.clone().inner();
                    self.below(self.strengthened(differences)).neg()
                }
                _ => negatives.clone().inner().zeros_like(),
            };
            log_softmax(self.of_entering(scores), 1)
        });
        balance.of_tensors(sizes, log_shares)
    }

    /// The values of negatives that enter; far below them for the others, so that the exponential is
    /// zero.
    fn of_entering(&self, values: Tensor<2>) -> Tensor<2> {
        match self.chosen {
            None => values,
            Some(chosen) => (chosen.used.clone() - 1.0) * 1e4 + values,
        }
    }

    /// Less the offset that is the same for all.
    fn below(&self, margins: Tensor<2>) -> Tensor<2> {
        match self.form.offset.constant() {
            0.0 => margins,
            offset => margins - offset,
        }
    }

    /// `[P, K]` to `[P]`.
    fn aggregated(&self, margins: Tensor<2>) -> Tensor<1> {
        let used = self.chosen.map(|chosen| chosen.used.clone());
        match self.form.aggregation {
            Aggregation::Pairs => {
                let x = self.below(margins);
                let negated = match (&used, self.chosen) {
                    (Some(used), Some(chosen)) => {
                        // Whatever the strength of those that do not enter.
                        let strengths = || chosen.strengths.clone() + (used.clone().neg() + 1.0);
                        self.form.penalty.negated(x, strengths)
                    }
                    _ => {
                        let strengths = || x.ones_like() * self.beta;
                        self.form.penalty.negated(x.clone(), strengths)
                    }
                };
                match used {
                    None => negated.mean_dim(1).neg().squeeze_dim(1),
                    Some(used) => {
                        let sum = (negated * used.clone()).sum_dim(1);
                        (sum / used.sum_dim(1)).neg().squeeze_dim(1)
                    }
                }
            }
            Aggregation::Inside => {
                let mean = match used {
                    None => self.below(margins).mean_dim(1),
                    Some(used) => self.below(margins.sum_dim(1) / used.sum_dim(1)),
                };
                log_sigmoid(mean).neg().squeeze_dim(1)
            }
            Aggregation::Total => {
                let x = self.of_used(self.below(margins));
                log_sigmoid(x.sum_dim(1)).neg().squeeze_dim(1)
            }
            // Of a negative that does not enter the exponential is zero.
            Aggregation::Soft => log_one_plus_sum_exp(self.of_entering(self.below(margins).neg())),
        }
    }
}
