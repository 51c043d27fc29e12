//! cDPO: `mean_i -(1 - e) log sigma(m_i) - e log sigma(-m_i)`: DPO with smoothed labels.
//!
//! Mitchell, "A note on DPO with noisy preferences and relationship to IPO" (2023). A margin beyond
//! `log((1 - e) / e)` is pulled back: weights may be negative.

use prefsweep_datasets::InvalidSetting;
use prefsweep_store::{Identify, Identity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::margin::{Aggregation, Compared, MarginForm, MarginLoss, Penalty};
use crate::noisy::Noisy;
use crate::settings::{About, LossSettings};

/// DPO with smoothed labels.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct CDpo(pub Noisy);

impl Identify for CDpo {
    fn identify(&self, identity: &mut Identity) {
        self.0.identify(identity);
    }
}

impl LossSettings for CDpo {
    fn about(&self) -> About {
        About {
            title: "cDPO",
            formula: "mean_i -(1 - e) log sigma(m_i) - e log sigma(-m_i)",
            source: "Mitchell 2023, https://ericmitchell.ai/cdpo.pdf, over K pairs",
        }
    }

    fn beta(&self) -> Option<f64> {
        self.0.beta
    }

    fn check(&self, _negatives: usize) -> Result<(), InvalidSetting> {
        self.0.check()
    }
}

impl MarginLoss for CDpo {
    fn form(&self) -> MarginForm {
        MarginForm {
            penalty: Penalty::Smoothed(self.0.epsilon),
            likelihood: self.0.nll,
            ..MarginForm::new(Compared::LogRatio, Aggregation::Pairs)
        }
    }
}
