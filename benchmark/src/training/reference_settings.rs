//! Settings of the reference stage.

use prefsweep_datasets::InvalidSetting;
use prefsweep_store::{Identify, Identity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::expert_settings::ReferenceExperts;
use super::objective_settings::Objective;
use crate::data::Targets;

/// Stop when validation NDCG@10 (full ranking) no longer rises.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EarlyStopping {
    /// Evaluations without a new best before stopping; the best weights are kept.
    #[schemars(range(min = 1))]
    pub patience: usize,
    /// Epochs between evaluations; there is one after the last epoch, too.
    #[serde(default = "one")]
    #[schemars(range(min = 1))]
    pub every: usize,
}

fn one() -> usize {
    1
}

/// The most epochs: their steps are to be counted in 64 bits whatever the data.
const MOST_EPOCHS: usize = 1_000_000;

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
    /// How experts are trained, where the model has some.
    pub experts: ReferenceExperts,
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
            experts: ReferenceExperts::default(),
        }
    }
}

impl Identify for ReferenceConfig {
    fn identify(&self, identity: &mut Identity) {
        self.objective.identify_in(identity);
        identity.field("epochs", &self.epochs);
        match &self.early_stopping {
            None => identity.field("early_stopping", "none"),
            Some(stopping) => {
                identity.part("early_stopping", stopping);
                // Before, the last epoch was evaluated only where it was one of the `every`.
                let apart = !self.epochs.is_multiple_of(stopping.every.max(1));
                identity.added("early_stopping.last", &apart, &false);
            }
        }
        identity.field("batch_size", &self.batch_size);
        identity.field("learning_rate", &self.learning_rate);
        identity.field("weight_decay", &self.weight_decay);
        identity.field("dropout", &self.dropout);
        identity.field("targets", self.targets.name());
        identity.part("experts", &self.experts);
    }
}

impl Identify for EarlyStopping {
    fn identify(&self, identity: &mut Identity) {
        identity.field("patience", &self.patience);
        identity.field("every", &self.every);
    }
}

impl ReferenceConfig {
    /// Whether every setting is in its range; keys are relative to `reference`.
    ///
    /// # Errors
    /// The first setting that is not.
    pub fn check(&self) -> Result<(), InvalidSetting> {
        InvalidSetting::at_most("epochs", self.epochs, MOST_EPOCHS)?;
        InvalidSetting::at_least("batch_size", self.batch_size, 1)?;
        InvalidSetting::positive("learning_rate", self.learning_rate)?;
        InvalidSetting::not_negative("weight_decay", self.weight_decay)?;
        InvalidSetting::share("dropout", self.dropout)?;
        self.experts.check()?;
        self.objective.check().map_err(|setting| setting.within("objective"))?;
        if let Some(stopping) = &self.early_stopping {
            InvalidSetting::at_least("early_stopping.patience", stopping.patience, 1)?;
            InvalidSetting::at_least("early_stopping.every", stopping.every, 1)?;
        }
        Ok(())
    }
}
