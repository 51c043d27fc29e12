//! Training on few users: what it sees, and which runs it makes.

use std::collections::BTreeSet;
use std::path::Path;

use prefsweep::data::{FewUsers, Prepared, States};
use prefsweep::evaluation::Baseline;
use prefsweep::experiment::{CellSpec, Experiment, Plan, PlannedCell, read_str};
use prefsweep::training::{
    Cell, Checkpoint, NotFinite, Stopwatch, hidden_states, train_cells_with, train_reference,
};
use prefsweep_policy::HostEngine;
use prefsweep_policy::device::Backend;
use proptest::prelude::*;
use serde_json::json;

const SEED: u64 = 3;
const WORLD: &str = "
title: test
dataset: {name: synthetic, synthetic: {users: 60, items: 90}}
model: {dim: 12, blocks: 1, heads: 2, feed_forward: 20, max_len: 12}
reference: {epochs: 2, batch_size: 8}
preference: {steps: 4, batch_size: 16, sampler: SAMPLER}
sweep: {losses: [dmpo], negatives: [3], seeds: [3]}
training: TRAINING";

fn experiment(training: &str, sampler: &str) -> Experiment {
    let yaml = WORLD.replace("TRAINING", training).replace("SAMPLER", sampler);
    read_str(&yaml, "test.yaml", &[]).unwrap()
}

fn load(experiment: &Experiment) -> Prepared {
    Prepared::load(&experiment.dataset, Path::new("."), experiment.model.max_len()).unwrap()
}

/// The same data with other items in the sequences of some users, as long as before.
fn with_other_items(
    experiment: &Experiment,
    data: &Prepared,
    of: impl Fn(u32) -> bool,
) -> Prepared {
    let mut dataset = data.dataset.clone();
    let n_items = dataset.n_items as u32;
    for (user, sequence) in (0..).zip(&mut dataset.sequences) {
        if of(user) {
            sequence.iter_mut().for_each(|item| *item = (*item + 7) % n_items);
        }
    }
    Prepared::new(dataset, &experiment.dataset, experiment.model.max_len()).unwrap()
}

/// Weights of the reference, and of a cell that starts there, both trained on few users.
fn train(experiment: &Experiment, data: &Prepared) -> [Vec<Vec<f32>>; 2] {
    let few = FewUsers::of(&experiment.training, data, SEED);
    let policy = experiment.model.build(data.catalogue(&experiment.model));
    let policy = policy.as_ref();
    let watch = Stopwatch::start();
    let trained = train_reference(
        policy,
        &experiment.reference,
        data,
        few.as_ref(),
        SEED,
        Backend::Flex,
        &mut |_| (),
        &watch,
        &mut Checkpoint::off(),
    );
    let reference = trained.unwrap().weights;
    let tensors = reference.to_parameters(&Backend::Flex.device());
    let cell = Cell {
        policy,
        data,
        few: few.as_ref(),
        reference: &reference,
        reference_states: States::Memory(&hidden_states(policy, &tensors, data)),
        baseline: &Baseline::new(policy, &tensors, data),
        preference: &experiment.preference,
        evaluation: &experiment.evaluation,
        loss: &experiment.sweep.losses[0],
        negatives: 3,
        seed: SEED,
        backend: Backend::Flex,
        keep_weights: false,
    };
    let mut engine = HostEngine::new(policy, tensors.clone(), experiment.preference.optimizer());
    let off = &mut Checkpoint::off();
    let trained = train_cells_with(&mut engine, &[cell], &mut |_| (), &watch, off, |_, _| Ok(()));
    assert_eq!(trained, [Ok::<(), NotFinite>(())]);
    [tensors.values(), prefsweep_policy::Engine::weights(&engine, 0).values()]
}

/// Neither stage reads what other users had, not even to count items for a sampler.
#[test]
fn other_users_do_not_matter() {
    for sampler in ["uniform", "popularity", "similarity", "in_batch", "hard"] {
        let experiment = experiment("{users: 10}", sampler);
        let data = load(&experiment);
        let few = FewUsers::of(&experiment.training, &data, SEED).unwrap();
        let windows = few.windows.iter().map(|&window| &data.windows[window as usize]);
        let users: BTreeSet<u32> = windows.map(|window| window.user).collect();
        assert_eq!(users.len(), 10);
        let trained = train(&experiment, &data);
        let others = with_other_items(&experiment, &data, |user| !users.contains(&user));
        assert!(trained == train(&experiment, &others), "{sampler}");
        let one = *users.first().unwrap();
        let changed = train(&experiment, &with_other_items(&experiment, &data, |user| user == one));
        assert!(trained[0] != changed[0] && trained[1] != changed[1], "{sampler}");
    }
}

fn plan(yaml: &str) -> Result<Plan, String> {
    let experiment = read_str(yaml, "test.yaml", &[]).map_err(|error| error.to_string())?;
    let data = load(&experiment);
    Plan::new(&experiment, &data, Backend::Flex).map_err(|error| error.to_string())
}

const SWEPT: &str = "
title: test
dataset: {name: synthetic, synthetic: {users: 60, items: 90}}
sweep:
  losses: [sft, dmpo]
  negatives: [1, 3]
  seeds: [1, 2]
  axes:
    training.users: [10, 30, all]
    training.stages: [both, preference]";

#[test]
fn every_number_of_users_has_references_of_its_own() {
    let plan = plan(SWEPT).unwrap();
    // 10 and 30 users, and all: those of all are also where the preference stage alone sees few.
    assert_eq!(plan.references.len(), 2 * 3);
    // Per seed and setting one sft and two dmpo; with all users the stages are the same.
    assert_eq!(plan.distinct_cells().len(), 2 * 3 * 5);
    let cell = |users: serde_json::Value, stages: &str| -> &PlannedCell {
        let found = plan.cells.iter().find(|cell| {
            cell.key.axes["training.users"] == users
                && cell.key.axes["training.stages"] == stages
                && (&cell.key.loss.name[..], cell.key.negatives, cell.key.seed) == ("dmpo", 3, 1)
        });
        found.unwrap()
    };
    let start = |cell: &PlannedCell| cell.spec.start_id.clone();
    let all = cell(json!("all"), "both");
    assert_eq!(all.id, cell(json!("all"), "preference").id);
    assert_eq!(cell(json!("all"), "preference").resolved, ["training.stages"]);
    let [few, alone] = ["both", "preference"].map(|stages| cell(json!(10), stages));
    assert_ne!(few.id, alone.id);
    assert_ne!(start(few), start(all));
    assert_eq!(start(alone), start(all));
    for reference in &plan.references {
        assert_eq!(reference.axes["training.users"], json!(reference.spec.training.users));
        assert_eq!(reference.axes.len(), 1);
    }
}

#[test]
fn all_users_are_what_nothing_was_said_of() {
    let without = SWEPT.split("  axes:").next().unwrap();
    let written = format!("{without}training: {{users: all, stages: preference}}\n");
    let ids = |yaml: &str| -> Vec<String> {
        plan(yaml).unwrap().cells.into_iter().map(|cell| cell.id).collect()
    };
    assert_eq!(ids(without), ids(&written));
    assert_eq!(ids(without)[..], ids(&SWEPT.replace("[10, 30, all]", "[all]"))[..8]);
}

#[test]
fn epochs_are_over_the_windows_of_these_users() {
    let yaml = SWEPT.replace("sweep:", "preference: {epochs: 3, batch_size: 4}\nsweep:");
    for cell in plan(&yaml).unwrap().cells {
        // Sequences are shorter than a window.
        let users = cell.spec.training.few().unwrap_or(60);
        assert_eq!(cell.spec.preference.steps(), 3 * users.div_ceil(4));
    }
}

#[test]
fn more_users_than_there_are_is_an_error() {
    let error = plan(&SWEPT.replace("[10, 30, all]", "[10, 61]")).unwrap_err();
    assert!(error.contains("sweep.axes.training.users"), "{error}");
    assert!(error.contains("found 61, allowed all, or at most 60"), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20))]

    /// A job reaches its worker as JSON.
    #[test]
    fn names_survive_json(users in 1_usize..60, alone in any::<bool>()) {
        let stages = if alone { "preference" } else { "both" };
        let yaml = format!("{}training: {{users: {users}, stages: {stages}}}\n", SWEPT.split("  axes:").next().unwrap());
        for cell in plan(&yaml).unwrap().cells {
            let sent: CellSpec =
                serde_json::from_str(&serde_json::to_string(&cell.spec).unwrap()).unwrap();
            prop_assert_eq!(sent.identity().id(), cell.id);
            prop_assert_eq!(sent.start.identity().id(), cell.spec.start_id);
        }
    }
}
