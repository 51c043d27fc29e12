//! Training steps on the CPU: loss and gradients of the reference step and of the preference step at
//! several K, without the optimiser; of experts beside dense layers; and the diagnostics of a step.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use prefsweep::data::{Batch, Targets, Window, collect};
use prefsweep::evaluation::{Diagnostics, StepScores};
use prefsweep_losses::{LossConfig, SideInputs};
use prefsweep_policy::device::Backend;
use prefsweep_policy::optimizer::Settings;
use prefsweep_policy::{
    Dropout, ExpertsConfig, Inputs, Objective, Policy, Routing, Sasrec, SasrecConfig, ScoredItems,
    Scorer, Term, Weights, engine,
};

/// The program's own.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Sizes of MovieLens 100K.
const ITEMS: usize = 1682;
const WINDOWS: usize = 128;
const BETA: f64 = 1.0;

/// Windows with scattered items; the values do not matter for time.
fn batch(max_len: usize) -> Batch {
    let windows: Vec<Window> = (0..WINDOWS)
        .map(|window| {
            let item = |offset: usize| ((window * 131 + offset * 37) % ITEMS) as u32;
            Window {
                user: window as u32,
                inputs: (0..max_len).map(item).collect(),
                targets: (1..=max_len).map(item).collect(),
            }
        })
        .collect();
    let all: Vec<u32> = (0..WINDOWS as u32).collect();
    collect(&windows, &all, Targets::All, 0)
}

fn loss(yaml: &str) -> LossConfig {
    serde_saphyr::from_str(yaml).expect("a loss of the registry")
}

fn steps(criterion: &mut Criterion) {
    let config = SasrecConfig::default();
    let model = Sasrec::new(&config, ITEMS);
    let weights = Weights::initial(model.layout(), 1);
    // Never asked for a step.
    let optimizer = Settings { weight_decay: 0.0, clip: None };
    let engine = engine(Backend::Flex, &model, &weights, vec![optimizer]);
    let batch = batch(config.max_len);
    let (rows, targets) = (batch.rows(), batch.targets());
    let inputs = Inputs { windows: &batch.windows, rows: &rows, targets: &targets };
    let mut group = criterion.benchmark_group("step");
    group.sample_size(10);
    group.bench_function("reference/cross_entropy", |bencher| {
        bencher.iter(|| {
            let dropout = Dropout::new(0.2, 1, 0);
            black_box(engine.gradients(&inputs, &Objective::CrossEntropy, dropout))
        });
    });
    for name in ["dpo", "s_dpo", "dmpo", "dynamic_po: {over: dmpo}", "dynamic_po: {over: s_dpo}"] {
        let loss = loss(name);
        for k in [1, 5, 20] {
            let items: Vec<u32> = batch
                .positions
                .iter()
                .flat_map(|p| (0..=k as u32).map(|i| (p.target + i * 53) % ITEMS as u32))
                .collect();
            let reference = vec![0.0; items.len()];
            let items = ScoredItems::Shared(items);
            let terms = [Term {
                loss: &loss,
                beta: BETA,
                negatives: k,
                reference: &reference,
                side: SideInputs::default(),
            }];
            let objective = Objective::Preference { items: &items, terms: &terms };
            let id = BenchmarkId::new(format!("preference/{}", loss.key()), k);
            group.bench_function(id, |bencher| {
                bencher.iter(|| black_box(engine.gradients(&inputs, &objective, None)));
            });
        }
    }
    group.finish();
}

/// Experts beside the dense model with as many active parameters, and the one with as many in all.
fn encoders() -> [(&'static str, SasrecConfig); 4] {
    let dense = SasrecConfig::default();
    let feed_forward = 4 * dense.feed_forward;
    let experts = |active| Some(ExpertsConfig { active, ..ExpertsConfig::default() });
    [
        ("dense", dense.clone()),
        ("dense, 4 times as wide", SasrecConfig { feed_forward, ..dense.clone() }),
        ("4 experts, 1 active", SasrecConfig { experts: experts(1), ..dense.clone() }),
        ("4 experts, 2 active", SasrecConfig { experts: experts(2), ..dense }),
    ]
}

/// What experts cost beside dense feed-forward layers: a training step, and the scores of evaluation.
fn experts(criterion: &mut Criterion) {
    let batch = batch(SasrecConfig::default().max_len);
    let (rows, targets) = (batch.rows(), batch.targets());
    let inputs = Inputs { windows: &batch.windows, rows: &rows, targets: &targets };
    let loss = loss("dpo");
    let pairs = targets.iter().flat_map(|&target| [target, (target + 53) % ITEMS as u32]);
    let items = ScoredItems::Shared(pairs.collect());
    let reference = vec![0.0; 2 * targets.len()];
    let side = SideInputs::default();
    let term = Term { loss: &loss, beta: BETA, negatives: 1, reference: &reference, side };
    let preference = Objective::Preference { items: &items, terms: &[term] };
    let mut group = criterion.benchmark_group("experts");
    group.sample_size(20);
    for (name, config) in encoders() {
        let model = Sasrec::new(&config, ITEMS);
        let weights = Weights::initial(model.layout(), 1);
        let optimizer = Settings { weight_decay: 0.0, clip: None };
        let mut engine = engine(Backend::Flex, &model, &weights, vec![optimizer]);
        engine.set_routing(Routing { balance: 0.01, frozen: false });
        for (stage, objective, rate) in
            [("reference", Objective::CrossEntropy, 0.2), ("preference", preference, 0.0)]
        {
            group.bench_function(BenchmarkId::new(stage, name), |bencher| {
                bencher.iter(|| {
                    black_box(engine.gradients(&inputs, &objective, Dropout::new(rate, 1, 0)))
                });
            });
        }
        let parameters = engine.weights(0);
        let scorer = Scorer::new(&model, &parameters);
        let mut scores = Vec::new();
        group.bench_function(BenchmarkId::new("inference", name), |bencher| {
            bencher.iter(|| scorer.score(&batch.windows, black_box(&mut scores)));
        });
    }
    group.finish();
}

/// What the diagnostics of a step cost beside it.
fn diagnostics(criterion: &mut Criterion) {
    let batch = batch(SasrecConfig::default().max_len);
    let mut group = criterion.benchmark_group("diagnostics");
    for name in ["dpo", "s_dpo", "dmpo", "dynamic_po: {over: dmpo}"] {
        let loss = loss(name);
        for k in [1, 20] {
            let items = 1 + k;
            let scores: Vec<f32> = (0..batch.positions.len() * items)
                .map(|at| ((at * 37) % 101) as f32 / 25.0 - 2.0)
                .collect();
            let reference: Vec<f32> = scores.iter().map(|score| 0.9 * score).collect();
            let liked: Vec<bool> = (0..batch.positions.len() * k).map(|at| at % 20 == 0).collect();
            let id = BenchmarkId::new(loss.key().to_string(), k);
            group.bench_function(id, |bencher| {
                bencher.iter(|| {
                    let scores = StepScores {
                        items,
                        policy: &scores,
                        reference: &reference,
                        log_normaliser: None,
                        side: SideInputs::default(),
                    };
                    black_box(Diagnostics::of_step(&loss, BETA, &scores, None, Some(&liked)))
                });
            });
        }
    }
    group.finish();
}

criterion_group! {
    name = benches;
    // Its pictures would need a font of the system.
    config = Criterion::default().without_plots();
    targets = steps, experts, diagnostics
}
criterion_main!(benches);
