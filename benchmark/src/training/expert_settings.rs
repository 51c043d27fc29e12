//! How the two stages train the experts of a model that has some (`model.experts`).

use prefsweep_datasets::InvalidSetting;
use prefsweep_policy::Routing;
use prefsweep_store::{Identify, Identity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How the reference stage trains experts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ReferenceExperts {
    /// Weight of the load balancing, which evens out how much each expert is used: `balance E sum_e f_e P_e` with
    /// an expert's share `f_e` of the positions and its mean probability `P_e`, summed over blocks. It is trained
    /// beside the objective and is not part of the recorded loss.
    pub balance: f64,
}

/// How the preference stage trains experts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PreferenceExperts {
    /// Whether routers are trained: where the route of a position changes, its log-ratios jump.
    pub router: Router,
    /// Weight of the load balancing, as in the reference stage; not part of the recorded loss.
    pub balance: f64,
}

/// What becomes of the routers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Router {
    /// They are trained like everything else.
    Trained,
    /// They stay those of the reference.
    Frozen,
}

impl Default for ReferenceExperts {
    fn default() -> Self {
        Self { balance: 0.01 }
    }
}

impl Default for PreferenceExperts {
    fn default() -> Self {
        Self { router: Router::Trained, balance: 0.001 }
    }
}

impl ReferenceExperts {
    /// What the engine needs to know.
    #[must_use]
    pub fn routing(&self) -> Routing {
        Routing { balance: self.balance, frozen: false }
    }

    /// Whether the settings are possible; keys are relative to `reference`.
    pub(super) fn check(&self) -> Result<(), InvalidSetting> {
        InvalidSetting::not_negative("experts.balance", self.balance)
    }
}

impl PreferenceExperts {
    /// What the engine needs to know.
    #[must_use]
    pub fn routing(&self) -> Routing {
        Routing { balance: self.balance, frozen: self.router == Router::Frozen }
    }

    /// Whether the settings are possible; keys are relative to `preference`.
    pub(super) fn check(&self) -> Result<(), InvalidSetting> {
        InvalidSetting::not_negative("experts.balance", self.balance)
    }
}

impl Router {
    /// The name in YAML.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Trained => "trained",
            Self::Frozen => "frozen",
        }
    }
}

impl Identify for ReferenceExperts {
    fn identify(&self, identity: &mut Identity) {
        identity.added("balance", &self.balance, &Self::default().balance);
    }
}

impl Identify for PreferenceExperts {
    fn identify(&self, identity: &mut Identity) {
        let Self { router, balance } = Self::default();
        identity.added("router", &self.router.name().to_owned(), &router.name().to_owned());
        identity.added("balance", &self.balance, &balance);
    }
}
