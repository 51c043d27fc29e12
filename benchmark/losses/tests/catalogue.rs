//! Losses over a whole catalogue: gradients in the raw score of every item, through the
//! log-normaliser where a loss has one, against an independent implementation.

use std::collections::{BTreeMap, BTreeSet};

use burn::Tensor;
use burn::tensor::{DType, Device, TensorData};
use prefsweep_losses::{LossConfig, LossInputs, Sample};
use serde::Deserialize;

use crate::independent::names::{LATER, Parameters, loss_of};

#[derive(Deserialize)]
struct Fixture {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    kind: String,
    beta: f64,
    dynamic_c: f64,
    gamma: f64,
    alpha: f64,
    lam: f64,
    clip: f64,
    epsilon: f64,
    dpop_lambda: f64,
    gbce_t: f64,
    /// The positive, then the negatives.
    items: Vec<usize>,
    policy_scores: Vec<f64>,
    reference_scores: Vec<f64>,
    /// Of every item; they add up to 1.
    sampling_probability: Vec<f64>,
    loss: BTreeMap<String, f64>,
    grad_policy_scores: BTreeMap<String, Vec<f64>>,
}

impl Case {
    fn loss_of(&self, name: &str) -> Option<LossConfig> {
        let with = Parameters {
            beta: self.beta,
            dynamic_c: self.dynamic_c,
            gamma: self.gamma,
            alpha: self.alpha,
            lambda: self.lam,
            clip: self.clip,
            epsilon: self.epsilon,
            length_weight: 0.0,
            margin_lambda: 0.0,
            dpop_lambda: self.dpop_lambda,
            gbce_t: self.gbce_t,
        };
        loss_of(name, &with)
    }

    fn losses(&self) -> Vec<(&str, LossConfig)> {
        self.loss.keys().filter_map(|name| Some((name.as_str(), self.loss_of(name)?))).collect()
    }

    fn chosen(&self, scores: &[f64]) -> Vec<f64> {
        self.items.iter().map(|&item| scores[item]).collect()
    }

    /// `log(K q_i)` of the negatives.
    fn log_counts(&self) -> Vec<f64> {
        let negatives = &self.items[1..];
        let k = negatives.len() as f64;
        negatives.iter().map(|&item| (k * self.sampling_probability[item]).ln()).collect()
    }
}

fn row(values: &[f64]) -> Tensor<2> {
    let data = TensorData::new(values.to_vec(), [1, values.len()]);
    Tensor::from_data(data, (&Device::flex(), DType::F64))
}

/// `log sum exp` over the row, `[1, 1]`.
fn log_normaliser(scores: Tensor<2>) -> Tensor<2> {
    scores.exp().sum_dim(1).log()
}

fn cases() -> Vec<Case> {
    let fixture: Fixture = serde_json::from_str(include_str!("fixtures/losses-full.json")).unwrap();
    assert_eq!(fixture.cases.len(), 8);
    fixture.cases
}

fn is_near(found: f64, expected: f64) -> bool {
    (found - expected).abs() < 1e-10 * expected.abs().max(1.0)
}

/// Whether loss and gradient are the fixture's.
fn is_right(case: &Case, name: &str, loss: f64, gradient: &[f64]) -> bool {
    let expected = &case.grad_policy_scores[name];
    assert_eq!(gradient.len(), expected.len());
    is_near(loss, case.loss[name]) && gradient.iter().zip(expected).all(|(a, b)| is_near(*a, *b))
}

#[test]
fn gradients_in_every_score_match_the_independent_implementation() {
    let mut wrong = Vec::new();
    for case in cases() {
        for (name, loss) in case.losses() {
            let chosen = |scores: Tensor<2>| {
                let items: Vec<i64> = case.items.iter().map(|&item| item as i64).collect();
                let count = items.len();
                let items = Tensor::from_data(TensorData::new(items, [count]), &Device::flex());
                scores.select(1, items)
            };
            let leaf = row(&case.policy_scores).autodiff().require_grad();
            let reference = row(&case.reference_scores);
            let value = loss.as_loss().per_sample(
                LossInputs {
                    scores: chosen(leaf.clone()),
                    log_normaliser: Some(log_normaliser(leaf.clone())),
                    reference: Some(chosen(reference.clone())),
                    reference_log_normaliser: Some(log_normaliser(reference)),
                    log_counts: Some(row(&case.log_counts())),
                    keys: None,
                    lengths: None,
                    ratings: None,
                    catalogue: case.policy_scores.len(),
                    on_host: true,
                },
                loss.beta(case.beta),
            );
            let gradient = leaf.grad(&value.clone().sum().backward()).unwrap();
            let gradient: Vec<f64> = gradient.try_into_vec_as().unwrap();
            if !is_right(&case, name, value.into_scalar::<f64>(), &gradient) {
                wrong.push(format!("{name}, {}", case.kind));
            }
        }
    }
    assert_eq!(wrong, [""; 0]);
}

/// Of a loss that needs the log-normaliser every item has gradient: what its own log-probability has,
/// less its probability times the sum of all of these.
#[test]
fn closed_forms_give_the_gradient_in_every_score() {
    let mut wrong = Vec::new();
    for case in cases() {
        let normaliser = |scores: &[f64]| scores.iter().map(|s| s.exp()).sum::<f64>().ln();
        let of_policy = normaliser(&case.policy_scores);
        let (policy, reference) =
            (case.chosen(&case.policy_scores), case.chosen(&case.reference_scores));
        let log_counts = case.log_counts();
        for (name, loss) in case.losses() {
            let what = format!("{name}, {}", case.kind);
            let sample = Sample {
                policy: &policy,
                reference: &reference,
                log_normaliser: Some(of_policy),
                reference_log_normaliser: Some(normaliser(&case.reference_scores)),
                log_counts: Some(&log_counts),
                catalogue: case.policy_scores.len(),
                ..Sample::default()
            };
            let exact = loss.as_loss().closed_forms(&[sample], loss.beta(case.beta)).remove(0);
            let sum = exact.negative_weights.iter().sum::<f64>() - exact.positive_weight;
            let through = if loss.as_loss().needs().log_normaliser { sum } else { 0.0 };
            let share = |score: &f64| -(score - of_policy).exp() * through;
            let mut gradient: Vec<f64> = case.policy_scores.iter().map(share).collect();
            gradient[case.items[0]] -= exact.positive_weight;
            for (&item, weight) in case.items[1..].iter().zip(&exact.negative_weights) {
                gradient[item] += weight;
            }
            if !is_right(&case, name, exact.loss, &gradient) {
                wrong.push(what.clone());
            }
            if !loss.as_loss().needs().log_normaliser {
                let differences = !["bce", "gbce"].contains(&name);
                assert!(!differences || sum.abs() < 1e-12, "{what}: the normaliser cancels");
            }
        }
    }
    assert_eq!(wrong, [""; 0]);
}

#[test]
fn every_loss_of_the_fixture_is_compared() {
    for case in cases() {
        let known: BTreeSet<&str> = case.losses().iter().map(|(name, _)| *name).collect();
        let left: Vec<&str> =
            case.loss.keys().map(String::as_str).filter(|name| !known.contains(name)).collect();
        assert_eq!(left, LATER[1..]);
    }
}
