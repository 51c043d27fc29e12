//! The loss on validation items, against its definition.

use prefsweep::data::{Prepared, Split, held_out};
use prefsweep::evaluation::policy_scores;
use prefsweep::training::{Checkpoint, Evaluation, NotFinite, Stopwatch, train_cells_with};
use prefsweep_losses::LossConfig;
use prefsweep_policy::device::Backend;
use prefsweep_policy::{Engine, HostEngine, Parameters, Policy, Scorer};

use crate::small_world::World;

/// The mean over users of `-log p(validation item)`.
fn cross_entropy(policy: &dyn Policy, weights: &Parameters, data: &Prepared) -> f64 {
    let users = data.evaluated(Split::Validation);
    let mut scores = Vec::new();
    let scorer = Scorer::new(policy, weights);
    policy_scores(&scorer, &data.dataset, &users, Split::Validation, &mut scores);
    let losses = users.iter().zip(scores.chunks_exact(data.dataset.n_items)).map(|(&user, row)| {
        let target = held_out(&data.dataset, user, Split::Validation).unwrap().target;
        let sum: f64 = row.iter().map(|&score| f64::from(score).exp()).sum();
        sum.ln() - f64::from(row[target as usize])
    });
    losses.sum::<f64>() / users.len() as f64
}

/// The evaluations of a cell, and the cross-entropy on validation before and after training.
fn train(loss: &str) -> (Vec<Evaluation>, [f64; 2]) {
    let world = World::of(
        "
title: test
dataset: {name: synthetic, synthetic: {users: 60, items: 90}}
model: {dim: 12, blocks: 1, heads: 2, feed_forward: 20, max_len: 12}
preference: {epochs: 2, batch_size: 16, learning_rate: 0.002}
sweep: {losses: [dpo], negatives: [3], seeds: [1]}
evaluation: {every: 4}",
    );
    let (policy, data) = (world.policy.as_ref(), &world.data);
    let tensors = world.reference.to_parameters(&Backend::Flex.device());
    let preference = world.experiment.preference.in_steps(data.windows.len());
    let loss: LossConfig = serde_saphyr::from_str(loss).unwrap();
    let cell = world.cell(&loss, &preference, 3);
    let mut found = Vec::new();
    let mut engine = HostEngine::new(policy, tensors.clone(), preference.optimizer());
    let cells = std::slice::from_ref(&cell);
    let watch = Stopwatch::start();
    let trained = train_cells_with(
        &mut engine,
        cells,
        &mut |_| (),
        &watch,
        &mut Checkpoint::off(),
        |_, evaluation| {
            found.push(evaluation);
            Ok(())
        },
    );
    assert_eq!(trained, [Ok::<(), NotFinite>(())]);
    let both = [tensors, engine.weights(0)];
    let both = both.map(|weights| cross_entropy(policy, &weights, data));
    assert_eq!(found.last().unwrap().step, 2 * data.windows.len().div_ceil(16), "two epochs");
    (found, both)
}

#[test]
fn that_of_supervised_training_is_the_cross_entropy() {
    let (evaluations, [before, after]) = train("sft");
    let [first, .., last] = &evaluations[..] else { panic!("{} evaluations", evaluations.len()) };
    assert!((first.validation_loss - before).abs() < 1e-5, "{} {before}", first.validation_loss);
    assert!((last.validation_loss - after).abs() < 1e-5, "{} {after}", last.validation_loss);
    let training = [&first.summary, &last.summary].map(|summary| summary.loss);
    assert!(training[1] < training[0] - 0.01, "{training:?}");
    assert_eq!(last.summary.effective_negatives, None, "no negative has weight");
}

#[test]
fn at_the_reference_it_is_the_known_constant() {
    for (loss, expected) in [
        ("dpo", 2.0_f64.ln()),
        ("s_dpo", 4.0_f64.ln()),
        ("ro_dpo: {pool: 10}", 2.0_f64.ln()),
        ("ada_dpo", 2.0_f64.ln()),
        ("c_dpo", 2.0_f64.ln()),
        ("robust_dpo", 2.0_f64.ln()),
        ("dpop", 2.0_f64.ln()),
        ("discopop", 2.0_f64.ln() / 2.0 + 0.5),
        ("hinge", 1.0),
        ("ipo: {beta: 0.5}", 1.0),
        ("nca", 4.0_f64.ln()),
        ("bco_pair", 4.0_f64.ln()),
        ("sppo_hard", 0.5),
        ("apo_zero", 1.0),
        ("apo_down", 1.0),
        ("ro_dpo: {deterministic: true}", 2.0_f64.ln()),
        ("dynamic_po: {over: dmpo, selection: random}", 2.0_f64.ln()),
    ] {
        let (evaluations, _) = train(loss);
        let found = evaluations[0].validation_loss;
        assert!((found - expected).abs() < 1e-9, "{loss}: {found}");
        let rest = &evaluations[1..];
        assert!(rest.iter().all(|e| e.validation_loss.is_finite() && e.validation_loss != found));
    }
}
