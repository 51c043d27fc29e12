//! Settings of the losses that have a reference.

use prefsweep_datasets::InvalidSetting;
use prefsweep_store::Identity;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Strength, and a likelihood term beside the loss.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Referenced {
    /// Strength of the pull; none: `preference.beta`.
    pub beta: Option<f64>,
    /// Weight `a` of a likelihood term `-a logp(w)` that is added.
    pub nll: f64,
}

impl Referenced {
    /// Neither is written at its default: the losses are older than these settings.
    pub(crate) fn identify(self, identity: &mut Identity) {
        identity.added("beta", &self.beta, &None);
        identity.added("nll", &self.nll, &0.0);
    }

    pub(crate) fn check(self) -> Result<(), InvalidSetting> {
        self.beta.map_or(Ok(()), |beta| InvalidSetting::positive("beta", beta))?;
        InvalidSetting::not_negative("nll", self.nll)
    }
}
