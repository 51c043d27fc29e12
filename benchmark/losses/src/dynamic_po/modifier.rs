//! The modifier: a margin loss made of another.

use burn::Tensor;
use burn::tensor::{DType, TensorData};
use prefsweep_datasets::InvalidSetting;
use prefsweep_store::{Identify, Identity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::choice::{Choice, Margin, Selection};
use super::on_device;
use crate::base::Base;
use crate::margin::{Aggregation, Chosen, ChosenTensors, Compared, MarginLoss};
use crate::settings::{LossSettings, Sampling};

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
    /// The constant `c` of the dual margin: 2 in the authors' current trainer, 6 in an earlier one.
    #[serde(default = "two")]
    pub c: f64,
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
        Self { over, selection: dynamic(), margin: dual(), c: two() }
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
        identity.field(
            "selection",
            match self.selection {
                Selection::Dynamic => "dynamic",
                Selection::All => "all",
            },
        );
        identity.field(
            "margin",
            match self.margin {
                Margin::Dual => "dual",
                Margin::Fixed => "fixed",
            },
        );
        identity.field("c", &self.c);
    }
}

impl<L: Base> LossSettings for DynamicPo<L> {
    fn beta(&self) -> Option<f64> {
        self.over.as_loss().beta()
    }

    fn sampling(&self) -> Sampling {
        self.over.as_loss().sampling()
    }

    fn check(&self, negatives: usize) -> Result<(), InvalidSetting> {
        let base = self.over.as_loss();
        if self.over.name() == "dynamic_po" {
            let allowed = "another loss: DynamicPO chooses negatives once";
            return Err(InvalidSetting::new("over", self.over.name(), allowed));
        }
        if base.as_margin().is_none() {
            let allowed = "a loss of margins between the positive and each negative, which is what \
                           DynamicPO chooses and weighs";
            return Err(InvalidSetting::new("over", self.over.name(), allowed));
        }
        let within =
            |setting: InvalidSetting| setting.within(&format!("over.{}", self.over.name()));
        base.check(negatives).map_err(within)?;
        InvalidSetting::finite("c", self.c)
    }
}

impl<L: Base> MarginLoss for DynamicPo<L> {
    fn compared(&self) -> Compared {
        self.base().compared()
    }

    fn aggregation(&self) -> Aggregation {
        self.base().aggregation()
    }

    fn offset(&self) -> f64 {
        self.base().offset()
    }

    fn likelihood(&self) -> f64 {
        self.base().likelihood()
    }

    fn choose(&self, scores: &[f64], beta: f64) -> Option<Chosen> {
        let strengths = self.choice().strengths(scores, beta);
        Some(Chosen { strengths, adaptive: self.margin == Margin::Dual })
    }

    fn choose_tensors(&self, scores: Tensor<2>, beta: f64, on_host: bool) -> Option<ChosenTensors> {
        Some(if on_host || !on_device::fits(&scores) {
            on_host_of(self.choice(), scores, beta)
        } else {
            on_device::choose(self.choice(), scores, beta)
        })
    }
}

/// Strengths computed sample by sample, for scores `[P, 1 + K]`.
fn on_host_of(choice: Choice, scores: Tensor<2>, beta: f64) -> ChosenTensors {
    let [samples, items] = scores.dims();
    // In training scores have 32 bits, in closed forms by differentiation 64.
    let options = (&scores.device(), scores.dtype());
    let scores: Vec<f64> = match options.1 {
        DType::F64 => scores.try_into_vec_as().expect("scores are floats"),
        _ => {
            let scores: Vec<f32> = scores.try_into_vec_as().expect("scores are floats");
            scores.into_iter().map(f64::from).collect()
        }
    };
    let strengths: Vec<f64> =
        scores.chunks_exact(items).flat_map(|row| choice.strengths(row, beta)).collect();
    let used = strengths.iter().map(|&s| if s > 0.0 { 1.0 } else { 0.0 }).collect();
    let [strengths, used] = [strengths, used].map(|values: Vec<f64>| {
        Tensor::from_data(TensorData::new(values, [samples, items - 1]), options)
    });
    ChosenTensors { strengths, used }
}
