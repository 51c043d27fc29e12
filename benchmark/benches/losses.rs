//! The losses alone: on tensors with their gradient, as a step uses them, and in closed form, as the
//! diagnostics do.

use std::hint::black_box;

use burn::Tensor;
use burn::tensor::TensorData;
use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use prefsweep_datasets::random::stream;
use prefsweep_losses::{LossConfig, LossInputs, Sample};
use prefsweep_policy::device::Backend;
use rand::RngExt;

/// The program's own.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Positions of a batch by name.
const SHAPES: [(&str, usize); 2] = [("128_windows_of_50", 6400), ("128_last_positions", 128)];
const NEGATIVES: [usize; 3] = [1, 5, 20];
const LOSSES: [&str; 13] = [
    "dpo",
    "s_dpo",
    "dmpo",
    "ro_dpo",
    "ipo",
    "mppo",
    "orpo",
    "nca",
    "apo_down",
    "ada_dpo",
    "ada: {over: s_dpo, clip_over: mean}",
    "dynamic_po: {over: dmpo}",
    "dynamic_po: {over: s_dpo}",
];
const BETA: f64 = 1.0;
/// Of policy and reference, as of a catalogue of a thousand items.
const NORMALISER: f64 = 8.0;

/// Scores of a policy that has begun to put positives above negatives.
fn scores(positions: usize, items: usize, seed: u64) -> Vec<f32> {
    let mut random = stream(seed, "bench", &[items as u64]);
    (0..positions * items)
        .map(|at| {
            let lead = if at % items == 0 { 1.0 } else { 0.0 };
            lead + random.random_range(-2.0_f32..2.0)
        })
        .collect()
}

fn losses(criterion: &mut Criterion) {
    let device = Backend::Flex.device();
    for (shape, positions) in SHAPES {
        for name in LOSSES {
            let loss: LossConfig = serde_saphyr::from_str(name).expect("a loss of the registry");
            let mut group = criterion.benchmark_group(format!("loss/{shape}/{}", loss.key()));
            for k in NEGATIVES {
                let items = 1 + k;
                let (policy, reference) =
                    (scores(positions, items, 1), scores(positions, items, 2));
                let tensor = |values: &[f32]| -> Tensor<2> {
                    let data = TensorData::new(values.to_vec(), [positions, items]);
                    Tensor::from_data(data, &device)
                };
                let (policy_tensor, reference_tensor) = (tensor(&policy), tensor(&reference));
                let normaliser = policy_tensor.clone().slice([0..positions, 0..1]).zeros_like();
                let normaliser = normaliser + NORMALISER;
                group.bench_function(BenchmarkId::new("per_sample and gradient", k), |bencher| {
                    bencher.iter(|| {
                        let leaf = policy_tensor.clone().autodiff().require_grad();
                        let inputs = LossInputs {
                            scores: leaf.clone(),
                            log_normaliser: Some(normaliser.clone().autodiff()),
                            reference: Some(reference_tensor.clone()),
                            reference_log_normaliser: Some(normaliser.clone()),
                            log_counts: None,
                            keys: None,
                            lengths: None,
                            ratings: None,
                            catalogue: 0,
                            on_host: true,
                        };
                        let loss = loss.as_loss().per_sample(inputs, BETA);
                        black_box(leaf.grad_remove(&mut loss.mean().backward()))
                    });
                });
                let wide = |values: &[f32]| values.iter().map(|&x| f64::from(x)).collect();
                let (policy, reference): (Vec<f64>, Vec<f64>) = (wide(&policy), wide(&reference));
                group.bench_function(BenchmarkId::new("closed form", k), |bencher| {
                    bencher.iter(|| {
                        let rows = policy.chunks_exact(items).zip(reference.chunks_exact(items));
                        let samples: Vec<Sample<'_>> = rows
                            .map(|(policy, reference)| Sample {
                                policy,
                                reference,
                                log_normaliser: Some(NORMALISER),
                                reference_log_normaliser: Some(NORMALISER),
                                ..Sample::default()
                            })
                            .collect();
                        black_box(loss.as_loss().closed_forms(&samples, BETA))
                    });
                });
            }
            group.finish();
        }
    }
}

criterion_group! {
    name = benches;
    // Its pictures would need a font of the system.
    config = Criterion::default().sample_size(10).without_plots();
    targets = losses
}
criterion_main!(benches);
