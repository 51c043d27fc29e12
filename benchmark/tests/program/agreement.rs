//! The same science on a graphics adapter as on the CPU: whole training runs, beside the variance over seeds.
//!
//! Both run the same specification with the same random streams, so what differs is rounding, and
//! what training makes of it. The yardstick is the standard deviation over seeds, for that is the
//! noise against which the report tests: a difference of a tenth of it moves the mean of five seeds
//! by 0.1 sqrt(5) = 0.22 of its standard error, so that no verdict hangs on the device.
//!
//! RoDPO draws its negatives from the policy's own top items: a rounding error that swaps two items
//! at the pool's edge changes what is drawn from then on, and the two runs diverge as two
//! streams of negatives do. One standard deviation is allowed there, and fewer equal ranks.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;

use polars::prelude::*;
use prefsweep_policy::device::Probe;
use prefsweep_store::{INDEX_FILE, Index};

use crate::place::{Workplace, not_run};

const EXPERIMENT: &str = "title: Agreement
dataset: {name: synthetic, synthetic: {users: 150, items: 120}}
model: {dim: 16, blocks: 1, heads: 2, feed_forward: 16, max_len: 20}
reference: {epochs: 8, batch_size: 32}
preference: {steps: 20, batch_size: 32, learning_rate: 2.0e-3}
sweep:
  losses: [dpo, s_dpo, dmpo, ro_dpo, dynamic_po: {over: dmpo}, dynamic_po: {over: s_dpo}]
  negatives: [5]
  seeds: [1, 2, 3, 4, 5]
evaluation: {every: 20, cutoffs: [10]}
";

/// The outcome of one run.
struct Outcome {
    /// Test NDCG@10, full ranking.
    ndcg: f64,
    /// Test ranks of all users, full ranking, at the start and at the end.
    ranks: [Vec<f32>; 2],
}

/// The runs of a result by loss and seed, the reference as the loss `reference`.
fn runs(folder: &Path) -> BTreeMap<(String, u64), Outcome> {
    let text = std::fs::read_to_string(folder.join(INDEX_FILE)).unwrap();
    let index: Index = serde_json::from_str(&text).unwrap();
    let cells =
        index.cells.iter().map(|cell| (cell.key.loss.to_string(), cell.key.seed, &cell.dir));
    let references =
        index.references.iter().map(|entry| ("reference".to_owned(), entry.seed, &entry.dir));
    cells
        .chain(references)
        .map(|(loss, seed, dir)| ((loss, seed), read(&folder.join(dir))))
        .collect()
}

fn read(entry: &Path) -> Outcome {
    let metrics = std::fs::read_to_string(entry.join("metrics.csv")).unwrap();
    let row = metrics.lines().rfind(|row| row.contains(",test,full,ndcg,10,")).unwrap();
    let ndcg = row.rsplit(',').next().unwrap().parse().unwrap();
    let frame = ParquetReader::new(File::open(entry.join("ranks.parquet")).unwrap());
    let frame = frame.finish().unwrap();
    let words = |name: &str| frame.column(name).unwrap().str().unwrap().clone();
    let (split, protocol) = (words("split"), words("protocol"));
    let step = frame.column("step").unwrap().u32().unwrap();
    let rank = frame.column("rank").unwrap().f32().unwrap();
    let wanted: Vec<usize> = (0..frame.height())
        .filter(|&row| split.get(row) == Some("test") && protocol.get(row) == Some("full"))
        .collect();
    let at = |wanted_step: Option<u32>| -> Vec<f32> {
        let rows = wanted.iter().filter(|&&row| step.get(row) == wanted_step);
        rows.map(|&row| rank.get(row).unwrap()).collect()
    };
    Outcome { ndcg, ranks: [at(step.min()), at(step.max())] }
}

fn share_equal(a: &[f32], b: &[f32]) -> f64 {
    assert!(!a.is_empty() && a.len() == b.len());
    a.iter().zip(b).filter(|(a, b)| a == b).count() as f64 / a.len() as f64
}

fn standard_deviation(values: &[f64]) -> f64 {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    (squares / (values.len() as f64 - 1.0)).sqrt()
}

/// Two seeds on the adapter against the same two of five on flex. With nothing compiled yet a
/// software adapter takes about two minutes for it.
#[test]
fn runs_on_wgpu_end_where_those_on_flex_do() {
    let adapters = Probe::new(assert_cmd::cargo::cargo_bin!("prefsweep")).adapters();
    if !adapters.as_ref().is_ok_and(|adapters| adapters.iter().any(|a| a.has_name_in_burn())) {
        not_run(&format!("no graphics adapter ({adapters:?})"));
        return;
    }
    let place = Workplace::new();
    place.file("agreement.yaml", EXPERIMENT);
    let run = |name: &str, more: &[&str]| {
        let arguments = ["run", "agreement.yaml", "--results", name, "--quiet"];
        let ended = place.run(&[&arguments, more].concat());
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        runs(&place.path(name).join("agreement"))
    };
    // A seed's cells are five with the same negatives, trained four and one at once, and RoDPO's.
    let flex = run("flex", &["--device", "flex"]);
    let on_adapter = ["--device", "wgpu", "--allow-software-gpu", "--workers", "2"];
    let two = ["--set", "sweep.seeds=[1, 2]", "--name", "agreement"];
    let wgpu = run("wgpu", &[&on_adapter[..], &two].concat());
    let at_once = run("at-once", &[&on_adapter[..], &two, &["--at-once", "4"]].concat());
    for ((loss, seed), on_wgpu) in wgpu.iter().chain(&at_once) {
        let on_flex = &flex[&(loss.clone(), *seed)];
        let over_seeds: Vec<f64> = flex
            .iter()
            .filter(|((of, _), _)| of == loss)
            .map(|(_, outcome)| outcome.ndcg)
            .collect();
        assert_eq!(over_seeds.len(), 5);
        let spread = standard_deviation(&over_seeds);
        let moved = (on_wgpu.ndcg - on_flex.ndcg).abs() / spread;
        let equal = share_equal(&on_wgpu.ranks[1], &on_flex.ranks[1]);
        let (most_moved, least_equal) = if loss == "ro_dpo" { (1.0, 0.8) } else { (0.1, 0.99) };
        eprintln!("{loss}, seed {seed}: {moved:.3} standard deviations, {equal:.3} ranks equal");
        assert!(moved <= most_moved, "{loss}, seed {seed}: NDCG@10 off by {moved} deviations");
        assert!(equal >= least_equal, "{loss}, seed {seed}: only {equal} of the ranks are equal");
        // Otherwise equal ranks would say nothing: training changed most of them, and other seeds
        // give others.
        let other = &flex[&(loss.clone(), 3 - seed)];
        let by_seed = share_equal(&on_wgpu.ranks[1], &other.ranks[1]);
        assert!(by_seed < 0.5, "{loss}: two seeds have {by_seed} of the ranks in common");
        if loss != "reference" {
            let kept = share_equal(&on_wgpu.ranks[0], &on_wgpu.ranks[1]);
            assert!(kept < 0.8, "{loss}, seed {seed}: training kept {kept} of the ranks");
        }
    }
    assert_eq!([wgpu.len(), at_once.len()], [2 * (1 + 6); 2]);
}
