//! DynamicPO: only boundary negatives enter the loss, each with a margin strength of its own.
//!
//! Two parts, each of which can be switched off:
//! - *selection*: the boundary set `B` holds the negatives that the policy scores at or above the
//!   positive or, if there is none, the top cluster of a one-dimensional k-means with
//!   `min(3, K)` clusters over the negatives' scores; the easy set `E` is the rest (`B` if empty);
//! - *dual margin*: `beta_b = beta (1 + tanh((d1 - d2 - c) / (|d1| + |d2|)) / 2)` with
//!   `d1 = s(w) - s(b)` and `d2 = s(b) - mean_E s`, without gradient.
//!
//! Over DMPO: `-log sigma(mean_B beta_b (rho(w) - rho(b)))`.
//! Over S-DPO: `log(1 + sum_B exp(beta_b (rho(b) - rho(w))))`.
//!
//! `B` and `beta_b` are discrete or gradient-free functions of the scores: they enter the loss as
//! constants. On the CPU they are computed in double precision, sample by sample; on a GPU as
//! tensors, so that the host need not wait for the scores.

mod on_device;
mod sets;

use burn::Tensor;
use burn::tensor::TensorData;
use burn::tensor::activation::log_sigmoid;
use prefsweep_datasets::InvalidSetting;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::s_dpo::softmax_with_zero;
use super::{
    ClosedForm, LossConfig, PreferenceLoss, log_one_plus_sum_exp, log_ratios, sigmoid, softplus,
    split,
};
use crate::device::Backend;
use crate::gradients::host;
use sets::{boundary_set, easy_mean};

/// The loss that DynamicPO is applied to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Over {
    /// DMPO's mean inside the sigmoid.
    Dmpo,
    /// S-DPO's softmax.
    SDpo,
}

/// Which negatives enter the loss.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Boundary {
    /// The boundary set.
    Dynamic,
    /// All negatives: the ablation without selection.
    All,
}

/// The strength of each margin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Margin {
    /// `beta_b`, from the two margins of each boundary negative.
    Dual,
    /// `beta`, the same for all: the ablation without dual margins.
    Fixed,
}

/// DynamicPO and its ablations.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DynamicPo {
    /// The loss underneath.
    pub over: Over,
    /// Which negatives enter the loss.
    #[serde(default = "dynamic")]
    pub selection: Boundary,
    /// The strength of each margin.
    #[serde(default = "dual")]
    pub margin: Margin,
    /// The constant `c` of the dual margin: 2 in the authors' current trainer, 6 in an earlier one.
    #[serde(default = "two")]
    pub c: f64,
}

fn dynamic() -> Boundary {
    Boundary::Dynamic
}

fn dual() -> Margin {
    Margin::Dual
}

fn two() -> f64 {
    2.0
}

impl DynamicPo {
    /// DynamicPO as published, over a loss.
    #[must_use]
    pub fn over(over: Over) -> Self {
        Self { over, selection: dynamic(), margin: dual(), c: two() }
    }

    /// For each negative its `beta_b` if it enters the loss, 0 if it does not; `scores` are the
    /// policy's, the positive first.
    fn strengths(&self, scores: &[f64], beta: f64) -> Vec<f64> {
        let (positive, negatives) = (scores[0], &scores[1..]);
        let boundary = boundary_set(positive, negatives);
        let easy_mean = easy_mean(negatives, &boundary);
        let used = |index: usize| self.selection == Boundary::All || boundary[index];
        (0..negatives.len())
            .map(|index| match self.margin {
                _ if !used(index) => 0.0,
                Margin::Fixed => beta,
                Margin::Dual => dual_margin(positive, negatives[index], easy_mean, beta, self.c),
            })
            .collect()
    }

    /// The same for rows of scores, `[P, 1 + K]`, and 1 for those that enter the loss, 0 for the
    /// others; both `[P, K]`.
    fn strengths_on_host(&self, policy: Tensor<2>, beta: f64) -> [Tensor<2>; 2] {
        let [samples, items] = policy.dims();
        let device = policy.device();
        let scores = host(policy);
        let strengths: Vec<f32> = scores
            .chunks_exact(items)
            .flat_map(|row| {
                let row: Vec<f64> = row.iter().map(|&score| f64::from(score)).collect();
                self.strengths(&row, beta)
            })
            .map(|strength| strength as f32)
            .collect();
        let used = strengths.iter().map(|&s| if s > 0.0 { 1.0 } else { 0.0 }).collect();
        [strengths, used]
            .map(|values| Tensor::from_data(TensorData::new(values, [samples, items - 1]), &device))
    }
}

impl PreferenceLoss for DynamicPo {
    fn label(&self) -> String {
        let mut settings = vec![match self.over {
            Over::Dmpo => "dmpo".to_owned(),
            Over::SDpo => "s_dpo".to_owned(),
        }];
        if self.selection == Boundary::All {
            settings.push("all negatives".into());
        }
        if self.margin == Margin::Fixed {
            settings.push("fixed margin".into());
        } else if self.c != two() {
            settings.push(format!("c={}", self.c));
        }
        format!("dynamic_po({})", settings.join(", "))
    }

    fn per_sample(&self, policy: Tensor<2>, reference: Tensor<2>, beta: f64) -> Tensor<1> {
        let constant = policy.clone().inner();
        let on_cpu = Backend::of(&constant.device()).is_cpu();
        let [strengths, used] = if on_cpu || !on_device::fits(&constant) {
            self.strengths_on_host(constant, beta)
        } else {
            on_device::strengths(self, constant, beta)
        };
        let (positive, negatives) = split(policy - reference);
        let margins = (positive - negatives) * strengths;
        match self.over {
            Over::Dmpo => {
                let mean = margins.sum_dim(1) / used.sum_dim(1);
                log_sigmoid(mean).neg().squeeze_dim(1)
            }
            // A negative outside B must add nothing to the sum: exp(-1e4) is zero.
            Over::SDpo => log_one_plus_sum_exp((used - 1.0) * 1e4 - margins),
        }
    }

    /// Weight of `b` in B: over DMPO `beta_b / |B| sigma(-u)`, over S-DPO
    /// `beta_b exp(-m_b) / (1 + sum_B exp(-m_j))`; 0 outside B.
    fn closed_form(&self, policy: &[f64], reference: &[f64], beta: f64) -> ClosedForm {
        let rho = log_ratios(policy, reference);
        let strengths = self.strengths(policy, beta);
        let used: Vec<usize> = (0..strengths.len()).filter(|&i| strengths[i] > 0.0).collect();
        let count = used.len() as f64;
        let margin = |index: usize| strengths[index] * (rho[0] - rho[index + 1]);
        let mut negative_weights = vec![0.0; strengths.len()];
        let total: f64 = strengths.iter().sum();
        let (loss, at_reference, positive_weight_at_reference) = match self.over {
            Over::Dmpo => {
                let mean = used.iter().map(|&index| margin(index)).sum::<f64>() / count;
                for &index in &used {
                    negative_weights[index] = strengths[index] / count * sigmoid(-mean);
                }
                (softplus(-mean), std::f64::consts::LN_2, total / count / 2.0)
            }
            Over::SDpo => {
                let exponents: Vec<f64> = used.iter().map(|&index| -margin(index)).collect();
                let (loss, shares) = softmax_with_zero(&exponents);
                for (&index, share) in used.iter().zip(shares) {
                    negative_weights[index] = strengths[index] * share;
                }
                (loss, count.ln_1p(), total / (1.0 + count))
            }
        };
        ClosedForm {
            loss,
            at_reference,
            positive_weight: negative_weights.iter().sum(),
            positive_weight_at_reference,
            negative_weights,
            strengths: (self.margin == Margin::Dual).then_some(strengths),
        }
    }

    fn same_as(&self, negatives: usize) -> Option<LossConfig> {
        // With one negative, B holds it, and both losses are -log sigma(beta_b (rho_w - rho_b)).
        (negatives == 1 && self.over == Over::SDpo)
            .then(|| LossConfig::DynamicPo(Self { over: Over::Dmpo, ..self.clone() }))
    }

    fn check(&self, _negatives: usize) -> Result<(), InvalidSetting> {
        if self.c.is_finite() {
            Ok(())
        } else {
            Err(InvalidSetting {
                key: "dynamic_po.c".into(),
                found: self.c.to_string(),
                allowed: "a finite number".into(),
            })
        }
    }
}

/// `beta (1 + tanh((d1 - d2 - c) / (|d1| + |d2|)) / 2)`.
///
/// Both margins zero is the limit of a vanishing denominator: the tangent is then -1 for c > 0,
/// +1 for c < 0 and 0 for c = 0.
fn dual_margin(positive: f64, negative: f64, easy_mean: f64, beta: f64, c: f64) -> f64 {
    let (d1, d2) = (positive - negative, negative - easy_mean);
    let scale = (d1.abs() + d2.abs()).max(f64::MIN_POSITIVE);
    beta * (1.0 + 0.5 * ((d1 - d2 - c) / scale).tanh())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dual_margin_stays_within_its_bounds() {
        for (positive, negative, easy) in [(0.0, 0.0, 0.0), (5.0, -3.0, -9.0), (-4.0, 7.0, 0.0)] {
            let strength = dual_margin(positive, negative, easy, 1.0, 2.0);
            assert!((0.5..=1.5).contains(&strength), "{strength}");
        }
    }
}
