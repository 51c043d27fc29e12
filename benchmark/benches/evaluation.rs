//! One evaluation: every user's held-out items ranked among all items, and the divergence from the
//! reference.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use prefsweep::data::Prepared;
use prefsweep::evaluation::metrics::of_ranks;
use prefsweep::evaluation::{Beside, Divergence, rank_policy, rank_scores};
use prefsweep_datasets::random::stream;
use prefsweep_datasets::{Dataset, DatasetConfig, Item};
use prefsweep_policy::device::Backend;
use prefsweep_policy::{Policy, Sasrec, SasrecConfig, Weights};
use rand::RngExt;

/// The program's own.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Users, items and the range of histories' lengths.
struct Shape {
    name: &'static str,
    users: usize,
    items: usize,
    lengths: std::ops::Range<usize>,
}

const SHAPES: [Shape; 3] = [
    Shape { name: "long histories, like ml-100k", users: 943, items: 1682, lengths: 20..190 },
    Shape { name: "short histories, like beauty", users: 4000, items: 12_000, lengths: 5..15 },
    Shape { name: "many items", users: 500, items: 100_000, lengths: 20..100 },
];

fn data(shape: &Shape, max_len: usize) -> Prepared {
    let mut random = stream(1, "bench", &[shape.items as u64]);
    let sequences = (0..shape.users)
        .map(|_| {
            let length = random.random_range(shape.lengths.clone());
            (0..length).map(|_| random.random_range(0..shape.items as Item)).collect()
        })
        .collect();
    let dataset = Dataset {
        name: "bench".into(),
        n_items: shape.items,
        sequences,
        user_ids: vec![String::new(); shape.users],
        item_ids: vec![String::new(); shape.items],
        ..Dataset::default()
    };
    let config: DatasetConfig = serde_saphyr::from_str("name: synthetic").expect("a configuration");
    Prepared::new(dataset, &config, max_len).expect("enough items")
}

fn evaluation(criterion: &mut Criterion) {
    let config = SasrecConfig::default();
    for shape in &SHAPES {
        let data = data(shape, config.max_len);
        let model = Sasrec::new(&config, shape.items);
        let weights = Weights::initial(model.layout(), 1).to_parameters(&Backend::Flex.device());
        let divergence = Divergence::new(&model, &weights, &data);
        let rank = || rank_policy(&model, &weights, &data, Beside::default());
        let ranks = rank();
        let mut group = criterion.benchmark_group(format!("evaluation/{}", shape.name));
        group.bench_function("full ranking of all users", |bencher| {
            bencher.iter(|| black_box(rank()));
        });
        group.bench_function("of which counting competitors", |bencher| {
            let constant = |_: &[Item], scores: &mut [f64]| scores.fill(0.0);
            bencher.iter(|| black_box(rank_scores((&data).into(), None, constant, |_| ())));
        });
        group.bench_function("divergence", |bencher| {
            bencher.iter(|| black_box(divergence.of(&model, &weights, &data)));
        });
        group.bench_function("of which sums", |bencher| {
            bencher.iter(|| black_box(divergence.of_reference(&data.dataset)));
        });
        group.bench_function(BenchmarkId::new("metrics", "4 cut-offs"), |bencher| {
            bencher.iter(|| black_box(of_ranks(&ranks, &[1, 5, 10, 20])));
        });
        group.finish();
    }
}

criterion_group! {
    name = benches;
    // Its pictures would need a font of the system.
    config = Criterion::default().sample_size(10).without_plots();
    targets = evaluation
}
criterion_main!(benches);
