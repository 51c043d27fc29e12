//! Settings of the losses that count on noisy preferences.

use prefsweep_datasets::InvalidSetting;
use prefsweep_store::Identity;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::referenced::Referenced;

/// How noisy preferences are, beside what every loss with a reference has.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Noisy {
    /// How often the preference is the other way round; below one half. The default is prefsweep's own.
    pub epsilon: f64,
    /// Strength of the pull; none: `preference.beta`.
    pub beta: Option<f64>,
    /// Weight `a` of a likelihood term `-a logp(w)` that is added.
    pub nll: f64,
}

impl Default for Noisy {
    fn default() -> Self {
        Self { epsilon: 0.1, beta: None, nll: 0.0 }
    }
}

impl Noisy {
    fn referenced(self) -> Referenced {
        Referenced { beta: self.beta, nll: self.nll }
    }

    pub(crate) fn identify(self, identity: &mut Identity) {
        identity.field("epsilon", &self.epsilon);
        self.referenced().identify(identity);
    }

    pub(crate) fn check(self) -> Result<(), InvalidSetting> {
        if !(0.0..0.5).contains(&self.epsilon) {
            return Err(InvalidSetting::new("epsilon", self.epsilon, "0 or above and below 0.5"));
        }
        self.referenced().check()
    }
}
