//! A training step's implementations, and its backends, against each other and against automatic
//! differentiation of the whole.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

use burn::Tensor;
use burn::tensor::activation::{log_sigmoid, log_softmax};
use burn::tensor::{Int, TensorData};
use prefsweep_datasets::random::stream;
use prefsweep_datasets::{Dataset, load};
use prefsweep_losses::{LossConfig, LossInputs, SideInputs};
use prefsweep_policy::device::Backend;
use prefsweep_policy::optimizer::Settings;
use prefsweep_policy::{
    DeviceEngine, Dropout, Engine, Gradients, HostEngine, Inputs, Objective, Outcome, Parameters,
    Policy, Sasrec, SasrecConfig, ScoredItems, Term, Weights, Windows,
};
use rand::seq::SliceRandom;

const SEED: u64 = 5;
const MAX_LEN: usize = 12;
const BETA: f64 = 0.5;
const OPTIMIZER: Settings = Settings { weight_decay: 0.01, clip: Some(1.0) };

/// Which positions of a window are trained.
#[derive(Clone, Copy)]
enum Targets {
    All,
    Last,
}

/// Which engine computes.
#[derive(Clone, Copy)]
enum Form {
    Host,
    Device,
}

/// Windows of some users, and what a sampler may draw for them.
struct Batch {
    n_items: usize,
    windows: Arc<Windows>,
    rows: Vec<u32>,
    targets: Vec<u32>,
    /// Items that the user of a trained position has had.
    had: Vec<HashSet<u32>>,
}

impl Batch {
    fn new(trained: Targets) -> Self {
        let config = serde_json::json!({
            "name": "synthetic", "synthetic": {"users": 20, "items": 80}
        });
        let data: Dataset = load(&serde_json::from_value(config).unwrap(), Path::new(".")).unwrap();
        let mut windows = Windows::default();
        let (mut rows, mut targets, mut had) = (Vec::new(), Vec::new(), Vec::new());
        for user in 6..14 {
            let sequence = data.train(user);
            // Of different lengths, the longest of them as long as the policy sees.
            let window = &sequence[..(1 + MAX_LEN - user % 5).min(sequence.len())];
            let first = windows.items.len();
            windows.push(&window[..window.len() - 1]);
            for (offset, &target) in window[1..].iter().enumerate() {
                if matches!(trained, Targets::All) || offset + 2 == window.len() {
                    rows.push((first + offset) as u32);
                    targets.push(target);
                    had.push(sequence.iter().copied().collect());
                }
            }
        }
        assert_eq!(windows.longest(), MAX_LEN);
        assert!(windows.lengths.iter().any(|&length| length < MAX_LEN));
        Self { n_items: data.n_items, windows: Arc::new(windows), rows, targets, had }
    }

    fn inputs(&self) -> Inputs<'_> {
        Inputs { windows: &self.windows, rows: &self.rows, targets: &self.targets }
    }

    fn samples(&self) -> usize {
        self.rows.len()
    }

    /// At every position the target, then `k` negatives.
    fn items(&self, k: usize) -> Vec<u32> {
        let mut items = Vec::new();
        for (position, (&target, had)) in self.targets.iter().zip(&self.had).enumerate() {
            let mut unseen: Vec<u32> =
                (0..self.n_items as u32).filter(|item| !had.contains(item)).collect();
            unseen.shuffle(&mut stream(SEED, "negatives", &[position as u64]));
            items.push(target);
            items.extend_from_slice(&unseen[..k]);
        }
        items
    }
}

fn policy(batch: &Batch) -> Sasrec {
    let settings =
        SasrecConfig { dim: 12, blocks: 2, heads: 2, feed_forward: 20, max_len: MAX_LEN };
    Sasrec::new(&settings, batch.n_items)
}

/// Weights far enough from zero that every part of the network matters.
fn weights(policy: &Sasrec, backend: Backend) -> Parameters {
    let weights = Weights::initial(policy.layout(), SEED).to_parameters(&backend.device());
    weights.map(|weight| weight.clone() * 3.0)
}

fn engine<'a>(policy: &'a Sasrec, weights: Parameters, form: Form) -> Box<dyn Engine + 'a> {
    match form {
        Form::Host => Box::new(HostEngine::new(policy, weights, OPTIMIZER)),
        Form::Device => Box::new(DeviceEngine::new(policy, &weights, vec![OPTIMIZER])),
    }
}

struct Step {
    outcome: Outcome,
    gradients: Gradients,
}

impl Step {
    fn of(
        engine: &dyn Engine,
        batch: &Batch,
        objective: &Objective<'_>,
        dropout: Option<Dropout>,
    ) -> Self {
        let (outcomes, gradients) = engine.gradients(&batch.inputs(), objective, dropout);
        let [outcome] = outcomes.try_into().expect("one replica");
        Self { outcome, gradients }
    }
}

fn values(tensor: &Tensor<2>) -> Vec<f32> {
    tensor.clone().try_into_vec_as().unwrap()
}

fn assert_same(a: &Step, b: &Step, tolerance: f64) {
    let [loss_a, loss_b] = [a, b].map(|step| step.outcome.loss);
    assert!((loss_a - loss_b).abs() <= tolerance * loss_a.abs(), "{loss_a} {loss_b}");
    assert_same_gradients(&a.gradients, &b.gradients, tolerance);
}

fn assert_same_gradients(a: &Gradients, b: &Gradients, tolerance: f64) {
    assert_eq!(a.iter().len(), b.iter().len());
    let norm = |values: &[f32]| values.iter().map(|&x| f64::from(x).powi(2)).sum::<f64>().sqrt();
    let values = |gradient: &Option<Tensor<2>>| -> Vec<f32> {
        values(gradient.as_ref().expect("every parameter has a gradient"))
    };
    let largest = a.iter().map(|gradient| norm(&values(gradient))).fold(0.0, f64::max);
    for (index, (a, b)) in a.iter().zip(b.iter()).enumerate() {
        let (a, b) = (values(a), values(b));
        let difference: Vec<f32> = a.iter().zip(&b).map(|(a, b)| a - b).collect();
        // Some gradients vanish by symmetry (that of a key's bias does): they are compared with
        // the rounding error of the largest.
        assert!(
            norm(&difference) <= tolerance * norm(&a).max(0.05 * largest),
            "parameter {index}: gradients of norm {} differ by {}",
            norm(&a),
            norm(&difference),
        );
    }
}

fn losses() -> Vec<LossConfig> {
    let losses = [
        serde_json::json!("dpo"),
        serde_json::json!("s_dpo"),
        serde_json::json!("dmpo"),
        serde_json::json!({"dynamic_po": {"over": "dmpo"}}),
        serde_json::json!({"dynamic_po": {"over": "s_dpo"}}),
        // Without a reference; and on log-probabilities.
        serde_json::json!("sim_po"),
        serde_json::json!("cpo"),
        // Every kind of margin, aggregation and coefficient; and no margins at all.
        serde_json::json!("mppo"),
        serde_json::json!("ipo"),
        serde_json::json!("orpo"),
        serde_json::json!("bpr"),
        serde_json::json!("s_sim_po"),
        serde_json::json!("cpo_sim_po"),
        serde_json::json!("hinge"),
        serde_json::json!("c_dpo"),
        serde_json::json!("robust_dpo"),
        serde_json::json!("discopop"),
        serde_json::json!("dpop"),
        serde_json::json!({"dmpo": {"nll": 0.5}}),
        serde_json::json!("bce"),
        serde_json::json!("gbce"),
        serde_json::json!("nca"),
        serde_json::json!("bco_pair"),
        serde_json::json!({"sppo_hard": {"nll": 0.5}}),
        serde_json::json!("apo_zero"),
        serde_json::json!("apo_down"),
        serde_json::json!("ada_dpo"),
        serde_json::json!({"ada": {"over": "s_dpo", "clip_over": "mean"}}),
        serde_json::json!({"ada": {"over": "orpo", "form": "gradient"}}),
        serde_json::json!({"ada": {"over": {"dynamic_po": {"over": "dmpo"}}, "ratio": "relative"}}),
        serde_json::json!({"dynamic_po": {"over": "mppo"}}),
        serde_json::json!({"dynamic_po": {"over": "ipo"}}),
    ];
    losses.into_iter().map(|loss| serde_json::from_value(loss).unwrap()).collect()
}

/// Numbers of negatives: fewer, as many and more than DynamicPO makes clusters of.
const NEGATIVES: [usize; 4] = [1, 2, 3, 9];

/// Some reference scores.
fn reference(length: usize) -> Vec<f32> {
    (0..length).map(|index| (index as f32).sin()).collect()
}

/// Some log-normalisers of the reference.
fn reference_normalisers(samples: usize) -> Vec<f32> {
    (0..samples).map(|index| 4.0 + (index as f32).cos()).collect()
}

/// Every kind of step on one backend and engine, with dropout at `rate`.
fn steps(backend: Backend, form: Form, targets: Targets, rate: f64, fused: bool) -> Vec<Step> {
    let batch = Batch::new(targets);
    let policy = policy(&batch);
    let policy = if fused { policy } else { policy.without_fused_operations() };
    let engine = engine(&policy, weights(&policy, backend), form);
    let step = |objective: &Objective<'_>| {
        Step::of(&*engine, &batch, objective, Dropout::new(rate, SEED, 3))
    };
    let items = batch.items(1);
    let mut steps = vec![step(&Objective::CrossEntropy), step(&Objective::Bce { items: &items })];
    let normalisers = reference_normalisers(batch.samples());
    let side = SideInputs {
        reference_log_normaliser: Some(&normalisers),
        catalogue: batch.n_items,
        ..SideInputs::default()
    };
    for negatives in NEGATIVES {
        let items = batch.items(negatives);
        let reference = &reference(items.len());
        let items = &ScoredItems::Shared(items);
        for loss in &losses() {
            let beta = loss.beta(BETA);
            let term = Term { loss, beta, negatives, reference, side };
            steps.push(step(&Objective::Preference { items, terms: &[term] }));
        }
    }
    steps
}

/// Per position, from weights and hidden states: the loss, the scores of the scored items where there
/// are some, and the log-normaliser where it enters.
type Loss<'a> = dyn Fn(&Parameters, Tensor<2>) -> [Option<Tensor<2>>; 3] + 'a;

/// The same steps with every gradient from automatic differentiation of the whole.
fn differentiated(targets: Targets, rate: f64) -> Vec<Step> {
    let batch = Batch::new(targets);
    let policy = policy(&batch).without_fused_operations();
    let weights = weights(&policy, Backend::Flex);
    let samples = batch.samples();
    let device = Backend::Flex.device();
    let index = |items: &[u32]| -> Tensor<1, Int> {
        let items: Vec<i32> = items.iter().map(|&item| item as i32).collect();
        let length = items.len();
        Tensor::from_data(TensorData::new(items, [length]), &device)
    };
    let host = |tensor: Option<Tensor<2>>| -> Vec<f32> {
        tensor.map(|tensor| tensor.inner().try_into_vec_as().unwrap()).unwrap_or_default()
    };
    let step = |loss: &Loss<'_>| {
        let leaves: Parameters = weights.map(|weight| weight.clone().autodiff().require_grad());
        let mut dropout = Dropout::new(rate, SEED, 3);
        let hidden = policy.hidden(&leaves, &batch.windows, dropout.as_mut());
        let hidden = hidden.select(0, index(&batch.rows));
        let [loss, scores, log_normaliser] = loss(&leaves, hidden);
        let loss = loss.expect("a loss").mean();
        let mut found = loss.backward();
        let gradients: Gradients = leaves.map(|leaf| leaf.grad_remove(&mut found));
        let squares = gradients.iter().flatten().flat_map(values);
        let norm = squares.map(|g| f64::from(g).powi(2)).sum::<f64>().sqrt();
        let loss = f64::from(loss.into_scalar::<f32>());
        let (scores, log_normaliser) = (host(scores), host(log_normaliser));
        Step { outcome: Outcome { loss, norm, scores, log_normaliser }, gradients }
    };
    let scores = |leaves: &Parameters, hidden: Tensor<2>, items: &[u32]| -> Tensor<2> {
        let each = items.len() / samples;
        let chosen = leaves[policy.items()].clone().select(0, index(items));
        let chosen = chosen.reshape([samples, each, policy.dim()]);
        chosen.matmul(hidden.unsqueeze_dim::<3>(2)).squeeze_dim(2)
    };
    let items = batch.items(1);
    let mut steps = vec![
        step(&|leaves, hidden| {
            let log_shares = log_softmax(policy.score_all(leaves, hidden), 1);
            let targets = index(&batch.targets).reshape([samples, 1]);
            [Some(log_shares.gather(1, targets).neg()), None, None]
        }),
        step(&|leaves, hidden| {
            let scores = scores(leaves, hidden, &items);
            let positive = scores.clone().slice([0..samples, 0..1]);
            let negative = scores.clone().slice([0..samples, 1..2]);
            let loss = log_sigmoid(positive) + log_sigmoid(negative.neg());
            [Some(loss.neg()), Some(scores), None]
        }),
    ];
    let reference_normaliser = TensorData::new(reference_normalisers(samples), [samples, 1]);
    let reference_normaliser = Tensor::<2>::from_data(reference_normaliser, &device);
    for k in NEGATIVES {
        let items = batch.items(k);
        let reference = TensorData::new(reference(items.len()), [samples, 1 + k]);
        let reference = Tensor::<2>::from_data(reference, &device);
        for config in losses() {
            let (loss, beta) = (config.as_loss(), config.beta(BETA));
            steps.push(step(&|leaves, hidden| {
                let scores = scores(leaves, hidden.clone(), &items);
                // Of scores as small as these nothing overflows.
                let normaliser = loss
                    .needs()
                    .log_normaliser
                    .then(|| policy.score_all(leaves, hidden.clone()).exp().sum_dim(1).log());
                let inputs = LossInputs {
                    scores: scores.clone(),
                    log_normaliser: normaliser.clone(),
                    reference: loss.needs().reference.then(|| reference.clone()),
                    reference_log_normaliser: Some(reference_normaliser.clone()),
                    log_counts: None,
                    keys: None,
                    lengths: None,
                    ratings: None,
                    catalogue: batch.n_items,
                    on_host: true,
                };
                let values = loss.per_sample(inputs, beta).unsqueeze_dim::<2>(1);
                [Some(values), Some(scores), normaliser]
            }));
        }
    }
    steps
}

fn assert_close(found: &[f32], expected: &[f32]) {
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(expected) {
        assert!((found - expected).abs() < 1e-5, "{found} {expected}");
    }
}

#[test]
fn both_engines_agree_with_automatic_differentiation() {
    for targets in [Targets::All, Targets::Last] {
        let expected = differentiated(targets, 0.2);
        for form in [Form::Host, Form::Device] {
            let found = steps(Backend::Flex, form, targets, 0.2, false);
            assert_eq!(found.len(), expected.len());
            for (found, expected) in found.iter().zip(&expected) {
                assert_same(found, expected, 2e-5);
                let [found, expected] = [found, expected].map(|step| &step.outcome);
                assert!((found.norm - expected.norm).abs() <= 2e-5 * expected.norm);
                assert_close(&found.scores, &expected.scores);
                assert_close(&found.log_normaliser, &expected.log_normaliser);
            }
        }
    }
}

#[cfg(feature = "ndarray")]
#[test]
fn flex_agrees_with_ndarray() {
    for rate in [0.0, 0.2] {
        let flex = steps(Backend::Flex, Form::Host, Targets::All, rate, true);
        let ndarray = steps(Backend::Ndarray, Form::Host, Targets::All, rate, true);
        for (flex, ndarray) in flex.iter().zip(&ndarray) {
            assert_same(flex, ndarray, 2e-5);
        }
    }
}

#[test]
fn fused_operations_agree_with_composed_ones() {
    for rate in [0.0, 0.2] {
        let fused = steps(Backend::Flex, Form::Host, Targets::All, rate, true);
        let composed = steps(Backend::Flex, Form::Host, Targets::All, rate, false);
        for (fused, composed) in fused.iter().zip(&composed) {
            assert_same(fused, composed, 2e-5);
        }
    }
}

/// Central differences of the loss along a random direction.
#[test]
fn gradients_agree_with_finite_differences() {
    let batch = Batch::new(Targets::All);
    let policy = policy(&batch);
    let start = weights(&policy, Backend::Flex);
    let loss: LossConfig = serde_json::from_value(serde_json::json!("cpo")).unwrap();
    let items = ScoredItems::Shared(batch.items(3));
    let term =
        Term { loss: &loss, beta: BETA, negatives: 3, reference: &[], side: SideInputs::default() };
    let preference = Objective::Preference { items: &items, terms: &[term] };
    for objective in [Objective::CrossEntropy, preference] {
        let step_at = |weights: Parameters| {
            Step::of(&*engine(&policy, weights, Form::Host), &batch, &objective, None)
        };
        let step = step_at(start.clone());
        for parameter in policy.layout().iter() {
            let handle = policy.layout().handle(&parameter.name).unwrap();
            let gradient = step.gradients[handle].clone().unwrap();
            let norm: f32 = gradient.clone().square().sum().sqrt().into_scalar();
            if norm < 1e-3 {
                continue;
            }
            let direction = gradient / norm;
            let moved = |size: f64| {
                let mut weights = start.clone();
                weights[handle] = weights[handle].clone() + direction.clone() * size;
                step_at(weights).outcome.loss
            };
            let size = 3e-3;
            let slope = (moved(size) - moved(-size)) / (2.0 * size);
            assert!((slope / f64::from(norm) - 1.0).abs() < 0.02, "{parameter}: {slope} {norm}");
        }
    }
}

/// Losses and numbers of negatives of replicas, with and without a log-normaliser.
const REPLICAS: [(&str, usize); 4] = [("dpo", 1), ("cpo", 3), ("s_dpo", 2), ("cpo", 1)];

/// One replica's rows of some gradients.
fn replica(gradients: &Gradients, index: usize) -> Gradients {
    gradients.map(|gradient| {
        let gradient = gradient.clone()?;
        let [rows, cols] = gradient.dims();
        let rows = rows / REPLICAS.len();
        Some(gradient.slice([index * rows..(index + 1) * rows, 0..cols]))
    })
}

#[test]
fn replicas_agree_with_each_alone() {
    let batch = Batch::new(Targets::All);
    let policy = policy(&batch);
    let start = weights(&policy, Backend::Flex);
    let most = 3;
    let items = batch.items(most);
    let losses: Vec<LossConfig> =
        REPLICAS.iter().map(|(name, _)| serde_json::from_value((*name).into()).unwrap()).collect();
    let own: Vec<Vec<u32>> = REPLICAS
        .iter()
        .map(|(_, k)| items.chunks_exact(1 + most).flat_map(|row| &row[..1 + k]).copied().collect())
        .collect();
    let references: Vec<Vec<f32>> = own.iter().map(|items| reference(items.len())).collect();
    let terms: Vec<Term<'_>> = losses
        .iter()
        .zip(&references)
        .zip(REPLICAS)
        .map(|((loss, reference), (_, negatives))| Term {
            loss,
            beta: BETA,
            negatives,
            reference,
            side: SideInputs::default(),
        })
        .collect();
    let filled = own.iter().zip(REPLICAS).flat_map(|(items, (_, k))| {
        items.chunks_exact(1 + k).flat_map(move |row| {
            let row = row.iter().map(|&item| Some(item));
            row.chain(std::iter::repeat_n(None, most - k))
        })
    });
    let all = [ScoredItems::Shared(items.clone()), ScoredItems::Own(filled.collect())];
    for items in &all {
        let engine = DeviceEngine::new(&policy, &start, vec![OPTIMIZER; REPLICAS.len()]);
        let objective = Objective::Preference { items, terms: &terms };
        let dropout = || Dropout::new(0.2, SEED, 3);
        let (outcomes, gradients) = engine.gradients(&batch.inputs(), &objective, dropout());
        assert_eq!(outcomes.len(), REPLICAS.len());
        for (index, outcome) in outcomes.into_iter().enumerate() {
            let items = &ScoredItems::Shared(own[index].clone());
            let objective = Objective::Preference { items, terms: &terms[index..=index] };
            let alone = self::engine(&policy, start.clone(), Form::Host);
            let alone = Step::of(&*alone, &batch, &objective, dropout());
            assert_close(&outcome.scores, &alone.outcome.scores);
            assert_close(&outcome.log_normaliser, &alone.outcome.log_normaliser);
            let together = Step { outcome, gradients: replica(&gradients, index) };
            assert_same(&together, &alone, 2e-5);
        }
    }
}

#[test]
fn both_engines_train_to_the_same_weights() {
    let batch = Batch::new(Targets::All);
    let policy = policy(&batch);
    let start = weights(&policy, Backend::Flex);
    let loss: LossConfig = serde_json::from_value("s_dpo".into()).unwrap();
    let items = batch.items(2);
    let reference = &reference(items.len());
    let term =
        Term { loss: &loss, beta: BETA, negatives: 2, reference, side: SideInputs::default() };
    let scored = ScoredItems::Shared(items.clone());
    let train = |form: Form| {
        let mut engine = engine(&policy, start.clone(), form);
        let mut losses = Vec::new();
        for step in 0..6 {
            let (inputs, dropout) = (batch.inputs(), Dropout::new(0.1, SEED, step));
            let pending = match step % 3 {
                0 => engine.cross_entropy(&inputs, dropout, &[1e-2]),
                1 => engine.bce(&inputs, &items, dropout, &[1e-2]),
                _ => engine.preference(&inputs, &scored, &[term], dropout, &[1e-2]),
            };
            losses.extend(pending.read().iter().map(|outcome| outcome.loss));
        }
        (losses, engine.weights(0))
    };
    let ((host_losses, host), (device_losses, device)) = (train(Form::Host), train(Form::Device));
    assert!(host_losses[3] < host_losses[0], "{host_losses:?}");
    for (host, device) in host_losses.iter().zip(&device_losses) {
        assert!((host - device).abs() < 1e-4 * host.abs(), "{host} {device}");
    }
    let [host, device] =
        [host, device].map(|weights| weights.iter().flat_map(values).collect::<Vec<f32>>());
    // AdamW divides a gradient by its size: where there is none but rounding errors, as at the biases
    // of keys, their signs decide.
    let far = host.iter().zip(&device).filter(|(a, b)| (*a - *b).abs() > 1e-3).count();
    assert!(far * 100 <= host.len(), "{far} of {}", host.len());
}

#[test]
fn no_position_sees_what_comes_after_it() {
    let batch = Batch::new(Targets::All);
    let policy = policy(&batch);
    let weights = weights(&policy, Backend::Flex);
    let hidden = |items: &[u32]| -> Vec<f32> {
        let mut windows = Windows::default();
        windows.push(items);
        policy.hidden(&weights, &Arc::new(windows), None).try_into_vec_as().unwrap()
    };
    let dim = policy.dim();
    let full = hidden(&[3, 1, 4, 1, 5]);
    let changed = hidden(&[3, 1, 4, 9, 2]);
    assert_eq!(full[..3 * dim], changed[..3 * dim]);
    assert_ne!(full[3 * dim..], changed[3 * dim..]);
}

#[test]
fn the_last_position_alone_is_as_in_the_whole_window() {
    let batch = Batch::new(Targets::All);
    let mut windows = Windows::default();
    for length in [1, 5, 12, 2, 7].into_iter().cycle().take(100) {
        windows.push(&batch.windows.items[length..2 * length]);
    }
    let windows = Arc::new(windows);
    for policy in [policy(&batch), policy(&batch).without_fused_operations()] {
        let weights = weights(&policy, Backend::Flex);
        let last = values(&policy.last_hidden(&weights, &windows));
        let all = values(&policy.hidden(&weights, &windows, None));
        let dim = policy.dim();
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
#[ignore = "needs a graphics adapter"]
fn wgpu_agrees_with_flex() {
    let wgpu = steps(Backend::Wgpu, Form::Device, Targets::All, 0.2, true);
    let flex = steps(Backend::Flex, Form::Host, Targets::All, 0.2, true);
    for (wgpu, flex) in wgpu.iter().zip(&flex) {
        assert_same(wgpu, flex, 1e-4);
    }
}
