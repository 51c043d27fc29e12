//! Which negatives enter, and how strongly, on the host and in double precision.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::boundary::{boundary_set, easy_mean};

/// Which negatives enter the loss.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Selection {
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

/// The settings of DynamicPO apart from its base loss.
#[derive(Clone, Copy, Debug)]
pub(super) struct Choice {
    pub(super) selection: Selection,
    pub(super) margin: Margin,
    pub(super) c: f64,
}

impl Choice {
    /// For each negative its strength if it enters the loss, 0 if it does not; `scores` are the
    /// policy's, the positive first.
    pub(super) fn strengths(self, scores: &[f64], beta: f64) -> Vec<f64> {
        let (positive, negatives) = (scores[0], &scores[1..]);
        let boundary = boundary_set(positive, negatives);
        let easy_mean = easy_mean(negatives, &boundary);
        let used = |index: usize| self.selection == Selection::All || boundary[index];
        (0..negatives.len())
            .map(|index| match self.margin {
                _ if !used(index) => 0.0,
                Margin::Fixed => beta,
                Margin::Dual => dual_margin(positive, negatives[index], easy_mean, beta, self.c),
            })
            .collect()
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
