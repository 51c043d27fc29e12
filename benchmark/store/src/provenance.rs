//! Where, when and with what a run was made, and what it cost.

use serde::{Deserialize, Serialize};

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
    /// How many runs were computed at once as one tensor program, of whose duration this one
    /// has an equal share; None where it was trained alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_once: Option<u64>,
    /// How often it was stopped and went on from a checkpoint; durations are those of all parts. None where
    /// it was not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resumed: Option<u64>,
    /// The file that a run trained elsewhere was imported from; of such a run nothing above is known but the version
    /// and the time of the import.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub imported: Option<ImportedFile>,
    /// What the duration went to; earlier versions did not record it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<Seconds>,
    /// Scalars of the model's parameters; earlier versions did not count them, and baselines have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parameters: Option<u64>,
    /// The same without those of experts that a position does not use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub active_parameters: Option<u64>,
}

impl Provenance {
    /// Records the size of the model.
    pub fn count_parameters(&mut self, all: usize, active: usize) {
        self.parameters = Some(all as u64);
        self.active_parameters = Some(active as u64);
    }
}

/// A file that was imported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportedFile {
    /// Its name, as it was given.
    pub file: String,
    /// BLAKE3 of its content.
    pub hash: String,
}

/// The seconds of a run by activity: together nearly all of its duration.
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
    /// The share of one of several runs.
    pub fn divide(&mut self, runs: usize) {
        for part in
            [&mut self.training, &mut self.sampling, &mut self.evaluation, &mut self.storing]
        {
            *part /= runs as f64;
        }
    }

    /// Adds those of another part of the same run.
    pub fn add(&mut self, other: &Self) {
        self.training += other.training;
        self.sampling += other.sampling;
        self.evaluation += other.evaluation;
        self.storing += other.storing;
    }

    /// All of them.
    #[must_use]
    pub fn total(&self) -> f64 {
        self.training + self.sampling + self.evaluation + self.storing
    }
}
