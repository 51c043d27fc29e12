//! A training step's two implementations, and its backends, against each other.

use std::path::Path;
use std::sync::Arc;

use burn::Tensor;
use burn::tensor::activation::{log_sigmoid, log_softmax};
use burn::tensor::{Int, TensorData};
use prefsweep::batches::{Batch, Batches};
use prefsweep::config::{ModelConfig, Targets};
use prefsweep::data::Prepared;
use prefsweep::device::Backend;
use prefsweep::gradients::{Forward, Head, Number, Scores, Step};
use prefsweep::losses::LossConfig;
use prefsweep::model::{Dropout, Sasrec, Weights, Windows};
use prefsweep::negatives::uniform;

const SEED: u64 = 5;

fn data() -> Prepared {
    let config = serde_json::from_value(serde_json::json!({
        "name": "synthetic", "synthetic": {"users": 20, "items": 80}
    }))
    .unwrap();
    Prepared::load(&config, Path::new("."), 12).unwrap()
}

fn model(data: &Prepared) -> Sasrec {
    let config = ModelConfig { dim: 12, blocks: 2, heads: 2, feed_forward: 20, max_len: 12 };
    Sasrec::new(&config, data.dataset.n_items)
}

fn batch(data: &Prepared, targets: Targets) -> Batch {
    Batches::new(&data.windows, 8, targets, SEED, "test").get(1)
}

/// Weights far enough from zero that every part of the network matters.
fn weights(model: &Sasrec, backend: Backend) -> Vec<Tensor<2>> {
    let weights = Weights::initial(model.layout(), SEED).to_tensors(&backend.device());
    weights.into_iter().map(|weight| weight * 3.0).collect()
}

fn assert_same(a: &Step, b: &Step, tolerance: f64) {
    let [loss_a, loss_b] = [a, b].map(|step| step.loss.clone().read());
    assert!((loss_a - loss_b).abs() <= tolerance * loss_a.abs(), "{loss_a} {loss_b}");
    assert_eq!(a.gradients.len(), b.gradients.len());
    let norm = |values: &[f32]| values.iter().map(|&x| f64::from(x).powi(2)).sum::<f64>().sqrt();
    let values = |gradient: &Option<Tensor<2>>| -> Vec<f32> {
        gradient.clone().expect("every weight has a gradient").try_into_vec_as().unwrap()
    };
    let largest = a.gradients.iter().map(|gradient| norm(&values(gradient))).fold(0.0, f64::max);
    for (index, (a, b)) in a.gradients.iter().zip(&b.gradients).enumerate() {
        let (a, b) = (values(a), values(b));
        let difference: Vec<f32> = a.iter().zip(&b).map(|(a, b)| a - b).collect();
        // Some gradients vanish by symmetry (that of a key's bias does): they are compared with
        // the rounding error of the largest.
        assert!(
            norm(&difference) <= tolerance * norm(&a).max(0.05 * largest),
            "weight {index}: gradients of norm {} differ by {}",
            norm(&a),
            norm(&difference),
        );
    }
}

fn items(data: &Prepared, batch: &Batch, k: usize) -> Vec<u32> {
    let negatives = uniform(batch, k, &data.seen, SEED);
    let rows = batch.positions.iter().zip(negatives.chunks_exact(k));
    rows.flat_map(|(p, negatives)| std::iter::once(p.target).chain(negatives.iter().copied()))
        .collect()
}

fn losses() -> Vec<LossConfig> {
    let losses = [
        serde_json::json!("dpo"),
        serde_json::json!("s_dpo"),
        serde_json::json!("dmpo"),
        serde_json::json!({"dynamic_po": {"over": "dmpo"}}),
        serde_json::json!({"dynamic_po": {"over": "s_dpo"}}),
    ];
    losses.into_iter().map(|loss| serde_json::from_value(loss).unwrap()).collect()
}

/// Numbers of negatives: fewer, as many and more than DynamicPO makes clusters of.
const NEGATIVES: [usize; 4] = [1, 2, 3, 9];

/// Some reference scores.
fn reference(length: usize) -> Vec<f32> {
    (0..length).map(|index| (index as f32).sin()).collect()
}

/// Every kind of step on one backend and head, with dropout at `rate`.
fn steps(backend: Backend, head: Head, targets: Targets, rate: f64, fused: bool) -> Vec<Step> {
    let data = data();
    let model = model(&data);
    let model = if fused { model } else { model.without_fused_operations() };
    let batch = batch(&data, targets);
    let weights = weights(&model, backend);
    let forward = Forward { model: &model, weights: &weights, batch: &batch, head };
    let dropout = || Dropout::new(rate, SEED, 3);
    let items_1 = items(&data, &batch, 1);
    let mut steps = vec![forward.cross_entropy(dropout()), forward.bce(&items_1, dropout())];
    for k in NEGATIVES {
        let items = items(&data, &batch, k);
        let reference = reference(items.len());
        for loss in losses() {
            steps.push(forward.preference(&items, &reference, &loss, 0.5, dropout()));
        }
    }
    steps
}

/// From weights and hidden states to the loss of every position, and the scores where there are some.
type Loss<'a> = dyn Fn(&[Tensor<2>], Tensor<2>) -> (Tensor<1>, Option<Tensor<2>>) + 'a;

/// The same steps with every gradient from automatic differentiation of the whole.
fn differentiated(targets: Targets, rate: f64) -> Vec<Step> {
    let data = data();
    let model = model(&data).without_fused_operations();
    let batch = batch(&data, targets);
    let weights = weights(&model, Backend::Flex);
    let samples = batch.positions.len();
    let device = Backend::Flex.device();
    let index = |items: &[u32]| -> Tensor<1, Int> {
        let items: Vec<i32> = items.iter().map(|&item| item as i32).collect();
        let length = items.len();
        Tensor::from_data(TensorData::new(items, [length]), &device)
    };
    let step = |loss: &Loss<'_>| {
        let leaves: Vec<Tensor<2>> =
            weights.iter().map(|weight| weight.clone().autodiff().require_grad()).collect();
        let mut dropout = Dropout::new(rate, SEED, 3);
        let hidden = model.hidden(&leaves, &batch.windows, dropout.as_mut());
        let hidden = hidden.select(0, index(&batch.rows()));
        let (loss, scores) = loss(&leaves, hidden);
        let loss = loss.mean();
        let mut gradients = loss.backward();
        Step {
            loss: Number::Known(f64::from(loss.into_scalar::<f32>())),
            gradients: leaves.iter().map(|leaf| leaf.grad_remove(&mut gradients)).collect(),
            scores: scores
                .map_or(Scores::None, |s| Scores::Known(s.inner().try_into_vec_as().unwrap())),
        }
    };
    let scores = |leaves: &[Tensor<2>], hidden: Tensor<2>, items: &[u32]| -> Tensor<2> {
        let each = items.len() / samples;
        let chosen = leaves[0].clone().select(0, index(items));
        let chosen = chosen.reshape([samples, each, model.config().dim]);
        chosen.matmul(hidden.unsqueeze_dim::<3>(2)).squeeze_dim(2)
    };
    let items_1 = items(&data, &batch, 1);
    let targets: Vec<u32> = batch.positions.iter().map(|position| position.target).collect();
    let mut steps = vec![
        step(&|leaves, hidden| {
            let log_shares = log_softmax(model.score_all(leaves, hidden), 1);
            let chosen = log_shares.gather(1, index(&targets).reshape([samples, 1]));
            (chosen.neg().squeeze_dim(1), None)
        }),
        step(&|leaves, hidden| {
            let scores = scores(leaves, hidden, &items_1);
            let positive = scores.clone().slice([0..samples, 0..1]);
            let negative = scores.clone().slice([0..samples, 1..2]);
            let loss = log_sigmoid(positive) + log_sigmoid(negative.neg());
            (loss.neg().squeeze_dim(1), Some(scores))
        }),
    ];
    for k in NEGATIVES {
        let items = items(&data, &batch, k);
        let reference = TensorData::new(reference(items.len()), [samples, 1 + k]);
        let reference = Tensor::<2>::from_data(reference, &device);
        for loss in losses() {
            steps.push(step(&|leaves, hidden| {
                let scores = scores(leaves, hidden, &items);
                (loss.as_loss().per_sample(scores.clone(), reference.clone(), 0.5), Some(scores))
            }));
        }
    }
    steps
}

#[test]
fn both_heads_agree_with_automatic_differentiation() {
    for targets in [Targets::All, Targets::Last] {
        let expected = differentiated(targets, 0.2);
        for head in [Head::Host, Head::Device] {
            let found = steps(Backend::Flex, head, targets, 0.2, false);
            assert_eq!(found.len(), expected.len());
            for (found, expected) in found.iter().zip(&expected) {
                assert_same(found, expected, 2e-5);
                let [found, expected] = [found, expected].map(|step| step.scores.clone().read());
                assert_eq!(found.len(), expected.len());
                for (found, expected) in found.iter().zip(&expected) {
                    assert!((found - expected).abs() < 1e-5, "{found} {expected}");
                }
            }
        }
    }
}

#[cfg(feature = "ndarray")]
#[test]
fn flex_agrees_with_ndarray() {
    for rate in [0.0, 0.2] {
        let flex = steps(Backend::Flex, Head::Host, Targets::All, rate, true);
        let ndarray = steps(Backend::Ndarray, Head::Host, Targets::All, rate, true);
        for (flex, ndarray) in flex.iter().zip(&ndarray) {
            assert_same(flex, ndarray, 2e-5);
        }
    }
}

#[test]
fn fused_operations_agree_with_composed_ones() {
    for rate in [0.0, 0.2] {
        let fused = steps(Backend::Flex, Head::Host, Targets::All, rate, true);
        let composed = steps(Backend::Flex, Head::Host, Targets::All, rate, false);
        for (fused, composed) in fused.iter().zip(&composed) {
            assert_same(fused, composed, 2e-5);
        }
    }
}

/// Central differences of the loss along a random direction.
#[test]
fn gradients_agree_with_finite_differences() {
    let data = data();
    let model = model(&data);
    let batch = batch(&data, Targets::All);
    let start = weights(&model, Backend::Flex);
    let loss_at = |weights: &[Tensor<2>]| {
        Forward { model: &model, weights, batch: &batch, head: Head::Host }.cross_entropy(None)
    };
    let step = loss_at(&start);
    for (index, gradient) in step.gradients.iter().enumerate() {
        let gradient = gradient.clone().unwrap();
        let norm: f32 = gradient.clone().square().sum().sqrt().into_scalar();
        if norm < 1e-3 {
            continue;
        }
        let direction = gradient / norm;
        let moved = |size: f64| {
            let mut weights = start.clone();
            weights[index] = weights[index].clone() + direction.clone() * size;
            loss_at(&weights).loss.read()
        };
        let size = 3e-3;
        let slope = (moved(size) - moved(-size)) / (2.0 * size);
        assert!((slope / f64::from(norm) - 1.0).abs() < 0.02, "weight {index}: {slope} {norm}");
    }
}

#[test]
fn no_position_sees_what_comes_after_it() {
    let data = data();
    let model = model(&data);
    let weights = weights(&model, Backend::Flex);
    let hidden = |items: &[u32]| -> Vec<f32> {
        let mut windows = Windows::default();
        windows.push(items);
        model.hidden(&weights, &Arc::new(windows), None).try_into_vec_as().unwrap()
    };
    let dim = model.config().dim;
    let full = hidden(&[3, 1, 4, 1, 5]);
    let changed = hidden(&[3, 1, 4, 9, 2]);
    assert_eq!(full[..3 * dim], changed[..3 * dim]);
    assert_ne!(full[3 * dim..], changed[3 * dim..]);
}

#[test]
fn the_last_position_alone_is_as_in_the_whole_window() {
    let data = data();
    let mut windows = Windows::default();
    for length in [1, 5, 12, 2, 7].into_iter().cycle().take(100) {
        windows.push(&data.dataset.sequences[length][..length]);
    }
    let windows = Arc::new(windows);
    let values = |tensor: Tensor<2>| -> Vec<f32> { tensor.try_into_vec_as().unwrap() };
    for model in [model(&data), model(&data).without_fused_operations()] {
        let weights = weights(&model, Backend::Flex);
        let last = values(model.last_hidden(&weights, &windows));
        let all = values(model.hidden(&weights, &windows, None));
        let dim = model.config().dim;
        for (row, last) in windows.last_rows().zip(last.chunks_exact(dim)) {
            for (a, b) in last.iter().zip(&all[row * dim..]) {
                assert!((a - b).abs() < 1e-5, "{a} {b}");
            }
        }
    }
}

/// On whatever adapter there is, a software one included; the first step compiles all shaders,
/// which takes a minute on a software adapter.
#[cfg(feature = "wgpu")]
#[test]
fn wgpu_agrees_with_flex() {
    let program = assert_cmd::cargo::cargo_bin!("prefsweep");
    let adapters = prefsweep::device::Probe::new(program).adapters();
    if !adapters.as_ref().is_ok_and(|adapters| !adapters.is_empty()) {
        eprintln!("skipped: no graphics adapter ({adapters:?})");
        return;
    }
    let wgpu = steps(Backend::Wgpu, Head::Device, Targets::All, 0.2, true);
    let flex = steps(Backend::Flex, Head::Host, Targets::All, 0.2, true);
    for (wgpu, flex) in wgpu.iter().zip(&flex) {
        assert_same(wgpu, flex, 1e-4);
    }
}
