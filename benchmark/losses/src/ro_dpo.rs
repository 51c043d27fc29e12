//! RoDPO: pairwise DPO whose negatives are drawn from the policy's current top items.
//!
//! arXiv 2603.29259. With `deterministic` the negatives are the top items themselves, its baseline.
//! The published pool size and temperature could not be read; the defaults here are prefsweep's own.

use prefsweep_datasets::InvalidSetting;
use prefsweep_store::{Identify, Identity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::margin::{Aggregation, Compared, MarginForm, MarginLoss};
use crate::referenced::Referenced;
use crate::settings::{About, LossSettings, Sampling};

/// Pairwise DPO over a pool of the policy's top items.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RoDpo {
    /// Items in the pool: the policy's best ones that are neither the positive nor seen.
    #[schemars(range(min = 1))]
    pub pool: usize,
    /// Steps between refreshes of the policy that fills the pool.
    #[schemars(range(min = 1))]
    pub refresh: usize,
    /// Draw from the pool by the softmax of the policy's scores at this temperature; none: uniformly.
    pub temperature: Option<f64>,
    /// Take the K best of the pool instead of drawing from it: the baseline of the paper.
    pub deterministic: bool,
    /// Strength of the pull; none: `preference.beta`.
    pub beta: Option<f64>,
    /// Weight `a` of a likelihood term `-a logp(w)` that is added.
    pub nll: f64,
}

impl Default for RoDpo {
    fn default() -> Self {
        Self { pool: 50, refresh: 1, temperature: None, deterministic: false, beta: None, nll: 0.0 }
    }
}

impl RoDpo {
    fn referenced(&self) -> Referenced {
        Referenced { beta: self.beta, nll: self.nll }
    }
}

impl Identify for RoDpo {
    fn identify(&self, identity: &mut Identity) {
        identity.field("pool", &self.pool);
        identity.field("refresh", &self.refresh);
        identity.field("temperature", &self.temperature);
        identity.added("deterministic", &self.deterministic, &false);
        self.referenced().identify(identity);
    }
}

impl LossSettings for RoDpo {
    fn about(&self) -> About {
        About {
            title: "RoDPO",
            formula: "mean_i -log sigma(m_i), negatives from the policy's current top items",
            source: "arXiv 2603.29259; pool and temperature are prefsweep's own",
        }
    }

    fn beta(&self) -> Option<f64> {
        self.beta
    }

    fn sampling(&self) -> Sampling {
        Sampling::PolicyPool {
            size: self.pool,
            refresh: self.refresh,
            temperature: self.temperature,
            deterministic: self.deterministic,
        }
    }

    fn check(&self, negatives: usize) -> Result<(), InvalidSetting> {
        if self.pool < negatives {
            let allowed = format!("at least the largest number of negatives, here {negatives}");
            return Err(InvalidSetting::new("pool", self.pool, allowed));
        }
        InvalidSetting::at_least("refresh", self.refresh, 1)?;
        self.referenced().check()?;
        if let Some(temperature) = self.temperature.filter(|_| self.deterministic) {
            let allowed = "no temperature beside `deterministic: true`, which draws nothing";
            return Err(InvalidSetting::new("temperature", temperature, allowed));
        }
        self.temperature.map_or(Ok(()), |found| InvalidSetting::positive("temperature", found))
    }
}

impl MarginLoss for RoDpo {
    fn form(&self) -> MarginForm {
        let form = MarginForm::new(Compared::LogRatio, Aggregation::Pairs);
        MarginForm { likelihood: self.nll, ..form }
    }
}
