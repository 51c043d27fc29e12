//! What a sweep leaves on disk: the JSON types and the column names.
//!
//! The harness writes these files and this crate reads them, so both sides share one definition.
//!
//! ```text
//! results/<experiment>/index.json            Index
//! results/<experiment>/<cell>/metrics.csv    METRICS_COLUMNS, one row per step and measure
//! results/<experiment>/<cell>/trajectory.csv TRAJECTORY_COLUMNS, one row per evaluation step
//! results/<experiment>/<cell>/ranks.parquet  RANKS_COLUMNS, one row per step, split, protocol, user
//! results/<experiment>/<cell>/provenance.json Provenance
//! ```

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// The format version this crate writes and reads.
pub const INDEX_FORMAT: u32 = 1;
/// Name of the index inside a results folder.
pub const INDEX_FILE: &str = "index.json";
/// Name of the long table of ranking metrics inside a cell, reference or popularity folder.
pub const METRICS_FILE: &str = "metrics.csv";
/// Name of the wide table of training quantities inside a cell folder.
pub const TRAJECTORY_FILE: &str = "trajectory.csv";
/// Name of the per-user ranks inside a cell folder.
pub const RANKS_FILE: &str = "ranks.parquet";
/// Name of the resolved settings inside a cell or reference folder.
pub const SPEC_FILE: &str = "spec.json";
/// Name of the file that makes an entry complete: the BLAKE3 hash of every other file.
pub const MARKER_FILE: &str = "complete.json";
/// Name of the provenance record inside a cell folder.
pub const PROVENANCE_FILE: &str = "provenance.json";

/// Columns of [`METRICS_FILE`], in order.
pub const METRICS_COLUMNS: [&str; 6] = ["step", "split", "protocol", "metric", "cutoff", "value"];
/// Columns of [`TRAJECTORY_FILE`], in order; every one but `step` may be empty, and files written by
/// earlier versions lack the last ones. `docs/results.md` says what each holds.
pub const TRAJECTORY_COLUMNS: [&str; 24] = [
    "step",
    "loss",
    "loss_normalised",
    "margin",
    "accuracy",
    "positive_log_ratio",
    "negative_log_ratio",
    "gradient_norm",
    "boundary_weight",
    "boundary_share",
    "easy_share",
    "boundary_negatives",
    "kl",
    "effective_negatives",
    "saturated",
    "beta_b_10",
    "beta_b_50",
    "beta_b_90",
    "false_negatives",
    "false_negatives_expected",
    "false_share",
    "liked_mass",
    "liked_mass_lost",
    "regret",
];
/// Columns of [`RANKS_FILE`], in order: `u32`, string, string, `u32`, `f32`.
pub const RANKS_COLUMNS: [&str; 5] = ["step", "split", "protocol", "user", "rank"];

/// Values allowed in the `split` column.
pub const SPLITS: [&str; 2] = ["validation", "test"];
/// Values allowed in the `protocol` column.
pub const PROTOCOLS: [&str; 2] = ["full", "candidates"];
/// Values allowed in the `metric` column; `mrr` and `ties` carry cut-off 0.
pub const METRICS: [&str; 4] = ["hr", "ndcg", "mrr", "ties"];

/// The table of contents of one experiment's results.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Index {
    /// Version of this layout, [`INDEX_FORMAT`].
    pub format: u32,
    /// Name of the experiment, as in `experiments/<experiment>.yaml`.
    pub experiment: String,
    /// Heading of the report.
    pub title: String,
    /// The question the experiment answers, in one or two sentences.
    pub question: String,
    /// The command that gives these results, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
    /// What the cells were trained and evaluated on.
    pub dataset: DatasetFacts,
    /// Cut-offs k at which HR@k and NDCG@k were recorded, for example `[1, 5, 10, 20]`.
    pub cutoffs: Vec<usize>,
    /// Every planned training run, complete or not.
    ///
    /// Cells that are the same by definition (dpo, s_dpo and dmpo with one negative) appear once
    /// per loss, with the same `id` and `dir`.
    pub cells: Vec<CellEntry>,
    /// The frozen reference policies.
    pub references: Vec<ReferenceEntry>,
    /// The popularity baseline.
    pub popularity: PopularityEntry,
}

/// Size, origin and fingerprints of a dataset.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DatasetFacts {
    /// Name as used in the experiment.
    pub name: String,
    /// Users after preprocessing.
    pub users: usize,
    /// Items after preprocessing.
    pub items: usize,
    /// Interactions after preprocessing.
    pub interactions: usize,
    /// Hash of the prepared data.
    pub fingerprint: String,
    /// Hash of the stored candidate lists.
    pub candidates_fingerprint: String,
    /// Where the data come from, with their licence, in a phrase.
    pub source: String,
    /// How many users are evaluated, where not all are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evaluated: Option<Evaluated>,
}

/// How many users have a held-out item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evaluated {
    /// In the validation part.
    pub validation: usize,
    /// In the test part.
    pub test: usize,
}

impl DatasetFacts {
    /// How many users have a rank on `split`.
    pub(crate) fn ranked(&self, split: &str) -> usize {
        match &self.evaluated {
            None => self.users,
            Some(evaluated) if split == "validation" => evaluated.validation,
            Some(evaluated) => evaluated.test,
        }
    }
}

/// One planned training run: a loss, a number of negatives, a seed and any other swept scalar.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CellEntry {
    /// Hash of the resolved configuration and the data.
    pub id: String,
    /// Label of the loss, for example `dmpo` or `dynamic_po(dmpo)`.
    pub loss: String,
    /// Negatives per positive, K.
    pub negatives: usize,
    /// Seed of the run.
    pub seed: u64,
    /// Other swept scalars, for example `{"beta": "0.5"}`; often empty.
    #[serde(default)]
    pub axes: BTreeMap<String, String>,
    /// `id` of the reference policy the cell started from.
    pub reference: String,
    /// Folder of the cell, relative to the folder of the index.
    pub dir: PathBuf,
    /// Whether the run finished.
    pub status: CellStatus,
}

impl CellEntry {
    /// The loss with the other swept scalars, for example `dmpo, beta=0.5`.
    pub fn label(&self) -> String {
        with_axes(&self.loss, &self.axes)
    }
}

/// One frozen reference policy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReferenceEntry {
    /// Hash of the reference's resolved configuration and the data.
    pub id: String,
    /// Seed of the run.
    pub seed: u64,
    /// Swept scalars that the reference depends on; often empty.
    #[serde(default)]
    pub axes: BTreeMap<String, String>,
    /// Folder of the reference, relative to the folder of the index.
    pub dir: PathBuf,
    /// Whether the run finished.
    pub status: CellStatus,
}

impl ReferenceEntry {
    /// `reference` with the swept scalars it depends on.
    pub fn label(&self) -> String {
        with_axes("reference", &self.axes)
    }
}

/// A name with swept scalars, for example `dmpo, beta=0.5`.
pub(crate) fn with_axes(name: &str, axes: &BTreeMap<String, String>) -> String {
    let mut label = name.to_owned();
    for (axis, value) in axes {
        label.push_str(&format!(", {axis}={value}"));
    }
    label
}

/// Where the popularity baseline's metrics lie; the folder holds [`METRICS_FILE`] only.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PopularityEntry {
    /// Folder relative to the folder of the index.
    pub dir: PathBuf,
}

/// Whether a planned run has results.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CellStatus {
    /// Finished; its files are all there.
    Complete,
    /// Not run yet, or stopped half-way.
    Missing,
    /// Ran and failed.
    Failed {
        /// What went wrong, in a sentence.
        reason: String,
    },
}

/// Under what circumstances one cell was trained, and what it cost.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Provenance {
    /// Version of the harness.
    pub prefsweep_version: String,
    /// Commit the harness was built from, where known.
    pub git_revision: Option<String>,
    /// Compute device.
    pub device: String,
    /// The graphics adapter and its driver, where one was used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adapter: Option<String>,
    /// Threads the run could use.
    pub threads: usize,
    /// Operating system.
    pub os: String,
    /// Processor.
    pub cpu: String,
    /// Start, in seconds since 1970-01-01 UTC.
    pub started_unix: u64,
    /// Duration in seconds.
    pub wall_seconds: f64,
    /// Peak resident memory in MiB, where the platform tells.
    pub peak_memory_mib: Option<f64>,
    /// Optimiser steps taken.
    pub steps: u64,
    /// Negatives scored during training.
    pub negatives_scored: u64,
    /// How many trainings were computed at once as one tensor program, of whose duration this one
    /// has an equal share; None where it was trained alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pack: Option<u64>,
    /// What the duration went to; earlier versions did not record it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<Seconds>,
}

/// The seconds of a training by what was done in them: together nearly all of its duration.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Seconds {
    /// Steps: scores, loss, gradients, diagnostics and optimiser.
    pub training: f64,
    /// Batches and negatives.
    pub sampling: f64,
    /// Ranks, metrics and divergence.
    pub evaluation: f64,
    /// Reading data and reference, writing results.
    pub storing: f64,
}

impl Seconds {
    /// Each of them shared by some trainings.
    pub fn divide(&mut self, trainings: usize) {
        for part in
            [&mut self.training, &mut self.sampling, &mut self.evaluation, &mut self.storing]
        {
            *part /= trainings as f64;
        }
    }

    /// All of them.
    #[must_use]
    pub fn total(&self) -> f64 {
        self.training + self.sampling + self.evaluation + self.storing
    }
}
