//! The whole way, from an experiment to its report.

use std::path::{Path, PathBuf};

use crate::place::Workplace;
use prefsweep_policy::device::Backend;
use prefsweep_store::{BaselineStatus, CellStatus, INDEX_FILE, Index, LossKey};

#[test]
fn the_smoke_experiment_ends_in_a_report() {
    let place = Workplace::new();
    let experiment = concat!(env!("CARGO_MANIFEST_DIR"), "/../experiments/smoke.yaml");
    let ended = place.run(&["run", experiment, "--device", "flex"]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let rest = ended.stdout.strip_prefix("ANSWER\n- ").expect(&ended.stdout);
    let (answer, rest) = rest.split_once("\n\n").expect(&ended.stdout);
    assert!(answer.lines().filter(|line| line.starts_with("- ")).count() < 5, "{answer}");
    let (table, rest) = rest.split_once("\n\n").expect(&ended.stdout);
    let (warnings, path) = rest.rsplit_once("\n\n").unwrap_or(("", rest));
    assert!(warnings.lines().all(|line| line.starts_with("warning: ")), "{warnings}");
    assert!(table.starts_with("loss ") && table.contains("\nDynamicPO (S-DPO)  "), "{table}");
    assert_eq!(path, "report: results/smoke/report/report.html\n");

    let folder = place.path("results/smoke");
    let index: Index =
        serde_json::from_str(&std::fs::read_to_string(folder.join(INDEX_FILE)).unwrap()).unwrap();
    assert_eq!(index.cells.len(), 6 * 3 * 2);
    assert!(index.cells.iter().all(|cell| cell.status == CellStatus::Complete));
    let baselines = index.baselines.iter();
    let baselines: Vec<(&str, &BaselineStatus)> =
        baselines.map(|baseline| (&baseline.name[..], &baseline.status)).collect();
    let complete = ["popularity", "item_knn", "ease", "markov"];
    assert_eq!(baselines, complete.map(|name| (name, &BaselineStatus::Complete)));
    let report = std::fs::read_to_string(folder.join("report/report.md")).unwrap();
    assert!(report.contains("<summary>Reference and baselines</summary>"), "{report}");
    // A few epochs on 200 users: whether that is below a baseline is said in both places or in none.
    let warned = ended.stdout.contains("warning: the reference is below ");
    assert_eq!(warned, report.contains("**The reference is below "), "{}", ended.stdout);
    for name in [
        "forest.svg",
        "forest.png",
        "matrix.png",
        "paired.png",
        "ndcg_vs_loss.png",
        "boundary_weight.png",
    ] {
        let plot = folder.join("report/plots").join(name);
        assert!(std::fs::metadata(&plot).unwrap().len() > 1000, "{name} is not a picture");
    }
    for more in [&["markdown"][..], &["latex", "--all"], &["csv"]] {
        let table = place.run(&[&["table", experiment, "--format"], more].concat());
        assert_eq!(table.code, Some(0), "{}", table.stderr);
        assert!(table.stdout.lines().count() > 10);
    }
    let table = place.run(&["table", experiment, "--format", "latex"]).stdout;
    assert!(table.contains("\\begin{table}\n") && table.contains("\\label{tab:smoke}"), "{table}");
    let arguments = ["--metrics", "hr@10", "--k", "1,max", "--losses", "dmpo", "dynamic_po(dmpo)"];
    let table = place.run(&[&["table", experiment, "--format", "csv"], &arguments[..]].concat());
    let header = table.stdout.lines().next().unwrap();
    assert_eq!(header, "loss,\"HR@10, K = 1\",\"HR@10, max K\"");
    assert!(table.stdout.contains("\nDynamicPO (DMPO),0."), "{}", table.stdout);
    let wrong = place.run(&["table", experiment, "--metrics", "ndgc@10"]);
    assert_eq!(wrong.code, Some(2));
    assert!(wrong.stderr.contains("--metrics: found `ndgc@10`, allowed hr@"), "{}", wrong.stderr);
    for (width, points) in [("column", "240.9"), ("page", "504.5")] {
        let plots = place.run(&["plot", experiment, "--pdf", "--width", width]);
        let names = ["forest", "matrix", "paired"];
        let files = names.map(|name| format!("results/smoke/report/plots/{name}-{width}.pdf\n"));
        assert_eq!(plots.stdout, files.concat());
        let file = std::fs::read(place.path(files[0].trim_end())).unwrap();
        let text = String::from_utf8_lossy(&file);
        assert!(text.contains(&format!("/MediaBox [0 0 {points}")), "{width}: the page's size");
    }
}

/// At step 0 the policy is the reference: same ranks, no divergence, normalised loss one.
#[test]
fn every_cell_starts_at_its_reference() {
    let place = Workplace::new();
    let experiment = concat!(env!("CARGO_MANIFEST_DIR"), "/../experiments/smoke.yaml");
    assert_eq!(place.run(&["run", experiment, "--device", "flex", "--quiet"]).code, Some(0));
    let folder = place.path("results/smoke");
    let index: Index =
        serde_json::from_str(&std::fs::read_to_string(folder.join(INDEX_FILE)).unwrap()).unwrap();
    let read = |dir: &Path, file: &str| -> String {
        std::fs::read_to_string(folder.join(dir).join(file)).unwrap()
    };
    let values = |text: &str, step: &str| -> Vec<String> {
        let rows = text.lines().filter(|row| row.split(',').next() == Some(step));
        rows.map(|row| row.split_once(',').unwrap().1.to_owned()).collect()
    };
    let mut known = None;
    for cell in &index.cells {
        let reference = index.references.iter().find(|r| r.id == cell.reference).unwrap();
        let start = values(&read(&cell.dir, "metrics.csv"), "0");
        let mut of_reference = values(&read(&reference.dir, "metrics.csv"), "3");
        // Lists are kept of the last evaluation alone, which for a reference is this one.
        let of_lists = of_reference.split_off(start.len());
        assert_eq!(start, of_reference, "{}", cell.key);
        let names = of_lists.iter().map(|row| row.split(',').nth(2).unwrap());
        assert!(names.eq(["coverage", "mean_popularity", "gini"]), "{of_lists:?}");
        let trajectory = read(&cell.dir, "trajectory.csv");
        let columns: Vec<&str> = trajectory.lines().next().unwrap().split(',').collect();
        let row: Vec<&str> = trajectory.lines().nth(1).unwrap().split(',').collect();
        let value = |name: &str| -> f64 {
            row[columns.iter().position(|column| *column == name).unwrap()].parse().unwrap()
        };
        assert!((value("loss_normalised") - 1.0).abs() < 1e-4, "{}", cell.key);
        assert!(value("kl").abs() < 1e-9);
        // The closed forms at policy = reference, beta = 1: all K negatives have the same weight.
        let k = cell.key.negatives as f64;
        assert_eq!(value("saturated"), 0.0);
        let is = |name: &str| cell.key.loss == LossKey::new(name);
        if is("dpo") || is("s_dpo") || is("dmpo") {
            let one = if is("s_dpo") { 1.0 / (1.0 + k) } else { 0.5 / k };
            assert!((value("boundary_weight") - one).abs() < 1e-3 * one, "{}", cell.key);
            assert!((value("effective_negatives") - k).abs() < 1e-3 * k, "{}", cell.key);
        }
        // Nothing has moved; 5 % of the catalogue are liked, and some are drawn as negatives.
        assert!(value("liked_mass_lost").abs() < 1e-9);
        assert!((0.0..1.0).contains(&value("liked_mass")));
        // At K = 10 some ten thousand are drawn, of which about 60 are liked: four standard errors.
        if !is("ro_dpo") && cell.key.negatives == 10 {
            let (found, expected) = (value("false_negatives"), value("false_negatives_expected"));
            assert!((found - expected).abs() < 0.5 * expected, "{found} {expected}");
        }
        // Regret is the same NDCG short of the same ceiling for every cell of a reference.
        let ndcg = start.iter().find_map(|row| row.strip_prefix("test,full,ndcg,10,")).unwrap();
        let ceiling = ndcg.parse::<f64>().unwrap() + value("regret");
        assert!((0.0..=1.0).contains(&ceiling));
        assert!((ceiling - *known.get_or_insert(ceiling)).abs() < 1e-9, "one ceiling for all");
    }
}

/// The folder of the real data; a relative path starts at the project's root.
fn real_data() -> PathBuf {
    const VARIABLE: &str = "PREFSWEEP_DATA_DIR";
    const DEFAULT: &str = "../shared/datasets";
    let project = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a crate of the workspace");
    let variable = std::env::var_os(VARIABLE).filter(|value| !value.is_empty());
    let folder = project.join(variable.as_deref().unwrap_or(DEFAULT.as_ref()));
    let file = folder.join("ml-100k.inter");
    assert!(
        file.is_file(),
        "{} is missing: set {VARIABLE} to the folder that contains ml-100k.inter (default: {DEFAULT}, \
         relative to the root of the project)",
        file.display()
    );
    folder
}

#[test]
#[ignore = "the licence of MovieLens does not allow the file in the repository"]
fn movielens_100k_runs_from_its_file() {
    let folder = real_data();
    let folder = folder.to_str().expect("a path in UTF-8");
    let place = Workplace::new();
    let experiment = concat!(env!("CARGO_MANIFEST_DIR"), "/../experiments/ml-100k.yaml");
    let small = [
        "model.dim=8",
        "model.blocks=1",
        "reference.epochs=1",
        "preference.epochs=null",
        "preference.steps=2",
        "sweep.losses=[dmpo]",
        "sweep.negatives=[3]",
        "sweep.seeds=[1]",
    ];
    let mut arguments =
        vec!["run", experiment, "--device", "flex", "--data-dir", folder, "--name", "small"];
    arguments.extend(small.iter().flat_map(|set| ["--set", set]));
    let ended = place.run(&arguments);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(ended.stderr.contains("(943 users, 1682 items)"), "{}", ended.stderr);
}

/// The settings that the shipped experiments leave at their defaults.
#[test]
fn every_setting_can_be_used() {
    let place = Workplace::new();
    let device = if Backend::Ndarray.is_built() { "ndarray" } else { "flex" };
    place.file(
        "all.yaml",
        &"title: All settings
dataset:
  name: synthetic
  min_interactions: 6
  synthetic: {users: 60, items: 90, seed: 3}
  candidates: {negatives: 9, seed: 4}
model: {dim: 8, blocks: 1, heads: 2, feed_forward: 12, max_len: 7}
reference:
  objective: bce
  epochs: 6
  early_stopping: {patience: 1, every: 2}
  batch_size: 16
  learning_rate: 0.01
  weight_decay: 0.01
  dropout: 0.1
  targets: last
preference:
  steps: 5
  batch_size: 16
  learning_rate: 0.01
  warmup: 0.2
  schedule: cosine
  weight_decay: 0.01
  gradient_clip: 0.3
  beta: 0.5
  dropout: 0.1
  targets: last
sweep:
  losses: [{dynamic_po: {over: s_dpo, selection: all, c: 6.0}}, {ro_dpo: {pool: 9, refresh: 2, temperature: 0.5}}]
  negatives: [2]
  seeds: [1]
  axes: {preference.beta: [0.5, 1.0], reference.objective: [bce, cross_entropy]}
evaluation: {every: 2, cutoffs: [3, 10]}
device: NAME
"
        .replace("NAME", device),
    );
    let ended = place.run(&["run", "all.yaml"]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(ended.stderr.contains(&format!("device {device}")), "{}", ended.stderr);
    for row in [
        "DynamicPO (S-DPO, c = 6, selection = all) 0.5 bce ",
        "RoDPO (pool = 9, refresh = 2, temperature = 0.5) 1 cross_entropy ",
    ] {
        let words: Vec<&str> = ended.stdout.split_whitespace().collect();
        assert!(words.join(" ").contains(row), "no {row} in {}", ended.stdout);
    }
    let references = std::fs::read_dir(place.path("results/store/references")).unwrap();
    assert_eq!(references.count(), 2, "one per objective");
    for reference in std::fs::read_dir(place.path("results/store/references")).unwrap() {
        let training = reference.unwrap().path().join("training.csv");
        let training = std::fs::read_to_string(training).unwrap();
        assert!(training.lines().count() >= 3, "early stopping was evaluated:\n{training}");
    }
}
