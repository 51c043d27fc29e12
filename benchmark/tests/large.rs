//! What large data need: sampled objectives of the reference, a sample of users, states in a file.

use std::sync::Arc;

use prefsweep::data::{Batches, Split, States, StatesFile, Targets, evaluated};
use prefsweep::evaluation::Baseline;
use prefsweep::negatives::uniform;
use prefsweep::training::{
    Cell, Checkpoint, NotFinite, Objective, ReferenceConfig, SampledGbce, SampledSoftmax,
    Stopwatch, hidden_states, train_cells, train_reference,
};
use prefsweep_policy::device::Backend;
use prefsweep_policy::{Pass, Weights, to_host};

use crate::small_world::{SEED, World};

const WORLD: &str = "
title: test
dataset: {name: synthetic, synthetic: {users: 60, items: 90}}
model: {dim: 12, blocks: 1, heads: 2, feed_forward: 20, max_len: 12}
preference: {steps: 4, batch_size: 16, sampler: SAMPLER}
evaluation: {every: 2}
sweep: {losses: [dynamic_po: {over: dmpo}], negatives: [3], seeds: [3]}
";

fn world(sampler: &str) -> World {
    World::of(&WORLD.replace("SAMPLER", sampler))
}

/// All of its evaluations with every digit.
fn evaluations(cell: Cell<'_>) -> Vec<String> {
    let mut found = Vec::new();
    let keep = |_, evaluation| {
        found.push(format!("{evaluation:?}"));
        Ok::<(), NotFinite>(())
    };
    let watch = Stopwatch::start();
    let results = train_cells(&[cell], &mut |_| (), &watch, &mut Checkpoint::off(), keep);
    assert_eq!(results, [Ok(())]);
    found
}

#[test]
fn states_in_a_file_train_the_same_to_the_bit() {
    for sampler in ["uniform", "hard"] {
        let world = world(sampler);
        let (preference, loss) = (&world.experiment.preference, &world.experiment.sweep.losses[0]);
        let cell = |states| Cell { reference_states: states, ..world.cell(loss, preference, 3) };
        let tensors = world.reference.to_parameters(&Backend::Flex.device());
        let states = hidden_states(world.policy.as_ref(), &tensors, &world.data);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("states.bin");
        let bytes: Vec<u8> = states.iter().flat_map(|state| state.to_le_bytes()).collect();
        std::fs::write(&path, bytes).unwrap();
        let file = StatesFile::open(&path, states.len()).unwrap();
        let in_file = evaluations(cell(States::File(&file)));
        assert_eq!(in_file, evaluations(cell(States::Memory(&states))), "{sampler}");
        assert_eq!(in_file.len(), 3);
        let zeros = vec![0.0; states.len()];
        assert_ne!(in_file, evaluations(cell(States::Memory(&zeros))), "{sampler}: states matter");
    }
}

/// A sample has the ranks that its users have among all.
#[test]
fn a_sample_of_users_is_ranked_as_among_all() {
    let mut world = world("uniform");
    let tensors = world.reference.to_parameters(&Backend::Flex.device());
    let all = Baseline::new(world.policy.as_ref(), &tensors, &world.data);
    world.data.most_evaluated = Some(23);
    let some = Baseline::new(world.policy.as_ref(), &tensors, &world.data);
    assert_eq!(some.validation_states().len(), 23 * 12);
    for (all, some) in all.ranks().iter().zip(some.ranks()) {
        assert_eq!((all.split, all.protocol), (some.split, some.protocol));
        assert_eq!(some.users, evaluated(&world.data.dataset, some.split, Some(23)));
        assert_eq!(
            some.users,
            evaluated(&world.data.dataset, Split::Test, Some(23)),
            "the same on both"
        );
        for (user, rank) in some.users.iter().zip(&some.ranks) {
            let place = all.users.iter().position(|other| other == user).unwrap();
            assert_eq!(*rank, all.ranks[place]);
        }
    }
}

/// The loss of the first step, from the formulas of the papers in double precision.
#[test]
fn sampled_objectives_are_those_of_their_papers() {
    let world = world("uniform");
    let (policy, data) = (world.policy.as_ref(), &world.data);
    let n_items = data.dataset.n_items;
    let negatives = 7;
    // gBCE: alpha is the share of the catalogue that is sampled, beta the exponent of the positive's probability.
    let t = 0.6;
    let alpha = negatives as f64 / (n_items as f64 - 1.0);
    let beta = alpha * (t * (1.0 - 1.0 / alpha) + 1.0 / alpha);
    let sigma = |score: f64| 1.0 / (1.0 + (-score).exp());
    let softmax = |scores: &[f64]| {
        let sum: f64 = scores.iter().map(|score| score.exp()).sum();
        -(scores[0].exp() / sum).ln()
    };
    let gbce = |scores: &[f64]| {
        let of_negatives: f64 = scores[1..].iter().map(|&score| (1.0 - sigma(score)).ln()).sum();
        -(sigma(scores[0]).powf(beta).ln() + of_negatives) / (negatives + 1) as f64
    };
    type Formula<'a> = &'a dyn Fn(&[f64]) -> f64;
    let cases: [(Objective, Formula<'_>); 2] = [
        (Objective::SampledSoftmax(SampledSoftmax { negatives }), &softmax),
        (Objective::Gbce(SampledGbce { negatives, t }), &gbce),
    ];
    for (objective, formula) in cases {
        let config = ReferenceConfig {
            objective: objective.clone(),
            epochs: 5,
            learning_rate: 1e-2,
            batch_size: data.windows.len(),
            dropout: 0.0,
            ..ReferenceConfig::default()
        };
        let (watch, off) = (Stopwatch::start(), &mut Checkpoint::off());
        let trained = train_reference(
            policy,
            &config,
            data,
            None,
            SEED,
            Backend::Flex,
            &mut |_| (),
            &watch,
            off,
        )
        .unwrap();

        let weights =
            Weights::initial(policy.layout(), SEED).to_parameters(&Backend::Flex.device());
        let mut batches = Batches::new(
            &data.windows,
            None,
            config.batch_size,
            Targets::All,
            SEED,
            "reference batches",
        );
        let batch = batches.get(0);
        let windows = Arc::clone(&batch.windows);
        let hidden = to_host(policy.hidden(&weights, &windows, &mut Pass::default()));
        let items = to_host(policy.item_embeddings(&weights));
        let drawn = uniform(&batch, negatives, &data.seen, (SEED, "reference negatives"));
        let losses =
            batch.positions.iter().zip(drawn.chunks_exact(negatives)).map(|(position, row)| {
                assert!(
                    row.iter()
                        .all(|item| !data.dataset.train(position.user as usize).contains(item))
                );
                let state = &hidden[position.row as usize * 12..][..12];
                let score = |item: u32| {
                    let item = &items[item as usize * 12..][..12];
                    state.iter().zip(item).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum::<f64>()
                };
                let scores: Vec<f64> =
                    [position.target].iter().chain(row).map(|&item| score(item)).collect();
                formula(&scores)
            });
        let expected = losses.sum::<f64>() / batch.positions.len() as f64;
        let found = trained.epochs[0].loss;
        assert!((found - expected).abs() < 1e-5 * expected, "{objective:?}: {found} {expected}");
        assert!(trained.epochs[4].loss < 0.97 * found, "{objective:?} trains");
    }
}
