//! Losses and gradients from an independent float64 implementation, for 18 samples, and ours as
//! training differentiates them.
#![allow(dead_code, reason = "no test uses all of it")]

pub(crate) mod names;

use std::collections::BTreeMap;

use burn::Tensor;
use burn::tensor::{Device, TensorData};
use names::{Parameters, loss_of};
use prefsweep_losses::{LossConfig, LossInputs, Sample};
use serde::Deserialize;
use serde_json::json;

/// Random numbers for up to 24 negatives.
pub(crate) const KEYS: [f64; 24] = [
    0.5, 0.25, 0.875, 0.125, 0.75, 0.0625, 0.9375, 0.375, 0.625, 0.3125, 0.8125, 0.1875, 0.5625,
    0.4375, 0.6875, 0.03125, 0.96875, 0.28125, 0.71875, 0.15625, 0.84375, 0.40625, 0.59375,
    0.21875,
];

#[derive(Deserialize)]
struct Fixture {
    cases: Vec<Case>,
}

/// The scores are log-probabilities: their normaliser is zero.
#[derive(Deserialize)]
pub(crate) struct Case {
    pub(crate) kind: String,
    pub(crate) negatives: usize,
    pub(crate) beta: f64,
    dynamic_c: f64,
    gamma: f64,
    alpha: f64,
    lam: f64,
    clip: f64,
    epsilon: f64,
    length_weight: f64,
    margin_lambda: f64,
    dpop_lambda: f64,
    pub(crate) policy_logp: Vec<f64>,
    pub(crate) reference_logp: Vec<f64>,
    lengths: Vec<f64>,
    /// What the user thinks of the items.
    scores: Vec<f64>,
    pub(crate) loss: BTreeMap<String, f64>,
    pub(crate) grad_policy_logp: BTreeMap<String, Vec<f64>>,
    pub(crate) loss_at_reference: BTreeMap<String, f64>,
}

pub(crate) fn cases() -> Vec<Case> {
    let fixture: Fixture = serde_json::from_str(include_str!("../fixtures/losses.json")).unwrap();
    assert_eq!(fixture.cases.len(), 18);
    fixture.cases
}

/// One of the fixture's losses.
pub(crate) struct Known<'a> {
    /// The fixture's name.
    pub(crate) name: &'a str,
    /// Ours.
    pub(crate) loss: LossConfig,
    /// What it sees.
    pub(crate) sample: Sample<'a>,
}

impl Case {
    fn parameters(&self) -> Parameters {
        Parameters {
            beta: self.beta,
            dynamic_c: self.dynamic_c,
            gamma: self.gamma,
            alpha: self.alpha,
            lambda: self.lam,
            clip: self.clip,
            epsilon: self.epsilon,
            length_weight: self.length_weight,
            margin_lambda: self.margin_lambda,
            dpop_lambda: self.dpop_lambda,
            gbce_t: 0.0,
        }
    }

    /// Without lengths.
    pub(crate) fn sample(&self) -> Sample<'_> {
        Sample { ratings: Some(&self.scores), ..sample(&self.policy_logp, &self.reference_logp) }
    }

    /// All of the fixture's losses that there are.
    pub(crate) fn losses(&self) -> Vec<Known<'_>> {
        let known = |name: &'_ String| {
            let of_titles = ["lengths", "per_token", "r_dpo", "dpo_norm", "cpo_sim_po"];
            let of_titles = of_titles.iter().any(|what| name.contains(what));
            let lengths = of_titles.then_some(&self.lengths[..]);
            Some((loss_of(name, &self.parameters())?, Sample { lengths, ..self.sample() }))
        };
        let found = self
            .loss
            .keys()
            .filter_map(|name| known(name).map(|(loss, sample)| Known { name, loss, sample }));
        let pool = Known { name: "dpo", loss: named("ro_dpo"), sample: self.sample() };
        found.chain([pool]).collect()
    }
}

/// Scores that are log-probabilities.
pub(crate) fn sample<'a>(policy: &'a [f64], reference: &'a [f64]) -> Sample<'a> {
    Sample {
        policy,
        reference,
        log_normaliser: Some(0.0),
        reference_log_normaliser: Some(0.0),
        keys: Some(&KEYS[..policy.len() - 1]),
        catalogue: 60,
        ..Sample::default()
    }
}

pub(crate) fn named(name: &str) -> LossConfig {
    serde_json::from_value(json!(name)).unwrap()
}

/// A loss whose boundary negatives keep the weights that they have alone.
pub(crate) fn floor(over: &str) -> LossConfig {
    let settings = json!({"over": over, "selection": "all", "margin": "fixed", "floor": true});
    serde_json::from_value(json!({ "dynamic_po": settings })).unwrap()
}

/// Loss and gradient with respect to the policy's scores, in 32 bits as in training; log-normalisers
/// are constants.
pub(crate) fn automatic(
    loss: &LossConfig,
    device: &Device,
    sample: &Sample<'_>,
    beta: f64,
    on_host: bool,
) -> (f64, Vec<f64>) {
    let tensor = |values: &[f64]| {
        let values: Vec<f32> = values.iter().map(|&value| value as f32).collect();
        let shape = [1, values.len()];
        Tensor::<2>::from_data(TensorData::new(values, shape), device)
    };
    let leaf = tensor(sample.policy).autodiff().require_grad();
    let inputs = LossInputs {
        scores: leaf.clone(),
        log_normaliser: sample.log_normaliser.map(|value| tensor(&[value]).autodiff()),
        reference: Some(tensor(sample.reference)),
        reference_log_normaliser: sample.reference_log_normaliser.map(|value| tensor(&[value])),
        log_counts: sample.log_counts.map(tensor),
        keys: sample.keys.map(tensor),
        lengths: sample.lengths.map(tensor),
        ratings: sample.ratings.map(tensor),
        catalogue: sample.catalogue,
        on_host,
    };
    let value = loss.as_loss().per_sample(inputs, loss.beta(beta));
    let gradient = leaf.grad(&value.clone().sum().backward()).unwrap();
    let gradient: Vec<f32> = gradient.try_into_vec_as().unwrap();
    (f64::from(value.into_scalar::<f32>()), gradient.into_iter().map(f64::from).collect())
}

pub(crate) fn assert_close(found: f64, expected: f64, tolerance: f64, what: &str) {
    let scale = expected.abs().max(1.0);
    assert!(
        (found - expected).abs() <= tolerance * scale,
        "{what}: found {found}, expected {expected}"
    );
}
