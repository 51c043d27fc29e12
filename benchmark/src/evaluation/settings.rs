//! Settings of the evaluation.

use prefsweep_datasets::InvalidSetting;
use prefsweep_store::{Identify, Identity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::metrics::METRICS;

/// What is measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct EvaluationConfig {
    /// Preference steps between evaluations; the start and the last step are always evaluated.
    #[schemars(range(min = 1))]
    pub every: usize,
    /// The k of HR@k and NDCG@k.
    pub cutoffs: Vec<usize>,
    /// Users to evaluate, drawn once for all runs: of large data a sample is enough. Each is ranked exactly, among the
    /// whole catalogue. Without it everybody is.
    #[schemars(range(min = 1))]
    pub users: Option<usize>,
}

impl Default for EvaluationConfig {
    fn default() -> Self {
        Self { every: 20, cutoffs: vec![1, 5, 10, 20], users: None }
    }
}

impl Identify for EvaluationConfig {
    fn identify(&self, identity: &mut Identity) {
        identity.field("every", &self.every);
        identity.field("cutoffs", &self.cutoffs);
        identity.added("users", &self.users, &None);
        identify_metrics(identity);
    }
}

/// Writes the version of every metric: a corrected one does not return its old values.
pub fn identify_metrics(identity: &mut Identity) {
    for metric in METRICS {
        identity.version(metric.name(), metric.version());
    }
}

impl EvaluationConfig {
    /// Whether every setting is in its range; keys are relative to `evaluation`.
    ///
    /// # Errors
    /// The first setting that is not.
    pub fn check(&self) -> Result<(), InvalidSetting> {
        InvalidSetting::at_least("every", self.every, 1)?;
        self.users.map_or(Ok(()), |users| InvalidSetting::at_least("users", users, 1))?;
        InvalidSetting::not_empty("cutoffs", &self.cutoffs)?;
        InvalidSetting::distinct("cutoffs", &self.cutoffs)?;
        for &cutoff in &self.cutoffs {
            InvalidSetting::at_least("cutoffs", cutoff, 1)?;
            // Tables have columns of 32 bits.
            InvalidSetting::at_most("cutoffs", cutoff, u32::MAX as usize)?;
        }
        // The main metric of every table and plot.
        if !self.cutoffs.contains(&10) {
            let found = format!("{:?}", self.cutoffs);
            let allowed = "a list that holds 10, the cut-off of the main metric";
            return Err(InvalidSetting::new("cutoffs", found, allowed));
        }
        Ok(())
    }
}
