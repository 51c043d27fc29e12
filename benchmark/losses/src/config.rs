//! The registry of losses.

use prefsweep_datasets::InvalidSetting;
use prefsweep_store::{Identify, Identity, LossKey, registry};
use serde_json::Value;

use crate::base::Base;
use crate::cpo::Cpo;
use crate::dmpo::Dmpo;
use crate::dpo::Dpo;
use crate::dynamic_po::DynamicPo;
use crate::loss::Loss;
use crate::ro_dpo::RoDpo;
use crate::s_dpo::SDpo;
use crate::sft::Sft;
use crate::sim_po::SimPo;
use crate::softmax_ce::SoftmaxCe;

registry! {
    LossConfig, "Loss", a "loss"; dyn Loss by as_loss;
    "dpo" => Dpo(Dpo),
    "s_dpo" => SDpo(SDpo),
    "dmpo" => Dmpo(Dmpo),
    "ro_dpo" => RoDpo(RoDpo),
    "sim_po" => SimPo(SimPo),
    "cpo" => Cpo(Cpo),
    "sft" => Sft(Sft),
    "softmax_ce" => SoftmaxCe(SoftmaxCe),
    "dynamic_po" => DynamicPo(DynamicPo<Box<LossConfig>>),
}

/// The setting in which a modifier holds its base loss.
const BASE: &str = "over";

impl Base for Box<LossConfig> {
    fn as_loss(&self) -> &dyn Loss {
        LossConfig::as_loss(self)
    }

    fn name(&self) -> &'static str {
        LossConfig::name(self)
    }
}

impl Identify for Box<LossConfig> {
    fn identify(&self, identity: &mut Identity) {
        LossConfig::identify(self, identity);
    }
}

impl Identify for LossConfig {
    fn identify(&self, identity: &mut Identity) {
        identity.field("loss", self.name());
        identity.version("loss", self.as_loss().version());
        self.as_loss().identify(identity);
    }
}

impl LossConfig {
    /// What the loss is, in results.
    #[must_use]
    pub fn key(&self) -> LossKey {
        LossKey::of(self)
    }

    /// The strength of the pull: the loss's own, or else `preference`, that of the whole stage.
    #[must_use]
    pub fn beta(&self, preference: f64) -> f64 {
        self.as_loss().beta().unwrap_or(preference)
    }

    /// The loss that is the same function at this number of negatives, if it has another name there;
    /// such cells are trained once.
    ///
    /// # Panics
    /// When a loss names one that does not exist.
    #[must_use]
    pub fn trained_as(&self, negatives: usize) -> Option<Self> {
        let read = |value: Value| -> Self {
            serde_json::from_value(value).expect("what was written is read")
        };
        if let Some(name) = self.as_loss().same_as(negatives) {
            return Some(read(Value::from(name)));
        }
        let mut value = serde_json::to_value(self).expect("settings are plain data");
        let base = value.get_mut(self.name())?.get_mut(BASE)?;
        let same = read(base.clone()).trained_as(negatives)?;
        *base = serde_json::to_value(same).expect("settings are plain data");
        Some(read(value))
    }

    /// Whether the settings are possible with this number of negatives.
    ///
    /// # Errors
    /// The setting that is not, its key relative to `sweep.losses`.
    pub fn check(&self, negatives: usize) -> Result<(), InvalidSetting> {
        self.as_loss().check(negatives).map_err(|setting| setting.within(self.name()))
    }
}
