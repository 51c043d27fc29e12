//! How much the results of one device differ between repetitions, beside the variance over seeds.
//!
//! `spread FOLDER...` reads results folders of one experiment, each from a run of its own of the same
//! seeds, and prints a markdown table. As on a GPU:
//!
//! ```text
//! for run in 1 2 3; do
//!   cargo prefsweep run experiments/smoke.yaml --device wgpu --results runs/$run
//! done
//! cargo run --release --package prefsweep --example spread runs/*/smoke
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};
use prefsweep_store::{CellStatus, INDEX_FILE, Index, METRICS_FILE, RANKS_FILE, TRAJECTORY_FILE};

/// The outcome of one run.
struct Training {
    /// The training's name in the store: the same in every folder.
    id: String,
    /// Test NDCG@10, full ranking.
    ndcg: f64,
    /// Training loss since the evaluation before.
    loss: f64,
    /// The hash of every number that it wrote.
    bits: blake3::Hash,
}

/// By loss and K; then by seed; then one per run.
type Runs = BTreeMap<(String, usize), BTreeMap<u64, Vec<Training>>>;

fn main() -> anyhow::Result<()> {
    let folders: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    ensure!(folders.len() >= 2, "found {} results folders, allowed 2 or more", folders.len());
    let mut found = Runs::new();
    for folder in &folders {
        read(folder, &mut found).with_context(|| folder.display().to_string())?;
    }
    Ok(std::io::stdout().write_all(table(&found, folders.len())?.as_bytes())?)
}

fn read(folder: &Path, runs: &mut Runs) -> anyhow::Result<()> {
    let index: Index = serde_json::from_str(&std::fs::read_to_string(folder.join(INDEX_FILE))?)?;
    for cell in &index.cells {
        let name = cell.key.to_string();
        ensure!(cell.status == CellStatus::Complete, "{name} is not complete");
        let training = training(cell.id.clone(), &folder.join(&cell.dir)).with_context(|| name)?;
        let seeds = runs.entry((cell.key.series().to_string(), cell.key.negatives)).or_default();
        seeds.entry(cell.key.seed).or_default().push(training);
    }
    Ok(())
}

fn training(id: String, entry: &Path) -> anyhow::Result<Training> {
    let metrics = std::fs::read_to_string(entry.join(METRICS_FILE))?;
    let trajectory = std::fs::read_to_string(entry.join(TRAJECTORY_FILE))?;
    let value = |row: Option<&str>, column: usize| -> anyhow::Result<f64> {
        let cell = row.and_then(|row| row.split(',').nth(column)).context("no such row")?;
        Ok(cell.parse()?)
    };
    let ndcg = metrics.lines().rfind(|row| row.contains(",test,full,ndcg,10,"));
    let mut hasher = blake3::Hasher::new();
    for file in [METRICS_FILE, TRAJECTORY_FILE, RANKS_FILE] {
        hasher.update(&std::fs::read(entry.join(file))?);
    }
    Ok(Training {
        id,
        ndcg: value(ndcg, 5).context("NDCG@10")?,
        loss: value(trajectory.lines().last(), 1).context("training loss")?,
        bits: hasher.finalize(),
    })
}

fn table(found: &Runs, runs: usize) -> anyhow::Result<String> {
    let mut text = String::from(
        "| loss | K | seeds | runs | same to the bit | NDCG@10 | deviation of runs | of seeds \
         | runs / seeds | training loss | deviation of runs | of seeds | runs / seeds |\n\
         | :-- | --: | --: | --: | --: | --: | --: | --: | --: | --: | --: | --: | --: |\n",
    );
    for ((loss, negatives), seeds) in found {
        for (seed, of_seed) in seeds {
            if of_seed.len() != runs || of_seed.iter().any(|run| run.id != of_seed[0].id) {
                bail!("{loss}, K = {negatives}, seed {seed}: not the same run in every folder");
            }
        }
        let same = seeds.values().filter(|runs| {
            runs.iter().map(|run| run.bits.as_bytes()).collect::<BTreeSet<_>>().len() == 1
        });
        let same = same.count();
        let columns = [|t: &Training| t.ndcg, |t: &Training| t.loss].map(|pick| {
            let values: Vec<Vec<f64>> =
                seeds.values().map(|runs| runs.iter().map(pick).collect()).collect();
            let of_runs = pooled(values.iter());
            let transposed: Vec<Vec<f64>> =
                (0..runs).map(|run| values.iter().map(|seed| seed[run]).collect()).collect();
            let of_seeds = pooled(transposed.iter());
            let mean = values.concat().iter().sum::<f64>() / (runs * values.len()) as f64;
            let ratio =
                if of_seeds > 0.0 { format!("{:.3}", of_runs / of_seeds) } else { "–".into() };
            format!("{mean:.4} | {of_runs:.1e} | {of_seeds:.1e} | {ratio}")
        });
        let [ndcg, training_loss] = columns;
        text.push_str(&format!(
            "| {loss} | {negatives} | {0} | {runs} | {same} of {0} | {ndcg} | {training_loss} |\n",
            seeds.len()
        ));
    }
    Ok(text)
}

/// The standard deviation within groups of one size: the root of the mean of their variances. Zero
/// where a group is a single value.
fn pooled<'a>(groups: impl ExactSizeIterator<Item = &'a Vec<f64>>) -> f64 {
    let count = groups.len() as f64;
    let variance = |group: &Vec<f64>| {
        let mean = group.iter().sum::<f64>() / group.len() as f64;
        let squares: f64 = group.iter().map(|value| (value - mean).powi(2)).sum();
        squares / (group.len() as f64 - 1.0).max(1.0)
    };
    (groups.map(variance).sum::<f64>() / count).sqrt()
}
