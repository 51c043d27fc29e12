//! The experiment as a researcher writes it in YAML.
//!
//! Types here are what the file says; [`read`] turns a file into a checked [`Experiment`], and
//! [`crate::plan`] turns that into cells. Unknown keys are errors everywhere.

mod axis;
mod check;
mod device_name;
mod locate;
mod read;
mod schema;

pub(crate) use axis::axis_label;
pub use device_name::{DeviceName, NoDevice};
pub use read::{ConfigError, placed, read, read_str};
pub(crate) use read::{check_derived, from_value, set};
pub use schema::json_schema;

use std::collections::BTreeMap;

use prefsweep_datasets::DatasetConfig;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::losses::LossConfig;
use crate::negatives::SamplerConfig;

/// One experiment: a dataset, a model, a reference stage, and a sweep of preference stages.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Experiment {
    /// A headline for tables and plots.
    pub title: String,
    /// The question that the experiment answers, in one sentence.
    #[serde(default)]
    pub question: String,
    /// The data, its preprocessing and its candidate lists.
    pub dataset: DatasetConfig,
    /// The transformer.
    #[serde(default)]
    pub model: ModelConfig,
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
    /// Where it runs; `--device` overrides it.
    #[serde(default)]
    pub device: DeviceName,
}

/// A SASRec-style causal transformer with tied item embeddings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ModelConfig {
    /// Width of the embeddings and of every block.
    #[schemars(range(min = 1, max = 4096))]
    pub dim: usize,
    /// Number of transformer blocks.
    #[schemars(range(min = 1, max = 64))]
    pub blocks: usize,
    /// Attention heads; must divide `dim`.
    #[schemars(range(min = 1, max = 64))]
    pub heads: usize,
    /// Width of the feed-forward layer; SASRec's own is `dim`.
    #[schemars(range(min = 1, max = 16384))]
    pub feed_forward: usize,
    /// Longest window of history that the model sees.
    #[schemars(range(min = 1, max = 2048))]
    pub max_len: usize,
}

impl Default for ModelConfig {
    fn default() -> Self {
        Self { dim: 64, blocks: 2, heads: 2, feed_forward: 64, max_len: 50 }
    }
}

/// The objective of the reference stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Objective {
    /// Softmax over all items.
    CrossEntropy,
    /// Binary cross-entropy with one sampled negative per position (SASRec's original).
    Bce,
}

/// Which positions of a window are trained.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Targets {
    /// Every position.
    All,
    /// Only the last position of each window.
    Last,
}

/// Stop when validation NDCG@10 (full ranking) no longer rises.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EarlyStopping {
    /// Evaluations without a new best before stopping; the best weights are kept.
    #[schemars(range(min = 1))]
    pub patience: usize,
    /// Epochs between evaluations.
    #[serde(default = "one")]
    #[schemars(range(min = 1))]
    pub every: usize,
}

fn one() -> usize {
    1
}

/// The reference stage: supervised next-item training.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ReferenceConfig {
    /// What is minimised.
    pub objective: Objective,
    /// Epochs; with `early_stopping` the most epochs.
    #[schemars(range(min = 0))]
    pub epochs: usize,
    /// Early stopping; without it `epochs` are run and the last weights kept.
    pub early_stopping: Option<EarlyStopping>,
    /// Windows per step.
    #[schemars(range(min = 1))]
    pub batch_size: usize,
    /// AdamW's learning rate.
    pub learning_rate: f64,
    /// AdamW's decoupled weight decay.
    pub weight_decay: f64,
    /// Dropout on embeddings, attention weights and both sub-layers' outputs.
    pub dropout: f64,
    /// Which positions are trained.
    pub targets: Targets,
}

impl Default for ReferenceConfig {
    fn default() -> Self {
        Self {
            objective: Objective::CrossEntropy,
            epochs: 24,
            early_stopping: None,
            batch_size: 128,
            learning_rate: 1e-3,
            weight_decay: 0.0,
            dropout: 0.2,
            targets: Targets::All,
        }
    }
}

/// The learning rate over the steps, after warm-up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Schedule {
    /// The same rate throughout.
    Constant,
    /// Half a cosine, from the full rate to zero at the last step.
    Cosine,
}

/// The preference stage: the policy starts at the reference and is trained with a loss.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PreferenceConfig {
    /// Optimiser steps.
    #[schemars(range(min = 1))]
    pub steps: usize,
    /// Windows per step.
    #[schemars(range(min = 1))]
    pub batch_size: usize,
    /// AdamW's learning rate.
    pub learning_rate: f64,
    /// Share of the steps over which the learning rate rises linearly from zero.
    pub warmup: f64,
    /// The learning rate after warm-up.
    pub schedule: Schedule,
    /// AdamW's decoupled weight decay.
    pub weight_decay: f64,
    /// Largest global norm of the gradient; larger ones are scaled down to it. None: no clipping.
    pub gradient_clip: Option<f64>,
    /// Strength of the pull towards the reference, in every loss.
    pub beta: f64,
    /// Dropout of the policy in training. Zero, as preference trainers do, keeps
    /// policy = reference at the first step.
    pub dropout: f64,
    /// Which positions are trained.
    pub targets: Targets,
    /// Where negatives come from, by name or as `name: {settings}`; a loss with a pool of its own
    /// (`ro_dpo`) allows nothing but the default, `uniform`.
    // Not written at its default, so that ids are those from before there was a choice.
    #[serde(skip_serializing_if = "SamplerConfig::is_default")]
    pub sampler: SamplerConfig,
}

impl Default for PreferenceConfig {
    fn default() -> Self {
        Self {
            steps: 120,
            batch_size: 128,
            learning_rate: 5e-4,
            warmup: 0.0,
            schedule: Schedule::Constant,
            weight_decay: 0.0,
            gradient_clip: None,
            beta: 1.0,
            dropout: 0.0,
            targets: Targets::All,
            sampler: SamplerConfig::default(),
        }
    }
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
    /// Further settings to vary, by dotted key, as in `preference.beta: [0.5, 1.0]`.
    #[serde(default)]
    pub axes: BTreeMap<String, Vec<serde_json::Value>>,
}

/// What is measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct EvaluationConfig {
    /// Preference steps between evaluations; the first and the last step are always evaluated.
    #[schemars(range(min = 1))]
    pub every: usize,
    /// The k of HR@k and NDCG@k.
    pub cutoffs: Vec<usize>,
}

impl Default for EvaluationConfig {
    fn default() -> Self {
        Self { every: 20, cutoffs: vec![1, 5, 10, 20] }
    }
}
