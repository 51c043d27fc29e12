//! Everything that decides a run's numbers, and the name that follows from it.

use std::collections::BTreeMap;

use prefsweep_datasets::DatasetConfig;
use prefsweep_losses::LossConfig;
use prefsweep_policy::ModelConfig;
use prefsweep_policy::device::Backend;
use prefsweep_store::{CellKey, Identity};
use serde::{Deserialize, Serialize};

use crate::baselines::Method;
use crate::data::{Prepared, TrainingConfig};
use crate::evaluation::{EvaluationConfig, identify_metrics};
use crate::training::{PreferenceConfig, ReferenceConfig};

/// Raised whenever the meaning of a specification changes, so that old results are not reused.
const VERSION: u32 = 3;
/// The same of a baseline's.
const BASELINE_VERSION: u32 = 2;

/// Everything that can change a reference model's numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReferenceSpec {
    /// Where the numbers are computed.
    pub backend: Backend,
    /// The dataset's settings.
    pub dataset: DatasetConfig,
    /// The dataset's content.
    pub data_fingerprint: String,
    /// The candidate lists' content.
    pub candidates_fingerprint: String,
    /// The content of data and titles, where the policy reads titles.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub titles_fingerprint: Option<String>,
    /// The content of data and features, where the policy reads features of items.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub features_fingerprint: Option<String>,
    /// The architecture.
    pub model: ModelConfig,
    /// Which users it is trained on.
    #[serde(default)]
    pub training: TrainingConfig,
    /// The stage's settings.
    pub reference: ReferenceConfig,
    /// The cut-offs of its metrics.
    pub cutoffs: Vec<usize>,
    /// How many users are evaluated, where not all are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evaluated: Option<usize>,
    /// Seed of weights, batches, negatives and dropout.
    pub seed: u64,
}

/// Everything that can change a cell's numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CellSpec {
    /// The id of the reference that it starts from.
    pub start_id: String,
    /// The reference that it starts from.
    pub start: ReferenceSpec,
    /// Which users it is trained on.
    #[serde(default)]
    pub training: TrainingConfig,
    /// The stage's settings.
    pub preference: PreferenceConfig,
    /// When and what to evaluate.
    pub evaluation: EvaluationConfig,
    /// The loss.
    pub loss: LossConfig,
    /// Number of negatives, K.
    pub negatives: usize,
}

/// Everything that can change a baseline's numbers. It knows no seed and no device: a baseline draws
/// nothing, and is computed on the CPU.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BaselineSpec {
    /// Its name in files.
    pub baseline: String,
    /// The version of its numerics.
    pub version: u32,
    /// The numbers that it uses.
    pub settings: BTreeMap<String, f64>,
    /// The dataset's settings.
    pub dataset: DatasetConfig,
    /// The dataset's content.
    pub data_fingerprint: String,
    /// The candidate lists' content.
    pub candidates_fingerprint: String,
    /// The cut-offs of its metrics.
    pub cutoffs: Vec<usize>,
    /// How many users are evaluated, where not all are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evaluated: Option<usize>,
}

impl BaselineSpec {
    /// Of a baseline on some prepared data.
    #[must_use]
    pub fn new(
        method: &dyn Method,
        dataset: DatasetConfig,
        data: &Prepared,
        evaluation: &EvaluationConfig,
    ) -> Self {
        let settings = method.settings().iter();
        Self {
            baseline: method.name().into(),
            version: method.version(),
            settings: settings.map(|(name, value)| ((*name).to_owned(), *value)).collect(),
            dataset,
            data_fingerprint: data.dataset.fingerprint.clone(),
            candidates_fingerprint: data.candidates.fingerprint.clone(),
            cutoffs: evaluation.cutoffs.clone(),
            evaluated: evaluation.users,
        }
    }

    /// What names it.
    #[must_use]
    pub fn identity(&self) -> Identity {
        let mut identity = Identity::new("baseline", BASELINE_VERSION);
        identity.field("name", &self.baseline);
        identity.version(&self.baseline, self.version);
        for (name, value) in &self.settings {
            identity.field(&format!("settings.{name}"), value);
        }
        identity.field("data", &self.data_fingerprint);
        identity.field("candidates", &self.candidates_fingerprint);
        identity.field("cutoffs", &self.cutoffs);
        identity.added("evaluated", &self.evaluated, &None);
        identify_metrics(&mut identity);
        identity
    }
}

impl ReferenceSpec {
    /// The fingerprint under which its data are kept: data with other titles or features are another entry, where
    /// these are read.
    #[must_use]
    pub fn data_entry(&self) -> &str {
        let more = self.titles_fingerprint.as_deref().or(self.features_fingerprint.as_deref());
        more.unwrap_or(&self.data_fingerprint)
    }

    /// What names it. Of the dataset its content counts, not how it came about.
    #[must_use]
    pub fn identity(&self) -> Identity {
        let mut identity = Identity::new("reference", VERSION);
        identity.field("backend", self.backend.name());
        identity.field("data", &self.data_fingerprint);
        identity.field("candidates", &self.candidates_fingerprint);
        if let Some(titles) = &self.titles_fingerprint {
            identity.field("titles", titles);
        }
        if let Some(features) = &self.features_fingerprint {
            identity.field("features", features);
        }
        identity.part("model", &self.model);
        identify_users(&mut identity, &self.training);
        identity.part("reference", &self.reference);
        identity.field("cutoffs", &self.cutoffs);
        identity.added("evaluated", &self.evaluated, &None);
        identify_metrics(&mut identity);
        identity.field("seed", &self.seed);
        identity
    }
}

impl CellSpec {
    /// What names it: the reference's name and its own settings.
    #[must_use]
    pub fn identity(&self) -> Identity {
        let mut identity = Identity::new("cell", VERSION);
        // Since 2 no validation item is among its own negatives.
        identity.version("validation_loss", 2);
        identity.field("start", &self.start_id);
        identify_users(&mut identity, &self.training);
        identity.part("preference", &self.preference);
        identity.part("evaluation", &self.evaluation);
        identity.part("loss", &self.loss);
        identity.field("negatives", &self.negatives);
        identity
    }

    /// The key of the run itself, under the loss that is trained and without any experiment's axes.
    #[must_use]
    pub fn key(&self) -> CellKey {
        CellKey {
            loss: self.loss.key(),
            negatives: self.negatives,
            seed: self.start.seed,
            axes: BTreeMap::new(),
        }
    }
}

/// Nothing where all users are trained on.
fn identify_users(identity: &mut Identity, training: &TrainingConfig) {
    if let Some(count) = training.few() {
        identity.field("training.users", &count);
        identity.field("training.stages", training.stages.name());
    }
}
