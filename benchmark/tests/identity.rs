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

/// The first main experiment, on a smaller world.
#[test]
fn an_earlier_main_experiment_keeps_its_ids() {
    let plan = written(
        "
title: Identities
dataset: {name: synthetic}
model: {dim: 32, blocks: 2, heads: 2, feed_forward: 32, max_len: 40}
reference: {objective: cross_entropy, epochs: 40}
preference: {steps: 120, batch_size: 128, learning_rate: 5.0e-4, beta: 1.0}
sweep:
  losses: [dpo, s_dpo, dmpo, ro_dpo, dynamic_po: {over: dmpo}, dynamic_po: {over: s_dpo}]
  negatives: [1, 3, 5, 10, 15, 20]
  seeds: [1, 2, 3, 4, 5]
evaluation: {every: 10, cutoffs: [1, 5, 10, 20]}
",
    );
    assert_ids(
        &plan,
        &[
            ("dpo, K = 1, seed 1", "d8f99021c9e26cce"),
            ("s_dpo, K = 20, seed 5", "219a28591a954a90"),
            ("dmpo, K = 20, seed 1", "4e7453be42a7d029"),
            ("ro_dpo, K = 5, seed 2", "b2ff07f66e70f376"),
            ("dynamic_po(dmpo), K = 10, seed 3", "7124edfcb8299ebc"),
            ("dynamic_po(s_dpo), K = 3, seed 4", "65186baf18547ce3"),
        ],
    );
    let references: Vec<&str> =
        plan.references.iter().map(|reference| reference.id.as_str()).collect();
    assert_eq!(
        references,
        [
            "33dbf14d366a1fcf",
            "5667d3a0afdb85da",
            "e14d6ed28ddc3a0e",
            "c496f012da7c4e7a",
            "7dfdab6e810d91f7"
        ]
    );
}

#[test]
fn the_main_experiment_keeps_its_ids() {
    let expected = [
        ("dpo, K = 1, seed 1", "d3103d1be8097824"),
        ("s_dpo, K = 20, seed 5", "f90ca9e1dfb763ee"),
        ("ro_dpo, K = 5, seed 2", "2b64cfced2bb594f"),
        ("dynamic_po(s_dpo), K = 3, seed 4", "146b8c3504be63ce"),
    ];
    assert_ids(&committed("collapse.yaml"), &expected);
}

#[test]
fn the_smoke_experiment_keeps_its_ids() {
    let expected = [
        ("dmpo, K = 1, seed 1", "4b39d3691fe28d2f"),
        ("dynamic_po(s_dpo), K = 10, seed 2", "aa458a134610ac64"),
    ];
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
            (
                "sim_po, learning_rate=0.00046415888336127773, sampler=uniform, K = 3, seed 7",
                "204fad376aae0852",
            ),
            (
                "cpo, learning_rate=0.00046415888336127773, sampler=popularity(0.5), K = 3, seed 7",
                "a4591b3ad8b4e4ea",
            ),
            (
                "dynamic_po(dmpo, c=4, selection=all), learning_rate=0.00046415888336127773, \
                 sampler=hard(50), K = 3, seed 7",
                "ffde2c301469b2a3",
            ),
            (
                "dynamic_po(dpo, margin=fixed), learning_rate=0.00046415888336127773, \
                 sampler=uniform, K = 3, seed 7",
                "184540d25fd97ce4",
            ),
        ],
    );
}

/// What names a reference model.
const REFERENCE: &str = r#"reference=3
backend="flex"
data="bce2160ebf439ed19e303f3fb2585aa0f8c64465917dc9fbcf055c09a003dc03"
candidates="3dc78e94271d7520c2bda67e5edde1a80ff8d1cd4e1fa0f5595bf75846c0fd3f"
model.dim=16
model.blocks=1
model.heads=2
model.feed_forward=16
model.max_len=20
reference.objective="cross_entropy"
reference.epochs=3
reference.early_stopping="none"
reference.batch_size=128
reference.learning_rate=3f50624dd2f1a9fc
reference.weight_decay=0000000000000000
reference.dropout=3fc999999999999a
reference.targets="all"
cutoffs=[1,10]
seed=2
"#;

/// What names a cell.
const CELL: &str = r#"cell=3
start="e36f4093fc65ae09"
preference.steps=6
preference.batch_size=64
preference.learning_rate=3f40624dd2f1a9fc
preference.warmup=0000000000000000
preference.schedule="constant"
preference.weight_decay=0000000000000000
preference.gradient_clip=none
preference.beta=3ff0000000000000
preference.dropout=0000000000000000
preference.targets="all"
preference.sampler.name="uniform"
evaluation.every=3
evaluation.cutoffs=[1,10]
loss.loss="ro_dpo"
loss.pool=50
loss.refresh=1
loss.temperature=none
negatives=3
"#;

/// The whole text that is hashed: numbers with a fraction as their bits.
#[test]
fn an_identity_is_this_text() {
    let plan = committed("smoke.yaml");
    let cell = plan.cells.iter().find(|cell| cell.key.to_string() == "ro_dpo, K = 3, seed 2");
    let spec = &cell.unwrap().spec;
    assert_eq!(spec.start.identity().text(), REFERENCE);
    assert_eq!(spec.identity().text(), CELL);
    assert!(CELL.contains(&spec.start.identity().id()));
    assert_eq!(spec.identity().id(), "90a0ec8b4cf43883");
}

#[test]
fn features_of_items_keep_their_ids() {
    let plan = written(
        "
title: Identities
dataset: {name: synthetic, synthetic: {users: 60, items: 90}}
sweep:
  losses: [dpo]
  negatives: [3]
  seeds: [7]
  axes: {model.features: [null, {dense: true}, {ids: false, dense: true}]}
",
    );
    assert_ids(
        &plan,
        &[
            ("dpo, model.features=none, K = 3, seed 7", "c55a645a5d6b72e5"),
            ("dpo, model.features(dense=true), K = 3, seed 7", "ceb98a4b5653d44e"),
            ("dpo, model.features(dense=true, ids=false), K = 3, seed 7", "a74f246a667db0b7"),
        ],
    );
}
