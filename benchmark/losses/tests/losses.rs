//! Every loss against an independent implementation's numbers, and its closed-form gradient
//! weights against automatic differentiation.

use burn::Tensor;
use burn::tensor::TensorData;
use prefsweep::device::Backend;
use prefsweep::losses::{DynamicPo, LossConfig, Over};
use proptest::prelude::*;
use serde::Deserialize;
use std::collections::BTreeMap;

/// Losses and gradients from an independent float64 implementation, for 18 samples.
#[derive(Deserialize)]
struct Fixture {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    kind: String,
    negatives: usize,
    beta: f64,
    dynamic_c: f64,
    policy_logp: Vec<f64>,
    reference_logp: Vec<f64>,
    loss: BTreeMap<String, f64>,
    grad_policy_logp: BTreeMap<String, Vec<f64>>,
}

fn cases() -> Vec<Case> {
    let text = include_str!("fixtures/losses.json");
    let fixture: Fixture = serde_json::from_str(text).unwrap();
    assert_eq!(fixture.cases.len(), 18);
    fixture.cases
}

fn named(name: &str) -> LossConfig {
    serde_json::from_value(serde_json::json!(name)).unwrap()
}

/// The fixture's names of the losses that prefsweep has, and ours.
fn losses(c: f64) -> Vec<(&'static str, LossConfig)> {
    let dynamic = |over| LossConfig::DynamicPo(DynamicPo { c, ..DynamicPo::over(over) });
    vec![
        ("dpo", named("dpo")),
        ("dpo", named("ro_dpo")),
        ("s_dpo", named("s_dpo")),
        ("dmpo", named("dmpo")),
        ("dynamic_po_dmpo", dynamic(Over::Dmpo)),
        ("dynamic_po_s_dpo", dynamic(Over::SDpo)),
    ]
}

/// Loss and gradient with respect to the policy's scores, by automatic differentiation.
fn automatic(
    loss: &LossConfig,
    backend: Backend,
    policy: &[f64],
    reference: &[f64],
    beta: f64,
) -> (f64, Vec<f64>) {
    let device = backend.device();
    let tensor = |values: &[f64]| {
        let values: Vec<f32> = values.iter().map(|&value| value as f32).collect();
        let shape = [1, values.len()];
        Tensor::<2>::from_data(TensorData::new(values, shape), &device)
    };
    let leaf = tensor(policy).autodiff().require_grad();
    let value = loss.as_loss().per_sample(leaf.clone(), tensor(reference), beta);
    let gradient = leaf.grad(&value.clone().sum().backward()).unwrap();
    let gradient: Vec<f32> = gradient.try_into_vec_as().unwrap();
    (f64::from(value.into_scalar::<f32>()), gradient.into_iter().map(f64::from).collect())
}

fn assert_close(found: f64, expected: f64, tolerance: f64, what: &str) {
    let scale = expected.abs().max(1.0);
    assert!(
        (found - expected).abs() <= tolerance * scale,
        "{what}: found {found}, expected {expected}"
    );
}

#[test]
fn closed_forms_match_the_independent_implementation() {
    for case in cases() {
        for (name, loss) in losses(case.dynamic_c) {
            let what = format!("{name}, K={}, {}", case.negatives, case.kind);
            let exact =
                loss.as_loss().closed_form(&case.policy_logp, &case.reference_logp, case.beta);
            assert_close(exact.loss, case.loss[name], 1e-12, &what);
            let gradient = &case.grad_policy_logp[name];
            assert_close(-exact.positive_weight, gradient[0], 1e-12, &what);
            for (weight, gradient) in exact.negative_weights.iter().zip(&gradient[1..]) {
                assert_close(*weight, *gradient, 1e-12, &what);
            }
        }
    }
}

#[test]
fn differentiated_losses_match_the_independent_implementation() {
    for backend in [Backend::Flex, Backend::Ndarray].into_iter().filter(|b| b.is_built()) {
        for case in cases() {
            for (name, loss) in losses(case.dynamic_c) {
                let what = format!("{name} on {}, K={}", backend.name(), case.negatives);
                let (value, gradient) =
                    automatic(&loss, backend, &case.policy_logp, &case.reference_logp, case.beta);
                // 32-bit arithmetic on scores of size 10.
                assert_close(value, case.loss[name], 2e-5, &what);
                for (found, expected) in gradient.iter().zip(&case.grad_policy_logp[name]) {
                    assert_close(*found, *expected, 2e-5, &what);
                }
            }
        }
    }
}

#[test]
fn with_one_negative_dpo_s_dpo_and_dmpo_are_the_same() {
    for case in cases().iter().filter(|case| case.negatives == 1) {
        let value = |name| {
            named(name).as_loss().closed_form(&case.policy_logp, &case.reference_logp, case.beta)
        };
        let dpo = value("dpo");
        for other in [value("s_dpo"), value("dmpo")] {
            assert_close(other.loss, dpo.loss, 1e-14, "loss");
            assert_close(other.positive_weight, dpo.positive_weight, 1e-14, "weight");
        }
    }
}

#[test]
fn at_the_reference_the_losses_are_log_2_and_log_1_plus_k() {
    for k in [1, 3, 10, 20] {
        let scores: Vec<f64> = (0..=k).map(|item| f64::from(item) * 0.3 - 1.0).collect();
        for (name, expected) in
            [("dpo", 2.0_f64.ln()), ("dmpo", 2.0_f64.ln()), ("s_dpo", f64::from(k).ln_1p())]
        {
            let exact = named(name).as_loss().closed_form(&scores, &scores, 0.7);
            assert_close(exact.loss, expected, 1e-14, name);
            assert_close(exact.at_reference, expected, 1e-14, name);
        }
    }
}

/// Gradient suppression: two boundary negatives at margin 0, the other K - 2 at margin 5.
#[test]
fn one_boundary_negative_is_suppressed_under_dmpo_but_not_under_s_dpo() {
    let weight = |name: &str, k: usize| {
        let mut policy = vec![0.0, 0.0, 0.0];
        policy.resize(k + 1, -5.0);
        named(name).as_loss().closed_form(&policy, &vec![0.0; k + 1], 1.0).negative_weights[0]
    };
    for (k, expected) in [(3, 0.0530), (5, 0.00949), (10, 0.00180), (15, 0.000863), (19, 0.000594)]
    {
        assert!((weight("dmpo", k) / expected - 1.0).abs() < 5e-3, "K={k}: {}", weight("dmpo", k));
    }
    for (k, expected) in [(3, 0.3326), (19, 0.3211)] {
        assert!((weight("s_dpo", k) - expected).abs() < 5e-5, "K={k}: {}", weight("s_dpo", k));
    }
}

/// All losses and all ablations of DynamicPO.
fn every_loss() -> Vec<LossConfig> {
    let mut losses: Vec<LossConfig> = ["dpo", "s_dpo", "dmpo", "ro_dpo"].map(named).into();
    for over in ["dmpo", "s_dpo"] {
        for selection in ["dynamic", "all"] {
            for margin in ["dual", "fixed"] {
                losses.push(
                    serde_json::from_value(serde_json::json!({
                        "dynamic_po": {"over": over, "selection": selection, "margin": margin}
                    }))
                    .unwrap(),
                );
            }
        }
    }
    losses
}

#[test]
fn dynamic_po_without_its_two_parts_is_the_loss_underneath() {
    for case in cases() {
        for over in ["dmpo", "s_dpo"] {
            let bare: LossConfig = serde_json::from_value(serde_json::json!({
                "dynamic_po": {"over": over, "selection": "all", "margin": "fixed"}
            }))
            .unwrap();
            let found =
                bare.as_loss().closed_form(&case.policy_logp, &case.reference_logp, case.beta);
            let plain = named(over).as_loss().closed_form(
                &case.policy_logp,
                &case.reference_logp,
                case.beta,
            );
            assert_close(found.loss, plain.loss, 1e-14, over);
            for (found, plain) in found.negative_weights.iter().zip(&plain.negative_weights) {
                assert_close(*found, *plain, 1e-14, over);
            }
        }
    }
}

#[test]
fn extreme_scores_give_finite_losses_and_gradients() {
    for loss in every_loss() {
        for spread in [0.0, 500.0, -500.0] {
            let policy = [spread, -spread, 0.0, spread];
            let (value, gradient) = automatic(&loss, Backend::Flex, &policy, &[0.0; 4], 1.0);
            let what = format!("{} at {spread}", loss.label());
            assert!(
                value.is_finite() && gradient.iter().all(|g| g.is_finite()),
                "{what}: {value} {gradient:?}"
            );
            let exact = loss.as_loss().closed_form(&policy, &[0.0; 4], 1.0);
            assert_close(value, exact.loss, 1e-5, &what);
        }
    }
}

proptest! {
    #[test]
    fn gradient_weights_match_automatic_differentiation(
        policy in proptest::collection::vec(-4.0_f64..4.0, 2..22),
        shift in -2.0_f64..2.0,
        beta in 0.05_f64..3.0,
    ) {
        // What the tensors hold, so that both sides see the same scores.
        let narrow = |x: f64| f64::from(x as f32);
        let policy: Vec<f64> = policy.into_iter().map(narrow).collect();
        let reference: Vec<f64> =
            policy.iter().enumerate().map(|(i, x)| narrow(x * 0.5 + shift * (i as f64).sin())).collect();
        for loss in every_loss() {
            let exact = loss.as_loss().closed_form(&policy, &reference, beta);
            let (value, gradient) = automatic(&loss, Backend::Flex, &policy, &reference, beta);
            prop_assert!((value - exact.loss).abs() < 1e-4, "{}: {value} {}", loss.label(), exact.loss);
            prop_assert!((gradient[0] + exact.positive_weight).abs() < 1e-4);
            for (found, weight) in gradient[1..].iter().zip(&exact.negative_weights) {
                prop_assert!((found - weight).abs() < 1e-4, "{}: {found} {weight}", loss.label());
                prop_assert!(*weight >= 0.0);
            }
            // What saturation is measured against: the same position at policy = reference.
            let start = loss.as_loss().closed_form(&policy, &policy, beta).positive_weight;
            prop_assert!((start - exact.positive_weight_at_reference).abs() < 1e-9 * (1.0 + start));
        }
    }
}
