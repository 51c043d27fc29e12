//! Everything that decides a run's numbers, and the name that follows from it.

use prefsweep_datasets::DatasetConfig;
use prefsweep_losses::LossConfig;
use prefsweep_policy::ModelConfig;
use prefsweep_policy::device::Backend;
use prefsweep_store::{CellKey, Identity};
use serde::{Deserialize, Serialize};

use crate::evaluation::{EvaluationConfig, identify_metrics};
use crate::training::{PreferenceConfig, ReferenceConfig};

/// Raised whenever the meaning of a specification changes, so that old results are not reused.
const VERSION: u32 = 3;

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
    /// The architecture.
    pub model: ModelConfig,
    /// The stage's settings.
    pub reference: ReferenceConfig,
    /// The cut-offs of its metrics.
    pub cutoffs: Vec<usize>,
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
    /// The stage's settings.
    pub preference: PreferenceConfig,
    /// When and what to evaluate.
    pub evaluation: EvaluationConfig,
    /// The loss.
    pub loss: LossConfig,
    /// Number of negatives, K.
    pub negatives: usize,
}

impl ReferenceSpec {
    /// What names it. Of the dataset its content counts, not how it came about.
    #[must_use]
    pub fn identity(&self) -> Identity {
        let mut identity = Identity::new("reference", VERSION);
        identity.field("backend", self.backend.name());
        identity.field("data", &self.data_fingerprint);
        identity.field("candidates", &self.candidates_fingerprint);
        identity.part("model", &self.model);
        identity.part("reference", &self.reference);
        identity.field("cutoffs", &self.cutoffs);
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
        identity.field("start", &self.start_id);
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
            axes: std::collections::BTreeMap::new(),
        }
    }
}
