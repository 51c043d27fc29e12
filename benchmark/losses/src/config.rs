//! The registry of losses.

use prefsweep_datasets::InvalidSetting;
use prefsweep_store::{Identify, Identity, LossKey, registry};
use serde_json::Value;

use crate::ada::{Ada, AdaDpo};
use crate::apo_down::ApoDown;
use crate::apo_zero::ApoZero;
use crate::base::Base;
use crate::bce::Bce;
use crate::bco_pair::BcoPair;
use crate::bpr::Bpr;
use crate::c_dpo::CDpo;
use crate::cpo::Cpo;
use crate::cpo_sim_po::CpoSimPo;
use crate::discopop::Discopop;
use crate::dmpo::Dmpo;
use crate::dpo::Dpo;
use crate::dpo_norm::DpoNorm;
use crate::dpop::Dpop;
use crate::dynamic_po::DynamicPo;
use crate::gbce::Gbce;
use crate::hinge::Hinge;
use crate::ipo::Ipo;
use crate::loss::Loss;
use crate::mppo::Mppo;
use crate::nca::Nca;
use crate::orpo::Orpo;
use crate::r_dpo::RDpo;
use crate::rec_po::RecPo;
use crate::ro_dpo::RoDpo;
use crate::robust_dpo::RobustDpo;
use crate::s_dpo::SDpo;
use crate::s_sim_po::SSimPo;
use crate::sft::Sft;
use crate::sim_po::SimPo;
use crate::softmax_ce::SoftmaxCe;
use crate::sppo_hard::SppoHard;

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
    "mppo" => Mppo(Mppo),
    "ipo" => Ipo(Ipo),
    "orpo" => Orpo(Orpo),
    "bce" => Bce(Bce),
    "gbce" => Gbce(Gbce),
    "bpr" => Bpr(Bpr),
    "s_sim_po" => SSimPo(SSimPo),
    "cpo_sim_po" => CpoSimPo(CpoSimPo),
    "hinge" => Hinge(Hinge),
    "c_dpo" => CDpo(CDpo),
    "robust_dpo" => RobustDpo(RobustDpo),
    "nca" => Nca(Nca),
    "bco_pair" => BcoPair(BcoPair),
    "sppo_hard" => SppoHard(SppoHard),
    "apo_zero" => ApoZero(ApoZero),
    "apo_down" => ApoDown(ApoDown),
    "dpop" => Dpop(Dpop),
    "discopop" => Discopop(Discopop),
    "r_dpo" => RDpo(RDpo),
    "dpo_norm" => DpoNorm(DpoNorm),
    "rec_po" => RecPo(RecPo),
    "ada_dpo" => AdaDpo(AdaDpo),
    "dynamic_po" => DynamicPo(DynamicPo<Box<LossConfig>>),
    "ada" => Ada(Ada<Box<LossConfig>>),
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
        if let Some(same) = self.as_loss().same_as(negatives) {
            return Some(read(same));
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
