//! Training steps on the CPU: the reference step and the preference step at several K.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use prefsweep::batches::{Batch, Window, collect};
use prefsweep::config::{ModelConfig, Targets};
use prefsweep::device::Backend;
use prefsweep::diagnostics::Diagnostics;
use prefsweep::gradients::Forward;
use prefsweep::losses::LossConfig;
use prefsweep::model::{Dropout, Sasrec, Weights};

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
    let config = ModelConfig::default();
    let model = Sasrec::new(&config, ITEMS);
    let backend = Backend::Flex;
    let weights = Weights::initial(model.layout(), 1).to_tensors(&backend.device());
    let batch = batch(config.max_len);
    let forward = Forward { model: &model, weights: &weights, batch: &batch, head: backend.head() };
    let mut group = criterion.benchmark_group("step");
    group.sample_size(10);
    group.bench_function("reference/cross_entropy", |bencher| {
        bencher.iter(|| black_box(forward.cross_entropy(Dropout::new(0.2, 1, 0))));
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
            let id = BenchmarkId::new(format!("preference/{}", loss.label()), k);
            group.bench_function(id, |bencher| {
                bencher
                    .iter(|| black_box(forward.preference(&items, &reference, &loss, BETA, None)));
            });
        }
    }
    group.finish();
}

/// What the diagnostics of a step cost beside it.
fn diagnostics(criterion: &mut Criterion) {
    let batch = batch(ModelConfig::default().max_len);
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
            let id = BenchmarkId::new(loss.label(), k);
            group.bench_function(id, |bencher| {
                bencher.iter(|| {
                    let liked = Some(&liked[..]);
                    black_box(Diagnostics::of_step(&loss, BETA, &scores, &reference, items, liked))
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
    targets = steps, diagnostics
}
criterion_main!(benches);
