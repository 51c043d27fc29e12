//! AdaDPO as published: over DPO.

use prefsweep_datasets::InvalidSetting;
use prefsweep_store::{Identify, Identity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::modifier::{coefficient, identify_coefficients, policy, two};
use crate::margin::{
    Aggregation, Balance, ClipOver, Compared, Effect, MarginForm, MarginLoss, Ratio,
};
use crate::referenced::Referenced;
use crate::settings::{About, LossSettings};

/// AdaDPO over DPO: the same as `ada: {over: dpo}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AdaDpo {
    /// The largest coefficient.
    pub clip: f64,
    /// What the coefficient acts on: the positive's term, or its gradient alone.
    pub form: Effect,
    /// Of which probabilities the ratio is: the policy's, or those relative to the reference.
    pub ratio: Ratio,
    /// Of probabilities per token; with titles.
    pub per_token: bool,
    /// Strength of the pull; none: `preference.beta`.
    pub beta: Option<f64>,
    /// Weight `a` of a likelihood term `-a logp(w)` that is added.
    pub nll: f64,
}

impl Default for AdaDpo {
    fn default() -> Self {
        Self {
            clip: two(),
            form: coefficient(),
            ratio: policy(),
            per_token: false,
            beta: None,
            nll: 0.0,
        }
    }
}

impl AdaDpo {
    fn referenced(&self) -> Referenced {
        Referenced { beta: self.beta, nll: self.nll }
    }
}

impl Identify for AdaDpo {
    fn identify(&self, identity: &mut Identity) {
        identify_coefficients(identity, self.clip, self.form, self.ratio, self.per_token);
        self.referenced().identify(identity);
    }
}

impl LossSettings for AdaDpo {
    fn about(&self) -> About {
        About {
            title: "AdaDPO",
            formula: "mean_i -log sigma(beta (c_i rho(w) - rho(i))), c_i = min(p(w) / p(i), clip)",
            source: "arXiv 2605.28440, over K pairs",
        }
    }

    fn beta(&self) -> Option<f64> {
        self.beta
    }

    fn same_as(&self, _negatives: usize) -> Option<Value> {
        let Self { clip, form, ratio, per_token, .. } = self;
        Some(json!({"ada": {
            "over": {"dpo": self.referenced()},
            "clip": clip,
            "form": form,
            "ratio": ratio,
            "per_token": per_token,
        }}))
    }

    fn check(&self, _negatives: usize) -> Result<(), InvalidSetting> {
        self.referenced().check()?;
        InvalidSetting::positive("clip", self.clip)
    }
}

impl MarginLoss for AdaDpo {
    fn form(&self) -> MarginForm {
        let balance = Balance {
            clip: self.clip,
            effect: self.form,
            ratio: self.ratio,
            clip_over: ClipOver::Pair,
            per_token: self.per_token,
        };
        MarginForm {
            balance: Some(balance),
            likelihood: self.nll,
            ..MarginForm::new(Compared::LogRatio, Aggregation::Pairs)
        }
    }
}
