//! A training step's implementations, and its backends, against each other and against automatic
//! differentiation of the whole.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

use burn::Tensor;
use burn::tensor::activation::{log_sigmoid, log_softmax, sigmoid};
use burn::tensor::{Int, TensorData};
use prefsweep_datasets::random::stream;
use prefsweep_datasets::{Dataset, FeatureKind, FeatureValues, ItemFeature, Labels, load};
use prefsweep_losses::{LossConfig, LossInputs, SideInputs};
use prefsweep_policy::device::Backend;
use prefsweep_policy::optimizer::Settings;
use prefsweep_policy::{
    Catalogue, DeviceEngine, Dropout, Engine, ExpertBlocks, ExpertsConfig, FeaturesConfig,
    Gradients, HostEngine, Init, Inputs, Objective, Outcome, Parameter, Parameters, Pass, Policy,
    Routing, Sasrec, SasrecConfig, ScoredItems, Term, Weights, Windows,
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

/// The feed-forward layers.
#[derive(Clone, Copy, Debug)]
enum Layers {
    Dense,
    /// Three experts in every block, of which a position uses so many.
    Experts(usize),
    /// Dense ones, and items with labels and vectors, with ids beside them or not.
    Features {
        ids: bool,
    },
    /// Dense ones, and heads and windows that take more than one block of sixteen numbers.
    Wide {
        heads: usize,
    },
}

impl Layers {
    fn dim(self) -> usize {
        if let Self::Wide { .. } = self { 40 } else { 12 }
    }

    fn heads(self) -> usize {
        if let Self::Wide { heads } = self { heads } else { 2 }
    }

    fn max_len(self) -> usize {
        if let Self::Wide { .. } = self { 20 } else { MAX_LEN }
    }

    /// The losses of all steps; few where they matter little, and a step takes longer.
    fn losses(self) -> Vec<LossConfig> {
        let Self::Wide { .. } = self else { return losses() };
        let few = ["s_dpo", "cpo"].into_iter();
        few.map(|name| serde_json::from_value(name.into()).unwrap()).collect()
    }
}

const LAYERS: [Layers; 3] = [Layers::Dense, Layers::Experts(1), Layers::Experts(2)];
/// What the host alone computes.
const FEATURES: [Layers; 2] = [Layers::Features { ids: true }, Layers::Features { ids: false }];
const WIDE: [Layers; 2] = [Layers::Wide { heads: 1 }, Layers::Wide { heads: 2 }];

/// Large enough to matter beside every loss.
const ROUTING: Routing = Routing { balance: 0.3, frozen: false };

/// Windows of some users, and what a sampler may draw for them.
struct Batch {
    n_items: usize,
    windows: Arc<Windows>,
    rows: Vec<u32>,
    targets: Vec<u32>,
    /// Items that the user of a trained position has had.
    had: Vec<HashSet<u32>>,
    features: Vec<ItemFeature>,
}

/// Labels, of which some items have none, and vectors.
fn features(data: &Dataset) -> Vec<ItemFeature> {
    let labels = (0..data.n_items as u32).map(|item| match item % 11 {
        0 => Vec::new(),
        3 => vec![6],
        _ => vec![item % 3, 3 + item % 4],
    });
    let names = (0..7).map(|label| label.to_string()).collect();
    let labels = Labels { names, of_items: labels.collect(), unknown: 0 };
    let vectors = data.features.dense.clone().expect("generated items have vectors");
    let feature = |kind, values| ItemFeature { kind, values: Arc::new(values) };
    vec![
        feature(FeatureKind::Genres, FeatureValues::Labels(labels)),
        feature(FeatureKind::Dense, FeatureValues::Vectors(vectors)),
    ]
}

impl Batch {
    fn new(trained: Targets) -> Self {
        Self::of(trained, MAX_LEN)
    }

    /// Windows up to this length.
    fn of(trained: Targets, longest: usize) -> Self {
        // Behind the longest window its target is trained, and two items are held out.
        let config = serde_json::json!({
            "name": "synthetic",
            "synthetic": {"users": 20, "items": 80, "min_length": longest + 3}
        });
        let data: Dataset = load(&serde_json::from_value(config).unwrap(), Path::new(".")).unwrap();
        let mut windows = Windows::default();
        let (mut rows, mut targets, mut had) = (Vec::new(), Vec::new(), Vec::new());
        for user in 6..14 {
            let sequence = data.train(user);
            // Of different lengths, the longest of them as long as the policy sees.
            let window = &sequence[..(1 + longest - user % 5).min(sequence.len())];
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
        assert_eq!(windows.longest(), longest);
        assert!(windows.lengths.iter().any(|&length| length < longest));
        let features = features(&data);
        Self { n_items: data.n_items, windows: Arc::new(windows), rows, targets, had, features }
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

fn policy(batch: &Batch, layers: Layers) -> Sasrec {
    let (mut experts, mut features) = (None, None);
    match layers {
        Layers::Dense | Layers::Wide { .. } => {}
        Layers::Experts(active) => {
            experts = Some(ExpertsConfig { experts: 3, active, blocks: ExpertBlocks::All });
        }
        Layers::Features { ids } => {
            features = Some(FeaturesConfig {
                ids,
                genres: true,
                dense: true,
                ..FeaturesConfig::default()
            });
        }
    }
    let (dim, heads, max_len) = (layers.dim(), layers.heads(), layers.max_len());
    let (blocks, feed_forward) = (2, 20);
    let settings = SasrecConfig { dim, blocks, heads, feed_forward, max_len, experts, features };
    let catalogue = Catalogue { n_items: batch.n_items, names: None, features: &batch.features };
    Sasrec::new(&settings, catalogue)
}

/// Weights far enough from zero that every part of the network matters.
fn weights(policy: &Sasrec, backend: Backend) -> Parameters {
    let weights = Weights::initial(policy.layout(), SEED).to_parameters(&backend.device());
    let mut weights = weights.map(|weight| weight.clone() * 3.0);
    if let Some(gates) = policy.layout().handle("features.gates") {
        weights[gates] = Tensor::from_data([[0.7, -1.2]], &backend.device());
        policy.compose(&mut weights);
    }
    weights
}

/// The table of items from automatic differentiation's leaves, as a product with all features of all items.
fn with_table(policy: &Sasrec, batch: &Batch, leaves: &Parameters) -> Parameters {
    let mut weights = leaves.clone();
    let handle = |name: &str| policy.layout().handle(name);
    let Some(gates) = handle("features.gates") else { return weights };
    let [rows, dim] = leaves[policy.items()].dims();
    let device = Backend::Flex.device();
    let mut table = match handle("features.ids") {
        Some(ids) => leaves[ids].clone(),
        None => Tensor::zeros([rows, dim], &device),
    };
    for (index, feature) in batch.features.iter().enumerate() {
        let width = feature.width();
        let mut matrix = vec![0.0_f32; rows * width];
        match &*feature.values {
            FeatureValues::Labels(labels) => {
                for (row, labels) in matrix.chunks_exact_mut(width).zip(&labels.of_items) {
                    for &label in labels {
                        row[label as usize] = 1.0 / labels.len() as f32;
                    }
                }
            }
            FeatureValues::Vectors(vectors) => {
                matrix[..vectors.values.len()].copy_from_slice(&vectors.values);
            }
        }
        let matrix = Tensor::<2>::from_data(TensorData::new(matrix, [rows, width]), &device);
        let own = leaves[handle(&format!("features.{}", feature.kind.name())).unwrap()].clone();
        let gate = sigmoid(leaves[gates].clone().slice([0..1, index..index + 1]));
        table = table + matrix.matmul(own) * gate;
    }
    weights[policy.items()] = table;
    weights
}

fn engine<'a>(policy: &'a Sasrec, weights: Parameters, form: Form) -> Box<dyn Engine + 'a> {
    let mut engine: Box<dyn Engine> = match form {
        Form::Host => Box::new(HostEngine::new(policy, weights, OPTIMIZER)),
        Form::Device => Box::new(DeviceEngine::new(policy, &weights, vec![OPTIMIZER])),
    };
    engine.set_routing(ROUTING);
    engine
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
    // Only a parameter that is composed of others has none.
    let values = |gradient: &Option<Tensor<2>>| gradient.as_ref().map(values).unwrap_or_default();
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
fn steps(
    layers: Layers,
    backend: Backend,
    form: Form,
    targets: Targets,
    rate: f64,
    fused: bool,
) -> Vec<Step> {
    let batch = Batch::of(targets, layers.max_len());
    let policy = policy(&batch, layers);
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
        for loss in &layers.losses() {
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
fn differentiated(layers: Layers, targets: Targets, rate: f64) -> Vec<Step> {
    let batch = Batch::of(targets, layers.max_len());
    let policy = policy(&batch, layers).without_fused_operations();
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
        let read = with_table(&policy, &batch, &leaves);
        let mut pass = Pass::training(Dropout::new(rate, SEED, 3), ROUTING.balance);
        let hidden = policy.hidden(&read, &batch.windows, &mut pass);
        let hidden = hidden.select(0, index(&batch.rows));
        let [loss, scores, log_normaliser] = loss(&read, hidden);
        let loss = loss.expect("a loss").mean();
        let all = pass.with_balance(loss.clone());
        let mut found = all.backward();
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
        for config in layers.losses() {
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
    let targets = [Targets::All, Targets::Last];
    let all = LAYERS.into_iter().chain(FEATURES);
    for (layers, targets) in all.flat_map(|layers| targets.map(|targets| (layers, targets))) {
        let expected = differentiated(layers, targets, 0.2);
        let forms = match layers {
            Layers::Features { .. } => &[Form::Host][..],
            _ => &[Form::Host, Form::Device],
        };
        for &form in forms {
            let found = steps(layers, Backend::Flex, form, targets, 0.2, false);
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
    for (layers, rate) in LAYERS.into_iter().flat_map(|layers| [(layers, 0.0), (layers, 0.2)]) {
        let flex = steps(layers, Backend::Flex, Form::Host, Targets::All, rate, true);
        let ndarray = steps(layers, Backend::Ndarray, Form::Host, Targets::All, rate, true);
        for (flex, ndarray) in flex.iter().zip(&ndarray) {
            assert_same(flex, ndarray, 2e-5);
        }
    }
}

#[test]
fn fused_operations_agree_with_composed_ones() {
    for (layers, rate) in LAYERS.into_iter().flat_map(|layers| [(layers, 0.0), (layers, 0.2)]) {
        let fused = steps(layers, Backend::Flex, Form::Host, Targets::All, rate, true);
        let composed = steps(layers, Backend::Flex, Form::Host, Targets::All, rate, false);
        for (fused, composed) in fused.iter().zip(&composed) {
            assert_same(fused, composed, 2e-5);
        }
    }
}

#[test]
fn wide_heads_and_windows_agree_with_automatic_differentiation() {
    for layers in WIDE {
        let expected = differentiated(layers, Targets::All, 0.2);
        let found = steps(layers, Backend::Flex, Form::Host, Targets::All, 0.2, true);
        assert_eq!(found.len(), expected.len());
        for (found, expected) in found.iter().zip(&expected) {
            assert_same(found, expected, 2e-5);
        }
    }
}

/// Central differences of the loss along a random direction.
#[test]
fn gradients_agree_with_finite_differences() {
    LAYERS.into_iter().chain(FEATURES).for_each(agrees_with_finite_differences);
}

fn agrees_with_finite_differences(layers: Layers) {
    let batch = Batch::new(Targets::All);
    let policy = policy(&batch, layers);
    let mut start = weights(&policy, Backend::Flex);
    for router in policy.routers() {
        // Far enough apart that small moves change no route.
        start[router] = start[router].clone() * 5.0;
    }
    let routes = policy.routes(&start, &batch.windows);
    let loss: LossConfig = serde_json::from_value(serde_json::json!("cpo")).unwrap();
    let items = ScoredItems::Shared(batch.items(3));
    let term =
        Term { loss: &loss, beta: BETA, negatives: 3, reference: &[], side: SideInputs::default() };
    let preference = Objective::Preference { items: &items, terms: &[term] };
    for objective in [Objective::CrossEntropy, preference] {
        let step_at = |weights: Parameters| {
            let mut engine = engine(&policy, weights, Form::Host);
            // The loss has no part of the load balancing.
            engine.set_routing(Routing::default());
            Step::of(&*engine, &batch, &objective, None)
        };
        let step = step_at(start.clone());
        for parameter in policy.layout().iter() {
            let handle = policy.layout().handle(&parameter.name).unwrap();
            let Some(gradient) = step.gradients[handle].clone() else {
                assert_eq!(parameter.init, Init::Composed);
                continue;
            };
            let norm: f32 = gradient.clone().square().sum().sqrt().into_scalar();
            if norm < 1e-3 {
                continue;
            }
            let direction = gradient / norm;
            let moved = |size: f64| {
                let mut weights = start.clone();
                weights[handle] = weights[handle].clone() + direction.clone() * size;
                weights
            };
            // Where a route changes the loss jumps.
            let mut size = 3e-3;
            while [size, -size].iter().any(|&s| policy.routes(&moved(s), &batch.windows) != routes)
            {
                size /= 2.0;
                assert!(size > 2e-4, "{parameter}: no move without another route");
            }
            let loss = |size: f64| step_at(moved(size)).outcome.loss;
            let slope = (loss(size) - loss(-size)) / (2.0 * size);
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
    LAYERS.into_iter().for_each(replicas_agree);
}

fn replicas_agree(layers: Layers) {
    let batch = Batch::new(Targets::All);
    let policy = policy(&batch, layers);
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
        let mut engine = DeviceEngine::new(&policy, &start, vec![OPTIMIZER; REPLICAS.len()]);
        engine.set_routing(ROUTING);
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
    LAYERS.into_iter().for_each(engines_train_alike);
}

fn engines_train_alike(layers: Layers) {
    let batch = Batch::new(Targets::All);
    let policy = policy(&batch, layers);
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
    LAYERS.into_iter().chain(FEATURES).for_each(sees_nothing_after_itself);
}

fn sees_nothing_after_itself(layers: Layers) {
    let batch = Batch::new(Targets::All);
    let policy = policy(&batch, layers);
    let weights = weights(&policy, Backend::Flex);
    let hidden = |items: &[u32]| -> Vec<f32> {
        let mut windows = Windows::default();
        windows.push(items);
        policy.hidden(&weights, &Arc::new(windows), &mut Pass::default()).try_into_vec_as().unwrap()
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
    let policies = LAYERS.into_iter().chain(FEATURES).flat_map(|layers| {
        [policy(&batch, layers), policy(&batch, layers).without_fused_operations()]
    });
    for policy in policies {
        let weights = weights(&policy, Backend::Flex);
        let last = values(&policy.last_hidden(&weights, &windows));
        let all = values(&policy.hidden(&weights, &windows, &mut Pass::default()));
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
    for layers in LAYERS {
        let wgpu = steps(layers, Backend::Wgpu, Form::Device, Targets::All, 0.2, true);
        let flex = steps(layers, Backend::Flex, Form::Host, Targets::All, 0.2, true);
        for (wgpu, flex) in wgpu.iter().zip(&flex) {
            assert_same(wgpu, flex, 1e-4);
        }
    }
}

#[test]
fn frozen_routers_stay_and_the_rest_is_trained() {
    let batch = Batch::new(Targets::All);
    let policy = policy(&batch, Layers::Experts(1));
    let start = weights(&policy, Backend::Flex);
    for form in [Form::Host, Form::Device] {
        for frozen in [false, true] {
            let mut engine = engine(&policy, start.clone(), form);
            engine.set_routing(Routing { frozen, ..ROUTING });
            let _ = engine.cross_entropy(&batch.inputs(), None, &[1e-2]).read();
            let trained = engine.weights(0);
            for parameter in policy.layout().iter() {
                let handle = policy.layout().handle(&parameter.name).unwrap();
                let same = values(&trained[handle]) == values(&start[handle]);
                assert_eq!(same, frozen && policy.routers().contains(&handle), "{parameter}");
            }
        }
    }
}

#[test]
fn routes_are_the_same_in_both_forms_and_count_every_position() {
    let batch = Batch::new(Targets::All);
    for active in [1, 2] {
        let fused = policy(&batch, Layers::Experts(active));
        let weights = weights(&fused, Backend::Flex);
        let routes = fused.routes(&weights, &batch.windows);
        let composed = fused.clone().without_fused_operations();
        assert_eq!(routes, composed.routes(&weights, &batch.windows));
        assert_eq!(routes.iter().map(|routes| routes.block).collect::<Vec<_>>(), [0, 1]);
        for routes in &routes {
            let all = routes.counts().iter().sum::<u64>();
            assert_eq!(all as usize, active * batch.windows.items.len());
            assert!(routes.counts().iter().all(|&count| count > 0), "{:?}", routes.counts());
        }
    }
    assert!(
        policy(&batch, Layers::Dense)
            .routes(&weights(&policy(&batch, Layers::Dense), Backend::Flex), &batch.windows)
            .is_empty()
    );
}

#[test]
fn active_parameters_are_those_of_the_dense_model_and_the_routers() {
    let batch = Batch::new(Targets::All);
    let [dense, one, two] = LAYERS.map(|layers| policy(&batch, layers));
    assert_eq!(dense.active_parameters(), dense.parameters());
    let routers = 2 * 12 * 3;
    assert_eq!(one.active_parameters(), dense.parameters() + routers);
    // Every active expert has an outer bias of its own.
    assert_eq!(two.active_parameters(), dense.parameters() + routers + 2 * 12);
    let expert = 12 * 20 + 20 + 20 * 12 + 12;
    assert_eq!(one.parameters(), one.active_parameters() + 2 * 2 * expert);
}

/// The number of threads decides nothing.
#[test]
fn gradients_are_the_same_to_the_bit_on_any_number_of_threads() {
    for layers in [Layers::Experts(2), Layers::Features { ids: true }] {
        are_the_same_on_any_number_of_threads(layers);
    }
}

fn are_the_same_on_any_number_of_threads(layers: Layers) {
    let mut batch = Batch::new(Targets::All);
    // More groups of rows than one thread holds gradients of.
    let (mut windows, mut rows, mut targets) = (Windows::default(), Vec::new(), Vec::new());
    for copy in 0..40_usize {
        let first = windows.items.len() as u32;
        let mut from = 0;
        for &length in &batch.windows.lengths {
            let items = batch.windows.items[from..from + length].iter();
            let moved: Vec<u32> =
                items.map(|item| (item + copy as u32) % batch.n_items as u32).collect();
            windows.push(&moved);
            from += length;
        }
        rows.extend(batch.rows.iter().map(|row| first + row));
        targets.extend_from_slice(&batch.targets);
    }
    (batch.windows, batch.rows, batch.targets) = (Arc::new(windows), rows, targets);
    let policy = policy(&batch, layers);
    let on = |threads: usize| -> Vec<u32> {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let engine = engine(&policy, weights(&policy, Backend::Flex), Form::Host);
            let dropout = Dropout::new(0.2, SEED, 3);
            let step = Step::of(&*engine, &batch, &Objective::CrossEntropy, dropout);
            let gradients = step.gradients.iter().flatten();
            gradients.flat_map(values).map(f32::to_bits).collect()
        })
    };
    let alone = on(1);
    for threads in [2, 3, 7] {
        assert!(on(threads) == alone, "{threads} threads");
    }
}

/// After a step the table is what the trained parameters make of it, and only they are trained.
#[test]
fn the_table_follows_what_it_is_composed_of() {
    let batch = Batch::new(Targets::All);
    for layers in FEATURES {
        let policy = policy(&batch, layers);
        let start = weights(&policy, Backend::Flex);
        let mut engine = engine(&policy, start.clone(), Form::Host);
        let _ = engine.cross_entropy(&batch.inputs(), None, &[1e-2]).read();
        let trained = engine.weights(0);
        for parameter in policy.layout().iter() {
            let handle = policy.layout().handle(&parameter.name).unwrap();
            assert_ne!(values(&trained[handle]), values(&start[handle]), "{parameter}");
        }
        let expected = with_table(&policy, &batch, &trained);
        assert_close(&values(&trained[policy.items()]), &values(&expected[policy.items()]));
        let table = (batch.n_items + 1) * policy.dim();
        let all: usize = policy.layout().iter().map(Parameter::count).sum();
        assert_eq!(policy.parameters(), all - table);
        // What a checkpoint holds is enough to go on.
        let mut other = self::engine(&policy, start, Form::Host);
        assert!(other.restore(&engine.state()));
        for engine in [&mut engine, &mut other] {
            let _ = engine.cross_entropy(&batch.inputs(), None, &[1e-2]).read();
        }
        let [a, b] = [engine, other].map(|engine| engine.weights(0).values());
        assert_eq!(a, b);
    }
}
