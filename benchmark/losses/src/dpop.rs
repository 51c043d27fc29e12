//! DPOP (Smaug): `mean_i -log sigma(m_i - beta lambda max(0, -rho(w)))`: DPO that guards the positive's
//! probability.
//!
//! Pal et al., "Smaug: Fixing Failure Modes of Preference Optimisation with DPO-Positive" (2024). The
//! paper tunes `lambda`; the default is prefsweep's own. Under DynamicPO the guard has the strength of
//! its pair, `beta_b`, too.

use prefsweep_datasets::InvalidSetting;
use prefsweep_store::{Identify, Identity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::margin::{Aggregation, Compared, MarginForm, MarginLoss};
use crate::referenced::Referenced;
use crate::settings::{About, LossSettings};

/// DPO that guards the positive's probability.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Dpop {
    /// How strongly: what a positive below the reference costs beside a margin.
    pub lambda: f64,
    /// Strength of the pull; none: `preference.beta`.
    pub beta: Option<f64>,
    /// Weight `a` of a likelihood term `-a logp(w)` that is added.
    pub nll: f64,
}

impl Default for Dpop {
    fn default() -> Self {
        Self { lambda: 5.0, beta: None, nll: 0.0 }
    }
}

impl Dpop {
    fn referenced(&self) -> Referenced {
        Referenced { beta: self.beta, nll: self.nll }
    }
}

impl Identify for Dpop {
    fn identify(&self, identity: &mut Identity) {
        identity.field("lambda", &self.lambda);
        self.referenced().identify(identity);
    }
}

impl LossSettings for Dpop {
    fn about(&self) -> About {
        About {
            title: "DPOP",
            formula: "mean_i -log sigma(m_i - beta lambda max(0, -rho(w)))",
            source: "Pal et al. 2024, arXiv 2402.13228, over K pairs",
        }
    }

    fn beta(&self) -> Option<f64> {
        self.beta
    }

    fn check(&self, _negatives: usize) -> Result<(), InvalidSetting> {
        InvalidSetting::not_negative("lambda", self.lambda)?;
        self.referenced().check()
    }
}

impl MarginLoss for Dpop {
    fn form(&self) -> MarginForm {
        MarginForm {
            guard: self.lambda,
            likelihood: self.nll,
            ..MarginForm::new(Compared::LogRatio, Aggregation::Pairs)
        }
    }
}
