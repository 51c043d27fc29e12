//! Losses over a whole catalogue: gradients in the raw score of every item, through the
//! log-normaliser where a loss has one, against an independent implementation.

use std::collections::BTreeMap;

use burn::Tensor;
use burn::tensor::{DType, Device, TensorData};
use prefsweep_losses::{Cpo, DynamicPo, LossConfig, LossInputs, SimPo, SoftmaxCe};
use serde::Deserialize;
use serde_json::json;

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
    /// The positive, then the negatives.
    items: Vec<usize>,
    policy_scores: Vec<f64>,
    reference_scores: Vec<f64>,
    /// Of every item; they add up to 1.
    sampling_probability: Vec<f64>,
    loss: BTreeMap<String, f64>,
    grad_policy_scores: BTreeMap<String, Vec<f64>>,
}

fn losses(case: &Case) -> Vec<(&'static str, LossConfig)> {
    let named = |name: &str| serde_json::from_value::<LossConfig>(json!(name)).unwrap();
    let cpo = || LossConfig::Cpo(Cpo { beta: case.beta, alpha: case.alpha });
    let sim_po = LossConfig::SimPo(SimPo { beta: case.beta, gamma: case.gamma });
    let over_cpo = DynamicPo { c: case.dynamic_c, ..DynamicPo::over(Box::new(cpo())) };
    vec![
        ("dpo", named("dpo")),
        ("s_dpo", named("s_dpo")),
        ("dmpo", named("dmpo")),
        ("sim_po", sim_po),
        ("cpo", cpo()),
        ("sft", named("sft")),
        ("softmax_ce", named("softmax_ce")),
        ("softmax_ce_logq", LossConfig::SoftmaxCe(SoftmaxCe { log_q: true })),
        ("dynamic_po_cpo", LossConfig::DynamicPo(over_cpo)),
    ]
}

fn row(values: &[f64]) -> Tensor<2> {
    let data = TensorData::new(values.to_vec(), [1, values.len()]);
    Tensor::from_data(data, (&Device::flex(), DType::F64))
}

/// `log(K q_i)` of the negatives, `[1, K]`.
fn log_counts(case: &Case) -> Tensor<2> {
    let negatives = &case.items[1..];
    let k = negatives.len() as f64;
    let counts = negatives.iter().map(|&item| (k * case.sampling_probability[item]).ln());
    row(&counts.collect::<Vec<_>>())
}

/// `log sum exp` over the row, `[1, 1]`.
fn log_normaliser(scores: Tensor<2>) -> Tensor<2> {
    scores.exp().sum_dim(1).log()
}

#[test]
fn gradients_in_every_score_match_the_independent_implementation() {
    let text = include_str!("fixtures/losses-full.json");
    let fixture: Fixture = serde_json::from_str(text).unwrap();
    assert_eq!(fixture.cases.len(), 8);
    let mut compared = 0;
    for case in &fixture.cases {
        for (name, loss) in losses(case) {
            let Some(expected) = case.loss.get(name) else { continue };
            compared += 1;
            let what = format!("{name}, {}", case.kind);
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
                    log_counts: Some(log_counts(case)),
                    keys: None,
                    on_host: true,
                },
                loss.beta(case.beta),
            );
            let gradient = leaf.grad(&value.clone().sum().backward()).unwrap();
            let gradient: Vec<f64> = gradient.try_into_vec_as().unwrap();
            let found = value.into_scalar::<f64>();
            assert!((found - expected).abs() < 1e-10 * expected.abs().max(1.0), "{what}: {found}");
            for (found, expected) in gradient.iter().zip(&case.grad_policy_scores[name]) {
                assert!((found - expected).abs() < 1e-10, "{what}: {found} {expected}");
            }
        }
    }
    assert!(compared >= 8 * 8, "{compared}");
}
