//! RoDPO: pairwise DPO whose negatives are drawn from the policy's current top items.
//!
//! The published pool size and temperature could not be read; the defaults here are prefsweep's own.

use burn::Tensor;
use prefsweep_datasets::InvalidSetting;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::dpo::{pairwise, pairwise_closed_form};
use super::{ClosedForm, PreferenceLoss, Sampling};

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
}

impl Default for RoDpo {
    fn default() -> Self {
        Self { pool: 50, refresh: 1, temperature: None }
    }
}

impl PreferenceLoss for RoDpo {
    fn label(&self) -> String {
        let defaults = Self::default();
        let mut settings = Vec::new();
        if self.pool != defaults.pool {
            settings.push(format!("pool={}", self.pool));
        }
        if self.refresh != defaults.refresh {
            settings.push(format!("refresh={}", self.refresh));
        }
        if let Some(temperature) = self.temperature {
            settings.push(format!("temperature={temperature}"));
        }
        if settings.is_empty() {
            "ro_dpo".into()
        } else {
            format!("ro_dpo({})", settings.join(", "))
        }
    }

    fn per_sample(&self, policy: Tensor<2>, reference: Tensor<2>, beta: f64) -> Tensor<1> {
        pairwise(policy, reference, beta)
    }

    fn closed_form(&self, policy: &[f64], reference: &[f64], beta: f64) -> ClosedForm {
        pairwise_closed_form(policy, reference, beta)
    }

    fn sampling(&self) -> Sampling {
        Sampling::PolicyPool {
            size: self.pool,
            refresh: self.refresh,
            temperature: self.temperature,
        }
    }

    fn check(&self, negatives: usize) -> Result<(), InvalidSetting> {
        let invalid = |key: &str, found: String, allowed: String| {
            Err(InvalidSetting { key: format!("ro_dpo.{key}"), found, allowed })
        };
        if self.pool < negatives {
            return invalid(
                "pool",
                self.pool.to_string(),
                format!("at least the largest number of negatives, here {negatives}"),
            );
        }
        if self.refresh == 0 {
            return invalid("refresh", "0".into(), "at least 1".into());
        }
        match self.temperature {
            Some(temperature) if !(temperature.is_finite() && temperature > 0.0) => {
                invalid("temperature", temperature.to_string(), "a finite number above 0".into())
            }
            _ => Ok(()),
        }
    }
}
