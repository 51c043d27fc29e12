//! What names the runs of today's experiments.
//!
//! A result is found again by the id of its run. A changed id makes everybody's results be trained
//! again, so these are written down: change one only where the numbers behind it have changed.

use std::collections::BTreeMap;
use std::path::Path;

use prefsweep::data::Prepared;
use prefsweep::experiment::{Experiment, Plan, read, read_str};
use prefsweep_policy::device::Backend;

fn plan(experiment: &Experiment) -> Plan {
    let length = experiment.model.max_len();
    let data = Prepared::load(&experiment.dataset, Path::new("."), length).unwrap();
    Plan::new(experiment, &data, Backend::Flex).unwrap()
}

fn committed(name: &str) -> Plan {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../experiments").join(name);
    plan(&read(&path, &[]).unwrap())
}

fn written(yaml: &str) -> Plan {
    plan(&read_str(yaml, "test.yaml", &[]).unwrap())
}

/// Asserts what the plan calls some of its cells, each by its key in words.
fn assert_ids(plan: &Plan, expected: &[(&str, &str)]) {
    let ids: BTreeMap<String, &str> =
        plan.cells.iter().map(|cell| (cell.key.to_string(), cell.id.as_str())).collect();
    assert_eq!(ids.len(), plan.cells.len(), "every cell has a key of its own");
    let found: Vec<(&str, &str)> =
        expected.iter().map(|(key, _)| (*key, *ids.get(*key).unwrap_or(&"no such cell"))).collect();
    assert_eq!(found, expected);
}

#[test]
fn the_main_experiment_keeps_its_ids() {
    let plan = committed("collapse.yaml");
    assert_ids(
        &plan,
        &[
            ("dpo, K = 1, seed 1", ""),
            ("s_dpo, K = 20, seed 5", ""),
            ("dmpo, K = 20, seed 1", ""),
            ("ro_dpo, K = 5, seed 2", ""),
            ("dynamic_po(dmpo), K = 10, seed 3", ""),
            ("dynamic_po(s_dpo), K = 3, seed 4", ""),
        ],
    );
    let references: Vec<&str> =
        plan.references.iter().map(|reference| reference.id.as_str()).collect();
    assert_eq!(references, [""; 5]);
}

#[test]
fn the_smoke_experiment_keeps_its_ids() {
    let expected = [("dmpo, K = 1, seed 1", ""), ("dynamic_po(s_dpo), K = 10, seed 2", "")];
    assert_ids(&committed("smoke.yaml"), &expected);
}

#[test]
fn axes_modifiers_and_samplers_keep_their_ids() {
    let plan = written(
        "
title: Identities
dataset: {name: synthetic, synthetic: {users: 60, items: 90}}
reference: {early_stopping: {patience: 2}, objective: bce}
preference: {schedule: cosine, gradient_clip: 1.0, targets: last}
sweep:
  losses: [sim_po, cpo, dynamic_po: {over: dmpo, selection: all, c: 4.0}, dynamic_po: {over: dpo, margin: fixed}]
  negatives: [3]
  seeds: [7]
  axes:
    preference.sampler: [uniform, popularity: {exponent: 0.5}, hard]
    preference.learning_rate: [0.00046415888336127773]
",
    );
    assert_ids(
        &plan,
        &[
            ("sim_po, learning_rate=0.00046415888336127773, sampler=uniform, K = 3, seed 7", ""),
            (
                "cpo, learning_rate=0.00046415888336127773, sampler=popularity(0.5), K = 3, seed 7",
                "",
            ),
            (
                "dynamic_po(dmpo, c=4, selection=all), learning_rate=0.00046415888336127773, \
                 sampler=hard(50), K = 3, seed 7",
                "",
            ),
            (
                "dynamic_po(dpo, margin=fixed), learning_rate=0.00046415888336127773, \
                 sampler=uniform, K = 3, seed 7",
                "",
            ),
        ],
    );
}

/// The whole text that is hashed: numbers with a fraction as their bits.
#[test]
fn an_identity_is_this_text() {
    let plan = committed("smoke.yaml");
    let cell = plan.cells.iter().find(|cell| cell.key.to_string() == "ro_dpo, K = 3, seed 2");
    let spec = &cell.unwrap().spec;
    assert_eq!(spec.start.identity().text(), "");
    assert_eq!(spec.identity().text(), "");
    assert!(spec.identity().text().contains(&spec.start.identity().id()));
}
