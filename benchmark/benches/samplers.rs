//! Drawing the negatives of one batch, by every sampler.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use prefsweep::data::{Neighbourhoods, Seen, States, Targets, collect, windows};
use prefsweep::negatives::{Pool, SamplerConfig, Source, from_pool};
use prefsweep_datasets::random::stream;
use prefsweep_datasets::{Dataset, Item};
use rand::RngExt;

/// The program's own.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const WINDOWS: u32 = 128;
const MAX_LEN: usize = 50;
const DIM: usize = 64;

/// One full window for each user; popular items have low ids.
fn dataset(n_items: usize) -> Dataset {
    let mut stream = stream(1, "bench", &[n_items as u64]);
    let mut item = || (stream.random::<f64>().powi(3) * n_items as f64) as Item;
    // A window is made of one item more than it has positions; two are for validation and test.
    let sequences = (0..WINDOWS).map(|_| (0..MAX_LEN + 3).map(|_| item()).collect()).collect();
    Dataset {
        name: "bench".into(),
        n_items,
        sequences,
        user_ids: vec![String::new(); WINDOWS as usize],
        item_ids: vec![String::new(); n_items],
        ..Dataset::default()
    }
}

fn values(n: usize) -> Vec<f32> {
    let mut stream = stream(2, "bench", &[n as u64]);
    (0..n).map(|_| stream.random_range(-1.0..1.0)).collect()
}

fn samplers(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("samplers");
    group.sample_size(10);
    for n_items in [1682, 100_000] {
        let dataset = dataset(n_items);
        let windows = windows(&dataset, MAX_LEN);
        let chosen: Vec<u32> = (0..WINDOWS).collect();
        let batch = collect(&windows, &chosen, Targets::All, 0);
        let first_position: Vec<usize> = (0..windows.len()).map(|w| w * MAX_LEN).collect();
        let (seen, neighbourhoods) = (Seen::new(&dataset), Neighbourhoods::default());
        let (states, embeddings) = (values(batch.positions.len() * DIM), values(n_items * DIM));
        let source = Source {
            dataset: &dataset,
            seen: &seen,
            neighbourhoods: &neighbourhoods,
            first_position: &first_position,
            states: States::Memory(&states),
            embeddings: &embeddings,
        };
        for yaml in ["uniform", "popularity", "similarity", "in_batch", "hard"] {
            let sampler: SamplerConfig = serde_saphyr::from_str(yaml).expect("a sampler");
            let sampler = sampler.as_sampler().prepare(source);
            for k in [1, 5, 20] {
                let id = BenchmarkId::new(format!("{yaml}/{n_items}"), k);
                group.bench_function(id, |bencher| {
                    bencher.iter(|| black_box(sampler.draw(&batch, k, 1)));
                });
            }
        }
        // The draws above find the pools of earlier ones; the first epoch of a training does not.
        let hard: SamplerConfig = serde_saphyr::from_str("hard").expect("a sampler");
        group.bench_function(
            BenchmarkId::new(format!("hard, first epoch/{n_items}"), 20),
            |bencher| {
                bencher.iter(|| black_box(hard.as_sampler().prepare(source).draw(&batch, 20, 1)));
            },
        );
    }
    group.finish();
}

/// RoDPO's choice from the policy's scores, which are given.
fn pool(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("from_pool");
    group.sample_size(10);
    for n_items in [1682, 100_000] {
        let dataset = dataset(n_items);
        let seen = Seen::new(&dataset);
        // A few windows: scores of all items at all positions would not fit into memory.
        let batch = collect(&windows(&dataset, MAX_LEN), &[0, 1, 2, 3], Targets::All, 0);
        let mut scores = values(batch.positions.len() * n_items);
        group.bench_function(BenchmarkId::from_parameter(n_items), |bencher| {
            let pool = Pool { size: 50, temperature: None, deterministic: false };
            bencher.iter(|| black_box(from_pool(&batch, 20, pool, &mut scores, &seen, 1)));
        });
    }
    group.finish();
}

criterion_group! {
    name = benches;
    // Its pictures would need a font of the system.
    config = Criterion::default().without_plots();
    targets = samplers, pool
}
criterion_main!(benches);
