//! RecPO: `log(1 + sum_i exp(o_i - m_i))` with `o_i = lambda S(w) / S(i)`, `S = rating / sqrt(1 + delay)`.
//!
//! Ouyang et al., "RecPO" (arXiv 2506.02261): S-DPO whose margins grow with what the user thinks of the
//! items. With `difference`, `o_i = lambda log(1 + S(w) - S(i))`. Without ratings it is refused.

use prefsweep_datasets::InvalidSetting;
use prefsweep_store::{Identify, Identity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::margin::{Aggregation, Compared, MarginForm, MarginLoss, Offset};
use crate::referenced::Referenced;
use crate::settings::{About, LossSettings};

/// S-DPO with margins from ratings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RecPo {
    /// How much ratings matter.
    pub lambda: f64,
    /// Margins from the difference of ratings, not from their ratio.
    pub difference: bool,
    /// Strength of the pull; none: `preference.beta`.
    pub beta: Option<f64>,
    /// Weight `a` of a likelihood term `-a logp(w)` that is added.
    pub nll: f64,
}

impl Default for RecPo {
    fn default() -> Self {
        Self { lambda: 2.0, difference: false, beta: None, nll: 0.0 }
    }
}

impl RecPo {
    fn referenced(&self) -> Referenced {
        Referenced { beta: self.beta, nll: self.nll }
    }
}

impl Identify for RecPo {
    fn identify(&self, identity: &mut Identity) {
        identity.field("lambda", &self.lambda);
        identity.field("difference", &self.difference);
        self.referenced().identify(identity);
    }
}

impl LossSettings for RecPo {
    fn about(&self) -> About {
        About {
            title: "RecPO",
            formula: "log(1 + sum_i exp(lambda S(w) / S(i) - m_i)), S = rating / sqrt(1 + delay)",
            source: "arXiv 2506.02261",
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

impl MarginLoss for RecPo {
    fn form(&self) -> MarginForm {
        MarginForm {
            offset: Offset::Rated { lambda: self.lambda, difference: self.difference },
            likelihood: self.nll,
            ..MarginForm::new(Compared::LogRatio, Aggregation::Soft)
        }
    }
}
