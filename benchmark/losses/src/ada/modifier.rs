//! The modifier: a margin loss made of another.

use prefsweep_datasets::InvalidSetting;
use prefsweep_store::{Identify, Identity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::base::Base;
use crate::margin::{
    Aggregation, Balance, Choose, ClipOver, Compared, Effect, MarginForm, MarginLoss, Ratio,
};
use crate::settings::{About, LossSettings, Sampling};

/// AdaDPO over a margin loss.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Ada")]
pub struct Ada<L> {
    /// The base loss: any margin loss but `mppo`.
    pub over: L,
    /// The largest coefficient.
    #[serde(default = "two")]
    pub clip: f64,
    /// What the coefficient acts on: the positive's term, or its gradient alone.
    #[serde(default = "coefficient")]
    pub form: Effect,
    /// Of which probabilities the ratio is: the policy's, or those relative to the reference.
    #[serde(default = "policy")]
    pub ratio: Ratio,
    /// What is clipped: each pair's ratio or, for `dmpo`, `s_dpo` and what aggregates like them, the mean
    /// of a position's.
    #[serde(default = "pair")]
    pub clip_over: ClipOver,
    /// Of probabilities per token; with titles.
    #[serde(default)]
    pub per_token: bool,
}

pub(super) fn two() -> f64 {
    2.0
}

pub(super) fn coefficient() -> Effect {
    Effect::Coefficient
}

pub(super) fn policy() -> Ratio {
    Ratio::Policy
}

fn pair() -> ClipOver {
    ClipOver::Pair
}

impl<L> Ada<L> {
    /// AdaDPO as published, over a loss.
    #[must_use]
    pub fn over(over: L) -> Self {
        Self {
            over,
            clip: two(),
            form: coefficient(),
            ratio: policy(),
            clip_over: pair(),
            per_token: false,
        }
    }
}

/// Writes the settings of the coefficients.
pub(super) fn identify_coefficients(
    identity: &mut Identity,
    clip: f64,
    form: Effect,
    ratio: Ratio,
    per_token: bool,
) {
    identity.field("clip", &clip);
    identity.field(
        "form",
        match form {
            Effect::Coefficient => "coefficient",
            Effect::Gradient => "gradient",
        },
    );
    identity.field(
        "ratio",
        match ratio {
            Ratio::Policy => "policy",
            Ratio::Relative => "relative",
        },
    );
    identity.field("per_token", &per_token);
}

impl<L: Base> Ada<L> {
    /// The base loss as a margin loss.
    ///
    /// # Panics
    /// When it is none, which [`LossSettings::check`] refuses.
    fn base(&self) -> &dyn MarginLoss {
        self.over.as_loss().as_margin().expect("the base was checked to be a margin loss")
    }

    /// What is wrong with a base loss of margins, if anything.
    fn check_base(&self) -> Option<&'static str> {
        let base = self.base();
        let form = base.form();
        if form.balance.is_some() {
            return Some("another loss: pairs are balanced once");
        }
        if form.compared == Compared::Probability {
            return Some(
                "another loss: this one compares probabilities, so that its pairs are balanced as they \
                 are",
            );
        }
        let raises = |chooser: &dyn Choose| chooser.raised(&[0.0, 0.0]).is_some();
        base.chooser().is_some_and(raises).then_some(
            "a loss without `floor`, which adds equal weights to both sides of a pair by itself",
        )
    }
}

impl<L: Identify> Identify for Ada<L> {
    fn identify(&self, identity: &mut Identity) {
        identity.part("over", &self.over);
        identify_coefficients(identity, self.clip, self.form, self.ratio, self.per_token);
        identity.field(
            "clip_over",
            match self.clip_over {
                ClipOver::Pair => "pair",
                ClipOver::Mean => "mean",
            },
        );
    }
}

impl<L: Base> LossSettings for Ada<L> {
    fn about(&self) -> About {
        About {
            title: "AdaDPO",
            formula: "the base loss with x_i = b_i (c_i a(w) - a(i)) - o_i, c_i = min(p(w) / p(i), clip)",
            source: "arXiv 2605.28440, published over DPO",
        }
    }

    fn beta(&self) -> Option<f64> {
        self.over.as_loss().beta()
    }

    fn has_strength(&self) -> bool {
        self.over.as_loss().has_strength()
    }

    fn sampling(&self) -> Sampling {
        self.over.as_loss().sampling()
    }

    fn check(&self, negatives: usize) -> Result<(), InvalidSetting> {
        let refused = |allowed| Err(InvalidSetting::new("over", self.over.name(), allowed));
        let base = self.over.as_loss();
        if base.as_margin().is_none() {
            return refused(
                "a loss of margins between the positive and each negative: AdaDPO balances the two sides \
                 of each pair, and this loss has no pairs",
            );
        }
        let within =
            |setting: InvalidSetting| setting.within(&format!("over.{}", self.over.name()));
        // A modifier knows its form once its own base is checked.
        base.check(negatives).map_err(within)?;
        if let Some(allowed) = self.check_base() {
            return refused(allowed);
        }
        let form = self.base().form();
        if self.ratio == Ratio::Relative && form.compared != Compared::LogRatio {
            let allowed = "policy: the base loss has no reference to be relative to";
            return Err(InvalidSetting::new("ratio", "relative", allowed));
        }
        let as_one = matches!(form.aggregation, Aggregation::Inside | Aggregation::Soft);
        if self.clip_over == ClipOver::Mean && !as_one {
            let allowed = "pair: in the base loss every pair counts for itself";
            return Err(InvalidSetting::new("clip_over", "mean", allowed));
        }
        InvalidSetting::positive("clip", self.clip)
    }
}

impl<L: Base> MarginLoss for Ada<L> {
    fn form(&self) -> MarginForm {
        let balance = Balance {
            clip: self.clip,
            effect: self.form,
            ratio: self.ratio,
            clip_over: self.clip_over,
            per_token: self.per_token,
        };
        MarginForm { balance: Some(balance), ..self.base().form() }
    }

    fn chooser(&self) -> Option<&dyn Choose> {
        self.base().chooser()
    }
}
