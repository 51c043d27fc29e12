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
    /// As many negatives as the boundary set holds, at random: whether their number is what matters.
    Random,
    /// As many negatives as the boundary set holds, those with the lowest scores.
    Easiest,
}

impl Selection {
    /// The name in YAML.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Dynamic => "dynamic",
            Self::All => "all",
            Self::Random => "random",
            Self::Easiest => "easiest",
        }
    }
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
    /// policy's, the positive first, `keys` random numbers for a random selection.
    pub(super) fn strengths(self, scores: &[f64], keys: Option<&[f64]>, beta: f64) -> Vec<f64> {
        let (positive, negatives) = (scores[0], &scores[1..]);
        let boundary = boundary_set(positive, negatives);
        let easy_mean = easy_mean(negatives, &boundary);
        let selected = match self.selection {
            Selection::Dynamic => boundary,
            Selection::All => vec![true; negatives.len()],
            Selection::Random => {
                lowest(keys.expect("the loss says that it needs them"), count(&boundary))
            }
            Selection::Easiest => lowest(negatives, count(&boundary)),
        };
        let used = |index: usize| selected[index];
        (0..negatives.len())
            .map(|index| match self.margin {
                _ if !used(index) => 0.0,
                Margin::Fixed => beta,
                Margin::Dual => dual_margin(positive, negatives[index], easy_mean, beta, self.c),
            })
            .collect()
    }
}

fn count(set: &[bool]) -> usize {
    set.iter().filter(|inside| **inside).count()
}

/// The `count` least of some values; of equal ones the first.
fn lowest(values: &[f64], count: usize) -> Vec<bool> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    let mut set = vec![false; values.len()];
    order[..count].iter().for_each(|&index| set[index] = true);
    set
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

    fn used(selection: Selection, scores: &[f64], keys: &[f64]) -> Vec<bool> {
        let choice = Choice { selection, margin: Margin::Fixed, c: 2.0 };
        choice.strengths(scores, Some(keys), 0.5).iter().map(|&strength| strength == 0.5).collect()
    }

    #[test]
    fn selections_of_other_kinds_are_as_large_as_the_boundary_set() {
        // Two of five negatives are at or above the positive.
        let scores = [1.0, 2.0, -3.0, 1.0, 0.0, -1.0];
        let keys = [0.5, 0.1, 0.9, 0.2, 0.7];
        assert_eq!(used(Selection::Dynamic, &scores, &keys), [true, false, true, false, false]);
        assert_eq!(used(Selection::Random, &scores, &keys), [false, true, false, true, false]);
        assert_eq!(used(Selection::Easiest, &scores, &keys), [false, true, false, false, true]);
        assert_eq!(used(Selection::All, &scores, &keys), [true; 5]);
    }

    #[test]
    fn dual_margin_stays_within_its_bounds() {
        for (positive, negative, easy) in [(0.0, 0.0, 0.0), (5.0, -3.0, -9.0), (-4.0, 7.0, 0.0)] {
            let strength = dual_margin(positive, negative, easy, 1.0, 2.0);
            assert!((0.5..=1.5).contains(&strength), "{strength}");
        }
    }
}
