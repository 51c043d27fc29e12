//! The modifier: a margin loss made of another.

use burn::Tensor;
use burn::tensor::TensorData;
use prefsweep_datasets::InvalidSetting;
use prefsweep_store::{Identify, Identity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::boundary::boundary_set;
use super::choice::{Choice, Margin, Selection};
use super::on_device;
use crate::base::Base;
use crate::formulas::numbers;
use crate::margin::{
    Aggregation, Choose, Chosen, ChosenTensors, Compared, MarginForm, MarginLoss, Offset, Penalty,
};
use crate::settings::{About, LossSettings, Sampling};

/// DynamicPO and its ablations.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "DynamicPo")]
pub struct DynamicPo<L> {
    /// The base loss: any margin loss.
    pub over: L,
    /// Which negatives enter the loss.
    #[serde(default = "dynamic")]
    pub selection: Selection,
    /// The strength of each margin.
    #[serde(default = "dual")]
    pub margin: Margin,
    /// The constant `c` of the dual margin: 2 in the authors' trainer.
    #[serde(default = "two")]
    pub c: f64,
    /// Raise the weight of each boundary negative to what it would be as the only negative, and keep the
    /// others: undoes gradient suppression without removing a negative. With `selection: all` and
    /// `margin: fixed`, over `dpo`, `ro_dpo`, `s_dpo` or `dmpo`.
    #[serde(default)]
    pub floor: bool,
}

fn dynamic() -> Selection {
    Selection::Dynamic
}

fn dual() -> Margin {
    Margin::Dual
}

fn two() -> f64 {
    2.0
}

impl<L> DynamicPo<L> {
    /// DynamicPO as published, over a loss.
    #[must_use]
    pub fn over(over: L) -> Self {
        Self { over, selection: dynamic(), margin: dual(), c: two(), floor: false }
    }

    fn choice(&self) -> Choice {
        Choice { selection: self.selection, margin: self.margin, c: self.c }
    }
}

impl<L: Base> DynamicPo<L> {
    /// The base loss as a margin loss.
    ///
    /// # Panics
    /// When it is none, which [`LossSettings::check`] refuses.
    fn base(&self) -> &dyn MarginLoss {
        self.over.as_loss().as_margin().expect("the base was checked to be a margin loss")
    }
}

impl<L: Identify> Identify for DynamicPo<L> {
    fn identify(&self, identity: &mut Identity) {
        identity.part("over", &self.over);
        identity.field("selection", self.selection.name());
        identity.field(
            "margin",
            match self.margin {
                Margin::Dual => "dual",
                Margin::Fixed => "fixed",
            },
        );
        identity.field("c", &self.c);
        identity.added("floor", &self.floor, &false);
    }
}

impl<L: Base> LossSettings for DynamicPo<L> {
    fn about(&self) -> About {
        About {
            title: "DynamicPO",
            formula: "the base loss over the boundary negatives b alone, each with a strength beta_b",
            source: "arXiv 2605.00327, published over DMPO",
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
        let base = self.over.as_loss();
        let Some(margins) = base.as_margin() else {
            let allowed = "a loss of margins between the positive and each negative, which is what \
                           DynamicPO chooses and weighs";
            return Err(InvalidSetting::new("over", self.over.name(), allowed));
        };
        let within =
            |setting: InvalidSetting| setting.within(&format!("over.{}", self.over.name()));
        // A modifier knows what it chooses once its own base is checked.
        base.check(negatives).map_err(within)?;
        if margins.chooser().is_some() {
            let allowed = "another loss: DynamicPO chooses negatives once";
            return Err(InvalidSetting::new("over", self.over.name(), allowed));
        }
        self.check_floor()?;
        InvalidSetting::finite("c", self.c)
    }
}

impl<L: Base> MarginLoss for DynamicPo<L> {
    fn form(&self) -> MarginForm {
        self.base().form()
    }

    fn chooser(&self) -> Option<&dyn Choose> {
        Some(self)
    }
}

impl<L: Base> Choose for DynamicPo<L> {
    fn raised(&self, scores: &[f64]) -> Option<Vec<bool>> {
        self.floor.then(|| boundary_set(scores[0], &scores[1..]))
    }

    fn needs_keys(&self) -> bool {
        self.selection == Selection::Random
    }

    fn choose(&self, scores: &[f64], keys: Option<&[f64]>, beta: f64) -> Chosen {
        let strengths = self.choice().strengths(scores, keys, beta);
        Chosen { strengths, adaptive: self.margin == Margin::Dual }
    }

    fn choose_tensors(
        &self,
        scores: Tensor<2>,
        keys: Option<Tensor<2>>,
        beta: f64,
        on_host: bool,
    ) -> ChosenTensors {
        if on_host || !on_device::fits(self.choice(), &scores) {
            on_host_of(self.choice(), scores, keys, beta)
        } else {
            on_device::choose(self.choice(), scores, beta)
        }
    }
}

impl<L: Base> DynamicPo<L> {
    /// A floor changes nothing else, and its formula is that of a log-ratio without offset.
    fn check_floor(&self) -> Result<(), InvalidSetting> {
        if !self.floor {
            return Ok(());
        }
        if self.selection != Selection::All {
            let allowed = "`selection: all` beside `floor: true`, which keeps all negatives";
            return Err(InvalidSetting::new("selection", self.selection.name(), allowed));
        }
        if self.margin != Margin::Fixed {
            let allowed = "`margin: fixed` beside `floor: true`";
            return Err(InvalidSetting::new("margin", "dual", allowed));
        }
        let form = self.base().form();
        if form.compared == Compared::LogRatio
            && form.aggregation != Aggregation::Total
            && form.penalty == Penalty::Logistic
            && form.offset == Offset::Constant(0.0)
            && form.guard == 0.0
            && form.balance.is_none()
            && !form.per_length
        {
            return Ok(());
        }
        let allowed = "dpo, ro_dpo, s_dpo or dmpo beside `floor: true`";
        Err(InvalidSetting::new("over", self.over.name(), allowed))
    }
}

/// Strengths computed sample by sample, for scores `[P, 1 + K]`.
fn on_host_of(
    choice: Choice,
    scores: Tensor<2>,
    keys: Option<Tensor<2>>,
    beta: f64,
) -> ChosenTensors {
    let [samples, items] = scores.dims();
    let options = (&scores.device(), scores.dtype());
    let scores = numbers(scores);
    let keys = keys.map(numbers);
    let mut keys = keys.as_ref().map(|keys| keys.chunks_exact(items - 1));
    let strengths: Vec<f64> = scores
        .chunks_exact(items)
        .flat_map(|row| choice.strengths(row, keys.as_mut().and_then(Iterator::next), beta))
        .collect();
    let used = strengths.iter().map(|&s| if s > 0.0 { 1.0 } else { 0.0 }).collect();
    let [strengths, used] = [strengths, used].map(|values: Vec<f64>| {
        Tensor::from_data(TensorData::new(values, [samples, items - 1]), options)
    });
    ChosenTensors { strengths, used }
}
