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
            ("dpo, K = 1, seed 1", "95f53dedbfe9fb22"),
            ("s_dpo, K = 20, seed 5", "df379653db905f4f"),
            ("dmpo, K = 20, seed 1", "e1667062fdd5e651"),
            ("ro_dpo, K = 5, seed 2", "8f04559a6f408a00"),
            ("dynamic_po(dmpo), K = 10, seed 3", "a92be4e18718d091"),
            ("dynamic_po(s_dpo), K = 3, seed 4", "117a2cb94a3e20d1"),
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
        ("dpo, K = 1, seed 1", "7e1904168a18cdda"),
        ("s_dpo, K = 20, seed 5", "e53d8e0663c6f40b"),
        ("ro_dpo, K = 5, seed 2", "c72f246f0c0e6f56"),
        ("dynamic_po(s_dpo), K = 3, seed 4", "97937d7d611127ca"),
    ];
    assert_ids(&committed("collapse.yaml"), &expected);
}

#[test]
fn the_smoke_experiment_keeps_its_ids() {
    let expected = [
        ("dmpo, K = 1, seed 1", "125707af9bbb3961"),
        ("dynamic_po(s_dpo), K = 10, seed 2", "2e15a8e24be176d0"),
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
                "7bc15ff22c2669b8",
            ),
            (
                "cpo, learning_rate=0.00046415888336127773, sampler=popularity(0.5), K = 3, seed 7",
                "076c51930cd830ca",
            ),
            (
                "dynamic_po(dmpo, c=4, selection=all), learning_rate=0.00046415888336127773, \
                 sampler=hard(50), K = 3, seed 7",
                "b6b5ad464929fb12",
            ),
            (
                "dynamic_po(dpo, margin=fixed), learning_rate=0.00046415888336127773, \
                 sampler=uniform, K = 3, seed 7",
                "bb9a0c6383e635fe",
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
validation_loss.version=2
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
    assert_eq!(spec.identity().id(), "c480031c0a2520f2");
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
            ("dpo, model.features=none, K = 3, seed 7", "38cb8897f5e657e5"),
            ("dpo, model.features(dense=true), K = 3, seed 7", "e76fc79fa1c9c250"),
            ("dpo, model.features(dense=true, ids=false), K = 3, seed 7", "fbb7c1d24fd8ceaf"),
        ],
    );
}
