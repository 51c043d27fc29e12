//! How the report judges an experiment: settings that no run depends on.

use prefsweep_datasets::InvalidSetting;
use prefsweep_store::ReportSettings;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How results are judged. A change takes effect with the next `run`, which trains nothing for it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ReportConfig {
    /// Margin of indifference: differences of the main metric below this share of the reference's
    /// value do not matter.
    #[schemars(range(min = 0, max = 1))]
    pub margin: f64,
}

impl Default for ReportConfig {
    fn default() -> Self {
        Self { margin: ReportSettings::default().margin }
    }
}

impl ReportConfig {
    /// Whether every setting is in its range; keys are relative to `report`.
    ///
    /// # Errors
    /// The first setting that is not.
    pub(super) fn check(&self) -> Result<(), InvalidSetting> {
        if self.margin > 0.0 && self.margin < 1.0 {
            return Ok(());
        }
        let allowed = "a share of the reference's value, above 0 and below 1, as in 0.02 for 2 %";
        Err(InvalidSetting::new("margin", self.margin, allowed))
    }
}

impl From<ReportConfig> for ReportSettings {
    fn from(config: ReportConfig) -> Self {
        Self { margin: config.margin }
    }
}
