//! What a cell is: two spellings of one setting are one setting, and numbers count to their last bit.

use std::fs;

use prefsweep_store::{CellStatus, INDEX_FILE, Index};

use crate::place::Workplace;

/// With these axes.
fn experiment(axes: &str) -> String {
    format!(
        "title: Case
dataset: {{name: synthetic, synthetic: {{users: 120, items: 80}}}}
model: {{dim: 8, blocks: 1, heads: 1, feed_forward: 8, max_len: 12}}
reference: {{epochs: 2}}
preference: {{steps: 6, batch_size: 32}}
sweep: {{losses: [dpo], negatives: [1], seeds: [1], axes: {{{axes}}}}}
evaluation: {{every: 3, cutoffs: [1, 10]}}
"
    )
}

/// The complaint about these axes, before anything was trained.
fn complaint(axes: &str) -> String {
    let place = Workplace::new();
    place.file("experiment.yaml", &experiment(axes));
    let ended = place.run(&["run", "experiment.yaml", "--device", "flex"]);
    assert_eq!(ended.code, Some(2), "{}{}", ended.stdout, ended.stderr);
    assert!(ended.stderr.contains("experiment.yaml:6"), "{}", ended.stderr);
    assert!(!place.path("results/store/references").exists(), "something was trained");
    ended.stderr
}

/// Values as numpy's geomspace and logspace write them.
#[test]
fn numbers_with_seventeen_digits_are_trained_once() {
    const VALUES: &str = "[0.0001, 0.00046415888336127773, 1.2589254117941675e-05]";
    // Four baselines, references and cells.
    for (setting, runs) in
        [("preference.learning_rate", 4 + 1 + 3), ("reference.learning_rate", 4 + 2 * 3)]
    {
        let place = Workplace::new();
        place.file("experiment.yaml", &experiment(&format!("{setting}: {VALUES}")));
        let run = || {
            let ended = place.run(&["run", "experiment.yaml", "--device", "flex"]);
            assert_eq!(ended.code, Some(0), "{}", ended.stderr);
            ended
        };
        assert!(run().stderr.contains(&format!("{runs} of {runs} ")));
        let index = fs::read_to_string(place.path("results/experiment").join(INDEX_FILE)).unwrap();
        let index: Index = serde_json::from_str(&index).unwrap();
        let values: Vec<f64> =
            index.cells.iter().map(|cell| cell.key.axes[setting].as_f64().unwrap()).collect();
        assert_eq!(values, serde_json::from_str::<Vec<f64>>(VALUES).unwrap());
        assert!(index.cells.iter().all(|cell| cell.status == CellStatus::Complete));
        let again = run();
        assert!(again.stderr.contains(&format!("0 of {runs} ")), "{}", again.stderr);
        for value in ["0.0001", "0.00046415888336127773", "0.000012589254117941675"] {
            let row = |row: &str| row.split_whitespace().take(2).eq(["DPO", value]);
            assert!(again.stdout.lines().any(row), "no DPO {value} in {}", again.stdout);
        }
        let plan = place.run(&["plan", "experiment.yaml", "--device", "flex"]);
        assert!(plan.stdout.contains("nothing left to do"), "{}", plan.stdout);
    }
}

#[test]
fn one_value_in_two_spellings_is_refused() {
    let error = complaint("preference.beta: [1, 1.0]");
    assert!(error.contains("sweep.axes.preference.beta"), "{error}");
    assert!(error.contains("found 1 twice"), "{error}");
    let error = complaint(
        "reference.early_stopping: [null, {patience: 2}, {patience: 2, every: 1}], \
         preference.gradient_clip: [null, 1.0]",
    );
    assert!(error.contains("sweep.axes.reference.early_stopping"), "{error}");
    assert!(error.contains("found every=1, patience=2 twice"), "{error}");
}

#[test]
fn an_axis_inside_another_is_refused() {
    let error = complaint(
        "preference.sampler: [popularity: {exponent: 0.5}, popularity: {exponent: 0.75}], \
         preference.sampler.popularity.exponent: [0.1, 1.0]",
    );
    assert!(error.contains("sweep.axes.preference.sampler.popularity.exponent"), "{error}");
    assert!(error.contains("`preference.sampler`, which holds this setting"), "{error}");
}

/// In labels and in tables.
#[test]
fn a_value_of_several_settings_stays_together() {
    let place = Workplace::new();
    let axes = "reference.early_stopping: [null, {patience: 2}]";
    place.file("experiment.yaml", &experiment(axes));
    let ended = place.run(&["run", "experiment.yaml", "--device", "flex"]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let label = "] dpo, reference.early_stopping(every=1, patience=2), K = 1, seed 1: ";
    assert!(ended.stderr.contains(label), "{}", ended.stderr);
    assert!(ended.stdout.contains("\nloss  reference.early_stopping  K*  "), "{}", ended.stdout);
    assert!(ended.stdout.contains("\nDPO   every=1, patience=2       "), "{}", ended.stdout);
}
