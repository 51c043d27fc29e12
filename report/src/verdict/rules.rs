//! Level, margin and effort of the tests.

use prefsweep_store::ReportSettings;
use serde::{Deserialize, Serialize};

use crate::numbers::LEVEL;
use crate::statistics::Resampling;

/// Settings of the verdict.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Rules {
    /// Two-sided level after Holm's correction, and of the minimum detectable effect.
    pub alpha: f64,
    /// Power of the minimum detectable effect.
    pub power: f64,
    /// Margin of indifference as a share of the reference's value.
    pub margin_share: f64,
    /// Resamples of the bootstrap and of the sign-flip test.
    pub resamples: usize,
    /// Seed of both.
    pub seed: u64,
}

impl Default for Rules {
    fn default() -> Self {
        Self::from(&ReportSettings::default())
    }
}

impl From<&ReportSettings> for Rules {
    fn from(settings: &ReportSettings) -> Self {
        let Resampling { resamples, seed, .. } = Resampling::default();
        Self { alpha: LEVEL, power: 0.8, margin_share: settings.margin, resamples, seed }
    }
}
