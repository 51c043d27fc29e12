//! Every loss on every backend of the CPU, against an independent implementation's numbers.

use std::collections::BTreeMap;

use burn::Tensor;
use burn::tensor::TensorData;
use prefsweep_losses::{Cpo, DynamicPo, LossConfig, LossInputs, SimPo};
use prefsweep_policy::device::Backend;
use serde::Deserialize;
use serde_json::json;

/// Losses and gradients from an independent float64 implementation, for 18 samples.
#[derive(Deserialize)]
struct Fixture {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    negatives: usize,
    beta: f64,
    dynamic_c: f64,
    gamma: f64,
    alpha: f64,
    policy_logp: Vec<f64>,
    reference_logp: Vec<f64>,
    loss: BTreeMap<String, f64>,
    grad_policy_logp: BTreeMap<String, Vec<f64>>,
}

fn cases() -> Vec<Case> {
    let text = include_str!("../losses/tests/fixtures/losses.json");
    let fixture: Fixture = serde_json::from_str(text).unwrap();
    assert_eq!(fixture.cases.len(), 18);
    fixture.cases
}

/// The fixture's names of the losses that there are, and ours.
fn losses(case: &Case) -> Vec<(&'static str, LossConfig)> {
    let named = |name: &str| -> LossConfig { serde_json::from_value(json!(name)).unwrap() };
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
        ("dynamic_po_dpo", dynamic(named("dpo"))),
        ("dynamic_po_s_dpo", dynamic(named("s_dpo"))),
        ("dynamic_po_dmpo", dynamic(named("dmpo"))),
        ("dynamic_po_sim_po", dynamic(sim_po())),
        ("dynamic_po_cpo", dynamic(cpo())),
    ]
}

/// Loss and gradient with respect to the policy's scores, in 32 bits as in training.
fn automatic(loss: &LossConfig, backend: Backend, case: &Case, on_host: bool) -> (f64, Vec<f64>) {
    let device = backend.device();
    let tensor = |values: &[f64]| {
        let values: Vec<f32> = values.iter().map(|&value| value as f32).collect();
        let shape = [1, values.len()];
        Tensor::<2>::from_data(TensorData::new(values, shape), &device)
    };
    let leaf = tensor(&case.policy_logp).autodiff().require_grad();
    // The fixture's scores are log-probabilities: their normaliser is zero.
    let inputs = LossInputs {
        scores: leaf.clone(),
        log_normaliser: Some(tensor(&[0.0]).autodiff()),
        reference: Some(tensor(&case.reference_logp)),
        reference_log_normaliser: Some(tensor(&[0.0])),
        on_host,
    };
    let value = loss.as_loss().per_sample(inputs, loss.beta(case.beta));
    let gradient = leaf.grad(&value.clone().sum().backward()).unwrap();
    let gradient: Vec<f32> = gradient.try_into_vec_as().unwrap();
    (f64::from(value.into_scalar::<f32>()), gradient.into_iter().map(f64::from).collect())
}

/// 32-bit arithmetic on scores of size 10.
fn assert_close(found: f64, expected: f64, what: &str) {
    let near = (found - expected).abs() <= 2e-5 * expected.abs().max(1.0);
    assert!(near, "{what}: found {found}, expected {expected}");
}

#[test]
fn differentiated_losses_match_the_independent_implementation_on_every_backend() {
    let backends = [Backend::Flex, Backend::Ndarray].into_iter().filter(|b| b.is_built());
    for backend in backends {
        for case in cases() {
            for (name, loss) in losses(&case) {
                for on_host in [true, false] {
                    let what = format!(
                        "{name} on {}, K = {}, on host: {on_host}",
                        backend.name(),
                        case.negatives
                    );
                    let (value, gradient) = automatic(&loss, backend, &case, on_host);
                    assert_close(value, case.loss[name], &what);
                    for (found, expected) in gradient.iter().zip(&case.grad_policy_logp[name]) {
                        assert_close(*found, *expected, &what);
                    }
                }
            }
        }
    }
}
