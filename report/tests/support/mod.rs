//! A synthetic results folder with numbers that are known exactly.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use polars::prelude::*;
use prefsweep_store::{
    CellEntry, CellKey, CellStatus, DatasetFacts, Direction, INDEX_FILE, INDEX_FORMAT, Index,
    LossKey, METRICS_COLUMNS, METRICS_FILE, MetricFacts, PROVENANCE_FILE, PopularityEntry,
    Provenance, RANKS_FILE, ReferenceEntry, ReportSettings, Seconds, TRAJECTORY_COLUMNS,
    TRAJECTORY_FILE,
};
use serde_json::Value;

/// The axis of [`World::betas`].
pub(crate) const BETA: &str = "preference.beta";

/// What to build.
pub(crate) struct World {
    pub(crate) losses: Vec<LossKey>,
    pub(crate) negatives: Vec<usize>,
    pub(crate) seeds: Vec<u64>,
    pub(crate) cutoffs: Vec<usize>,
    /// Number of evaluations after step 0.
    pub(crate) evaluations: u32,
    /// Variation of one seed between numbers of negatives.
    pub(crate) jitter: f64,
    /// Values of the additional axis [`BETA`]; empty for none.
    pub(crate) betas: Vec<f64>,
    /// Rank of the first user at K = 1; every other user's is one more than the one before.
    pub(crate) first_rank: f32,
}

impl World {
    /// Six losses, six numbers of negatives, three seeds: a whole sweep.
    pub(crate) fn standard() -> Self {
        Self {
            losses: ["dpo", "s_dpo", "dmpo", "ro_dpo"]
                .map(LossKey::new)
                .into_iter()
                .chain(["dmpo", "s_dpo"].map(dynamic_po))
                .collect(),
            negatives: vec![1, 3, 5, 10, 15, 20],
            seeds: vec![11, 12, 13],
            cutoffs: vec![1, 5, 10, 20],
            evaluations: 20,
            jitter: 0.0004,
            betas: Vec::new(),
            first_rank: 6.0,
        }
    }

    /// Two losses, two numbers of negatives, three seeds, no jitter: numbers for golden files.
    pub(crate) fn small() -> Self {
        Self {
            losses: ["dmpo", "s_dpo"].map(LossKey::new).to_vec(),
            negatives: vec![1, 10],
            seeds: vec![11, 12, 13],
            cutoffs: vec![1, 10],
            evaluations: 2,
            jitter: 0.0,
            betas: Vec::new(),
            first_rank: 6.0,
        }
    }

    /// Writes the folder and gives back its index.
    pub(crate) fn write(&self, dir: &Path) -> Index {
        let references: Vec<ReferenceEntry> = self
            .seeds
            .iter()
            .map(|seed| ReferenceEntry {
                id: format!("reference-{seed}"),
                seed: *seed,
                axes: BTreeMap::new(),
                dir: PathBuf::from(format!("references/{seed}")),
                status: CellStatus::Complete,
            })
            .collect();
        for entry in &references {
            let rows = self.metrics(500, START + self.offset(entry.seed));
            write_metrics(&dir.join(&entry.dir), &[rows]);
        }
        let popularity = PathBuf::from("popularity");
        write_metrics(&dir.join(&popularity), &[self.metrics(0, 0.021)]);
        let index = Index {
            format: INDEX_FORMAT,
            experiment: "collapse".to_owned(),
            title: "Does ranking fall while training loss falls?".to_owned(),
            predictions: Vec::new(),
            question: "Do more negatives make the ranking worse although the loss improves?"
                .to_owned(),
            command: None,
            source: None,
            imported: None,
            dataset: DatasetFacts {
                name: "synthetic-small".to_owned(),
                trained_on: None,
                users: 1200,
                items: 800,
                interactions: 45_000,
                fingerprint: "a1b2c3".to_owned(),
                with_more: Vec::new(),
                candidates_fingerprint: "d4e5f6".to_owned(),
                source: "generated, no licence needed".to_owned(),
                left_out: None,
                dropped: None,
                leaks: Vec::new(),
                evaluated: None,
                published: Vec::new(),
                people: Vec::new(),
                cold: None,
            },
            model: None,
            cutoffs: self.cutoffs.clone(),
            metrics: metrics(),
            report: ReportSettings::default(),
            tuning_seeds: Vec::new(),
            cells: self.cells(),
            references,
            baselines: Vec::new(),
            popularity: Some(PopularityEntry { dir: popularity }),
        };
        for cell in &index.cells {
            self.write_cell(&dir.join(&cell.dir), cell);
        }
        write_index(dir, &index);
        index
    }

    fn cells(&self) -> Vec<CellEntry> {
        let mut cells = Vec::new();
        let axes: Vec<BTreeMap<String, Value>> = if self.betas.is_empty() {
            vec![BTreeMap::new()]
        } else {
            let one = |beta: &f64| BTreeMap::from([(BETA.to_owned(), (*beta).into())]);
            self.betas.iter().map(one).collect()
        };
        for loss in &self.losses {
            for axes in &axes {
                for negatives in &self.negatives {
                    for seed in &self.seeds {
                        let shared =
                            *negatives == 1 && matches!(&loss.name[..], "dpo" | "s_dpo" | "dmpo");
                        let trained = if shared { LossKey::new("dpo") } else { loss.clone() };
                        let name = if shared { "pairwise".into() } else { loss.to_string() };
                        let beta = axes.get(BETA).and_then(Value::as_f64).unwrap_or(1.0);
                        // The control is one run whatever K.
                        let k = if name == "sft" { String::new() } else { format!("-{negatives}") };
                        let id = format!("{name}-{beta}{k}-{seed}");
                        cells.push(CellEntry {
                            dir: PathBuf::from(format!("cells/{id}")),
                            id,
                            key: CellKey {
                                loss: loss.clone(),
                                negatives: *negatives,
                                seed: *seed,
                                axes: axes.clone(),
                            },
                            trained_as: (trained != *loss).then_some(trained),
                            resolved: Vec::new(),
                            reference: format!("reference-{seed}"),
                            status: CellStatus::Complete,
                        });
                    }
                }
            }
        }
        cells
    }

    fn write_cell(&self, dir: &Path, cell: &CellEntry) {
        let mut metrics = Vec::new();
        let mut trajectory = TRAJECTORY_COLUMNS.join(",") + "\n";
        let CellKey { negatives, seed, .. } = cell.key;
        let k = negatives as f64;
        let own = cell.key.loss.to_string();
        let loss = if negatives == 1 && own != "ro_dpo" { "dmpo" } else { &own };
        let start_loss = if loss == "s_dpo" { (1.0 + k).ln() } else { 2f64.ln() };
        for evaluation in 0..=self.evaluations {
            let step = evaluation * 50;
            let time = f64::from(evaluation) / f64::from(self.evaluations);
            let jitter = self.jitter
                * ((seed as f64 * 7.3 + k * 3.1).sin() * time
                    + 0.4 * (f64::from(evaluation) * 1.7 + k + seed as f64).sin() * time);
            metrics.push(
                self.metrics(step, {
                    along(time, end(loss, negatives)) + self.offset(seed) + jitter
                }),
            );
            let normalised = 1.0 - time.sqrt() * fit(loss, negatives)
                + 4.0 * jitter
                + 10.0 * self.offset(seed) * time;
            let (weight, share) = mechanism(loss, negatives, time);
            trajectory.push_str(&format!(
                "{step},{},{normalised},{},{},0.1,-0.2,0.5,{weight},{share},{},2.5,{},{},{},{},{}\n",
                normalised * start_loss,
                time * 2.0,
                0.5 + 0.4 * time,
                1.0 - share,
                divergence(loss, negatives) * time * time,
                1.0 + share * (k - 1.0),
                0.3 * time * fit(loss, negatives),
                if loss != "dmpo" && cell.key.loss.base.is_some() { "0.6,0.8,1.1" } else { ",," },
                format_args!(
                    "0.04,0.0401,{},{},{},{}",
                    0.04 + 0.02 * time,
                    0.3 - 0.05 * time,
                    0.05 * time,
                    0.02 - 0.001 * time
                ),
            ));
        }
        write_metrics(dir, &metrics);
        fs::write(dir.join(TRAJECTORY_FILE), trajectory).unwrap();
        write_ranks(dir, negatives, self.evaluations * 50, self.first_rank);
        let provenance = Provenance {
            prefsweep_version: "0.1.0".to_owned(),
            git_revision: Some("0123abc".to_owned()),
            device: "cpu".to_owned(),
            adapter: None,
            threads: 2,
            os: "Linux 6.1".to_owned(),
            cpu: "Example CPU".to_owned(),
            started_unix: 1_767_225_600 + seed,
            wall_seconds: 10.0 + k,
            parameters: None,
            active_parameters: None,
            peak_memory_mib: Some(300.0 + k),
            steps: 1000,
            negatives_scored: 128_000 * negatives as u64,
            at_once: None,
            resumed: None,
            imported: None,
            seconds: Some(Seconds {
                training: 8.0,
                sampling: 0.5 + k,
                evaluation: 1.0,
                storing: 0.5,
            }),
        };
        let json = serde_json::to_string_pretty(&provenance).unwrap();
        fs::write(dir.join(PROVENANCE_FILE), json).unwrap();
    }

    /// Lower, equal and higher for the first, the middle and the last seed.
    fn offset(&self, seed: u64) -> f64 {
        let position = self.seeds.iter().position(|known| *known == seed).unwrap() as f64;
        let middle = (self.seeds.len() - 1) as f64 / 2.0;
        (position - middle) * 0.001
    }

    /// One step's rows, given NDCG@10 of each protocol in units of the full ranking.
    fn metrics(&self, step: u32, ndcg: f64) -> Vec<String> {
        let mut rows = Vec::new();
        for split in ["validation", "test"] {
            for protocol in ["full", "candidates"] {
                let base = ndcg + if split == "validation" { 0.002 } else { 0.0 };
                let base = if protocol == "full" { base } else { 0.25 + 5.0 * base };
                for cutoff in &self.cutoffs {
                    let depth = (*cutoff as f64 / 10.0).powf(0.4);
                    let hr = if protocol == "candidates" && *cutoff >= 20 {
                        1.0
                    } else {
                        (base * 1.75 * depth).min(1.0)
                    };
                    let ndcg = if *cutoff == 1 { hr } else { base * depth.sqrt() };
                    rows.push(format!("{step},{split},{protocol},hr,{cutoff},{hr}"));
                    rows.push(format!("{step},{split},{protocol},ndcg,{cutoff},{ndcg}"));
                }
                rows.push(format!("{step},{split},{protocol},mrr,0,{}", base * 0.8));
                rows.push(format!("{step},{split},{protocol},ties,0,0.002"));
            }
        }
        rows
    }
}

/// DynamicPO over a loss.
pub(crate) fn dynamic_po(base: &str) -> LossKey {
    LossKey::over("dynamic_po", LossKey::new(base))
}

fn metrics() -> Vec<MetricFacts> {
    let better = Direction::HigherIsBetter;
    let all = [
        ("hr", "HR", true, better),
        ("ndcg", "NDCG", true, better),
        ("mrr", "MRR", false, better),
        ("ties", "ties", false, Direction::Neither),
    ];
    let facts = |(name, title, per_cutoff, direction): (&str, &str, _, _)| MetricFacts {
        name: name.to_owned(),
        title: title.to_owned(),
        meaning: String::new(),
        per_cutoff,
        direction,
    };
    all.map(facts).to_vec()
}

/// NDCG@10 of the reference.
pub(crate) const START: f64 = 0.050;

/// NDCG@10 at the end of training.
fn end(loss: &str, negatives: usize) -> f64 {
    let depth = (negatives as f64).ln();
    match loss {
        "dpo" => 0.052 + 0.0006 * depth - 0.0005 * depth * depth,
        "s_dpo" => 0.052 + 0.0012 * depth,
        "dmpo" => 0.052 + 0.0010 * depth - 0.0015 * depth * depth,
        "ro_dpo" => 0.0525 + 0.0004 * depth,
        "dynamic_po(dmpo)" => 0.052 + 0.0012 * depth - 0.0002 * depth * depth,
        _ => 0.052 + 0.0014 * depth,
    }
}

/// Rises first, then goes where it ends.
fn along(time: f64, end: f64) -> f64 {
    START + (end - START) * time * time + 0.003 * (std::f64::consts::PI * time).sin()
}

/// Share of the initial loss that training takes away.
fn fit(loss: &str, negatives: usize) -> f64 {
    let depth = (negatives as f64).ln();
    match loss {
        "s_dpo" | "dynamic_po(s_dpo)" => 0.35 + 0.04 * depth,
        "dmpo" => 0.35 + 0.15 * depth,
        _ => 0.35 + 0.09 * depth,
    }
}

/// KL from the reference at the end of training.
fn divergence(loss: &str, negatives: usize) -> f64 {
    let depth = (negatives as f64).ln();
    match loss {
        "ro_dpo" => 0.05,
        "dynamic_po(dmpo)" | "dynamic_po(s_dpo)" => 0.2 - 0.03 * depth,
        _ => 0.2 + 0.1 * depth,
    }
}

/// Weight of one boundary negative and share of the boundary.
fn mechanism(loss: &str, negatives: usize, time: f64) -> (f64, f64) {
    let k = negatives as f64;
    match loss {
        "s_dpo" | "dynamic_po(s_dpo)" => (0.35 - 0.05 * time - 0.001 * k, 0.9),
        "dpo" | "ro_dpo" => (0.5 / k, 0.6 + 0.3 / k),
        "dmpo" => (0.5 / k * (-time * 0.15 * k).exp(), 2.0 / (k + 2.0)),
        _ => (0.3 / k.sqrt(), 0.8),
    }
}

pub(crate) fn write_index(dir: &Path, index: &Index) {
    fs::write(dir.join(INDEX_FILE), serde_json::to_string_pretty(index).unwrap()).unwrap();
}

fn write_metrics(dir: &Path, steps: &[Vec<String>]) {
    fs::create_dir_all(dir).unwrap();
    let mut text = METRICS_COLUMNS.join(",") + "\n";
    for row in steps.iter().flatten() {
        text.push_str(row);
        text.push('\n');
    }
    fs::write(dir.join(METRICS_FILE), text).unwrap();
}

/// Ten users; at K > 1 the first three rank lower than at K = 1, the next two higher.
fn write_ranks(dir: &Path, negatives: usize, last_step: u32, first: f32) {
    let (mut step, mut split, mut protocol) = (Vec::new(), Vec::new(), Vec::new());
    let (mut user, mut rank) = (Vec::new(), Vec::new());
    for at in [0, last_step] {
        for id in 0..10u32 {
            step.push(at);
            split.push("test");
            protocol.push("full");
            user.push(id);
            let moved = match id {
                0..3 if negatives > 1 => 5.5,
                3..5 if negatives > 1 => -5.0,
                _ => 0.0,
            };
            rank.push(first + id as f32 + if at == 0 { 0.0 } else { moved });
        }
    }
    let mut frame = df!(
        "competitors" => vec![100_u32; user.len()],
        "step" => step, "split" => split, "protocol" => protocol, "user" => user, "rank" => rank,
    )
    .unwrap();
    let file = fs::File::create(dir.join(RANKS_FILE)).unwrap();
    ParquetWriter::new(file).finish(&mut frame).unwrap();
}
