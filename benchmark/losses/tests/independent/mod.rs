//! Losses and gradients from an independent float64 implementation, for 18 samples, and ours as
//! training differentiates them.
#![allow(dead_code, reason = "no test uses all of it")]

use std::collections::BTreeMap;

use burn::Tensor;
use burn::tensor::{Device, TensorData};
use prefsweep_losses::{Cpo, DynamicPo, LossConfig, LossInputs, SimPo};
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
    pub(crate) policy_logp: Vec<f64>,
    pub(crate) reference_logp: Vec<f64>,
    pub(crate) loss: BTreeMap<String, f64>,
    pub(crate) grad_policy_logp: BTreeMap<String, Vec<f64>>,
    pub(crate) loss_at_reference: BTreeMap<String, f64>,
}

pub(crate) fn cases() -> Vec<Case> {
    let fixture: Fixture = serde_json::from_str(include_str!("../fixtures/losses.json")).unwrap();
    assert_eq!(fixture.cases.len(), 18);
    fixture.cases
}

pub(crate) fn named(name: &str) -> LossConfig {
    serde_json::from_value(json!(name)).unwrap()
}

/// A loss whose boundary negatives keep the weights that they have alone.
pub(crate) fn floor(over: &str) -> LossConfig {
    let settings = json!({"over": over, "selection": "all", "margin": "fixed", "floor": true});
    serde_json::from_value(json!({ "dynamic_po": settings })).unwrap()
}

/// The fixture's names of the losses that there are, and ours.
pub(crate) fn losses(case: &Case) -> Vec<(&'static str, LossConfig)> {
    let sim_po = || LossConfig::SimPo(SimPo { beta: case.beta, gamma: case.gamma });
    let cpo = || LossConfig::Cpo(Cpo { beta: case.beta, alpha: case.alpha });
    let dynamic = |over| {
        LossConfig::DynamicPo(DynamicPo { c: case.dynamic_c, ..DynamicPo::over(Box::new(over)) })
    };
    vec![
        ("dpo", named("dpo")),
        ("dpo", named("ro_dpo")),
        ("s_dpo", named("s_dpo")),
        ("dmpo", named("dmpo")),
        ("sim_po", sim_po()),
        ("cpo", cpo()),
        ("sft", named("sft")),
        ("softmax_ce", named("softmax_ce")),
        ("floor_dpo", floor("dpo")),
        ("floor_s_dpo", floor("s_dpo")),
        ("floor_dmpo", floor("dmpo")),
        ("dynamic_po_softmax_ce", dynamic(named("softmax_ce"))),
        ("dynamic_po_dpo", dynamic(named("dpo"))),
        ("dynamic_po_s_dpo", dynamic(named("s_dpo"))),
        ("dynamic_po_dmpo", dynamic(named("dmpo"))),
        ("dynamic_po_sim_po", dynamic(sim_po())),
        ("dynamic_po_cpo", dynamic(cpo())),
    ]
}

/// Loss and gradient with respect to the policy's scores, in 32 bits as in training.
pub(crate) fn automatic(
    loss: &LossConfig,
    device: &Device,
    policy: &[f64],
    reference: &[f64],
    beta: f64,
    on_host: bool,
) -> (f64, Vec<f64>) {
    let tensor = |values: &[f64]| {
        let values: Vec<f32> = values.iter().map(|&value| value as f32).collect();
        let shape = [1, values.len()];
        Tensor::<2>::from_data(TensorData::new(values, shape), device)
    };
    let leaf = tensor(policy).autodiff().require_grad();
    let inputs = LossInputs {
        scores: leaf.clone(),
        log_normaliser: Some(tensor(&[0.0]).autodiff()),
        reference: Some(tensor(reference)),
        reference_log_normaliser: Some(tensor(&[0.0])),
        log_counts: None,
        keys: Some(tensor(&KEYS[..policy.len() - 1])),
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
