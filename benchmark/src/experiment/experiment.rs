//! The experiment as a researcher writes it in YAML. Unknown keys are errors everywhere.

use std::collections::BTreeMap;

use prefsweep_datasets::DatasetConfig;
use prefsweep_losses::LossConfig;
use prefsweep_policy::ModelConfig;
use prefsweep_policy::device::DeviceName;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::report_config::ReportConfig;
use crate::data::TrainingConfig;
use crate::evaluation::EvaluationConfig;
use crate::training::{PreferenceConfig, ReferenceConfig};

/// One experiment: a dataset, a model, a reference stage, and a sweep of preference stages.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Experiment {
    /// A headline for tables and plots.
    pub title: String,
    /// The question that the experiment answers, in one sentence.
    #[serde(default)]
    pub question: String,
    /// What is expected, written before the first run; shown with the results.
    #[serde(default)]
    pub predictions: Vec<String>,
    /// The data, its preprocessing and its candidate lists.
    pub dataset: DatasetConfig,
    /// The transformer.
    #[serde(default)]
    pub model: ModelConfig,
    /// Which users are trained on.
    #[serde(default)]
    pub training: TrainingConfig,
    /// How the reference model is trained.
    #[serde(default)]
    pub reference: ReferenceConfig,
    /// How the policy is trained from the reference.
    #[serde(default)]
    pub preference: PreferenceConfig,
    /// What is varied.
    pub sweep: SweepConfig,
    /// What is measured, and how often.
    #[serde(default)]
    pub evaluation: EvaluationConfig,
    /// How the results are judged; no run depends on it.
    #[serde(default)]
    pub report: ReportConfig,
    /// Where it runs; `--device` overrides it.
    #[serde(default)]
    pub device: DeviceName,
}

/// The axes of the sweep; a cell is one point of their product.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SweepConfig {
    /// Losses, by name or as `name: {settings}`.
    pub losses: Vec<LossConfig>,
    /// Numbers of negatives, K.
    pub negatives: Vec<usize>,
    /// Seeds; each has its own reference model, batches and negatives.
    pub seeds: Vec<u64>,
    /// Further seeds, on whose validation the values of `axes` are chosen for every loss and K; no
    /// result is of these.
    #[serde(default)]
    pub tuning_seeds: Vec<u64>,
    /// Further settings to vary, by dotted key, as in `preference.beta: [0.5, 1.0]`.
    #[serde(default)]
    pub axes: BTreeMap<String, Vec<serde_json::Value>>,
}
