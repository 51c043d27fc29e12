//! What the margins must exceed.

use burn::Tensor;

use crate::formulas::split;
use crate::inputs::{LossInputs, Sample};

/// `o_i`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Offset {
    /// The same for all.
    Constant(f64),
    /// `-a (len(w) - len(i))`, with this `a`: a longer positive is discounted.
    Length(f64),
    /// `lambda S(w) / S(i)`, with `S` what the user thinks of an item; or `lambda log(1 + S(w) - S(i))`.
    Rated {
        /// How much it matters.
        lambda: f64,
        /// Of the difference, not of the ratio.
        difference: bool,
    },
}

impl Offset {
    /// The part that is the same for all.
    pub(super) fn constant(self) -> f64 {
        match self {
            Self::Constant(offset) => offset,
            _ => 0.0,
        }
    }

    /// The offset of each negative, where they differ.
    pub(super) fn each(self, sample: &Sample<'_>) -> Option<Vec<f64>> {
        let of = |values: &[f64], offset: &dyn Fn(f64, f64) -> f64| {
            values[1..].iter().map(|&value| offset(values[0], value)).collect()
        };
        match self {
            Self::Constant(_) => None,
            Self::Length(weight) => {
                let lengths = sample.lengths.expect("the loss says that it needs them");
                Some(of(lengths, &|w, i| weight * (i - w)))
            }
            Self::Rated { lambda, difference } => {
                let ratings = sample.ratings.expect("the loss says that it needs them");
                Some(match difference {
                    true => of(ratings, &|w, i| lambda * (w - i).ln_1p()),
                    false => of(ratings, &|w, i| lambda * w / i),
                })
            }
        }
    }

    /// The same for a batch, `[P, K]`.
    pub(super) fn each_tensor(self, inputs: &LossInputs) -> Option<Tensor<2>> {
        let needed = |values: &Option<Tensor<2>>| {
            split(values.clone().expect("the loss says that it needs them"))
        };
        match self {
            Self::Constant(_) => None,
            Self::Length(weight) => {
                let (positive, negatives) = needed(&inputs.lengths);
                Some((negatives - positive) * weight)
            }
            Self::Rated { lambda, difference } => {
                let (positive, negatives) = needed(&inputs.ratings);
                Some(match difference {
                    true => (positive - negatives).log1p() * lambda,
                    false => positive / negatives * lambda,
                })
            }
        }
    }
}
