//! What one margin costs, where every pair counts for itself.

use burn::Tensor;
use burn::tensor::activation::{log_sigmoid, relu, sigmoid as sigmoid_tensor};

use crate::formulas::{sigmoid, softplus};

/// `phi`, a function of one margin `x` (and of its strength `b`).
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Penalty {
    /// `-log sigma(x)`.
    Logistic,
    /// `max(0, 1 - x)`, with slope 0 at 1.
    Hinge,
    /// `(x / b - 1 / (2 b))^2`: the compared difference has a target.
    Squared,
    /// `-(1 - e) log sigma(x) - e log sigma(-x)`: labels are wrong with probability e.
    Smoothed(f64),
    /// `(-(1 - e) log sigma(x) + e log sigma(-x)) / (1 - 2 e)`: unbiased under such labels.
    Robust(f64),
    /// `-(1 - s) log sigma(x) + s exp(-x)` with `s = sigma(x / tau)`, for this `tau`.
    Modulated(f64),
}

impl Penalty {
    /// `phi(x)`.
    pub(super) fn value(self, x: f64, strength: f64) -> f64 {
        match self {
            Self::Logistic => softplus(-x),
            Self::Hinge => (1.0 - x).max(0.0),
            Self::Squared => ((x - 0.5) / strength).powi(2),
            Self::Smoothed(e) => (1.0 - e) * softplus(-x) + e * softplus(x),
            Self::Robust(e) => ((1.0 - e) * softplus(-x) - e * softplus(x)) / (1.0 - 2.0 * e),
            Self::Modulated(tau) => {
                sigmoid(-x / tau) * softplus(-x) + (-softplus(-x / tau) - x).exp()
            }
        }
    }

    /// `-phi'(x)`.
    pub(super) fn pull(self, x: f64, strength: f64) -> f64 {
        match self {
            Self::Logistic => sigmoid(-x),
            Self::Hinge => f64::from(u8::from(x < 1.0)),
            Self::Squared => 2.0 * (0.5 - x) / strength.powi(2),
            Self::Smoothed(e) => (1.0 - e) * sigmoid(-x) - e * sigmoid(x),
            Self::Robust(e) => ((1.0 - e) * sigmoid(-x) + e * sigmoid(x)) / (1.0 - 2.0 * e),
            Self::Modulated(tau) => {
                let (share, rest) = (sigmoid(x / tau), sigmoid(-x / tau));
                let exponential = (-softplus(-x / tau) - x).exp();
                let of_share = share * rest / tau * softplus(-x) - exponential * rest / tau;
                of_share + rest * sigmoid(-x) + exponential
            }
        }
    }

    /// `-phi(x)` of a batch, `[P, K]`; the strengths are above zero.
    pub(super) fn negated(self, x: Tensor<2>, strengths: impl FnOnce() -> Tensor<2>) -> Tensor<2> {
        match self {
            Self::Logistic => log_sigmoid(x),
            Self::Hinge => relu(x.neg() + 1.0).neg(),
            Self::Squared => ((x - 0.5) / strengths()).square().neg(),
            Self::Smoothed(e) => log_sigmoid(x.clone()) * (1.0 - e) + log_sigmoid(x.neg()) * e,
            Self::Robust(e) => {
                let both = log_sigmoid(x.clone()) * (1.0 - e) - log_sigmoid(x.neg()) * e;
                both * (1.0 / (1.0 - 2.0 * e))
            }
            Self::Modulated(tau) => {
                let turned = x.clone() * (1.0 / tau);
                let logistic = log_sigmoid(x.clone()) * sigmoid_tensor(turned.clone().neg());
                logistic - (log_sigmoid(turned) - x).exp()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Penalty; 6] = [
        Penalty::Logistic,
        Penalty::Hinge,
        Penalty::Squared,
        Penalty::Smoothed(0.1),
        Penalty::Robust(0.2),
        Penalty::Modulated(0.05),
    ];

    #[test]
    fn pulls_are_the_slopes_of_values() {
        for penalty in ALL {
            for x in [-3.0, -0.04, 0.0, 0.02, 0.7, 1.3, 4.0] {
                let (step, strength) = (1e-6, 0.7);
                let [low, high] = [x - step, x + step].map(|x| penalty.value(x, strength));
                let slope = (low - high) / (2.0 * step);
                let found = penalty.pull(x, strength);
                assert!((slope - found).abs() < 1e-6, "{penalty:?} at {x}: {slope} {found}");
            }
        }
    }

    #[test]
    fn the_hinge_is_flat_from_1_on() {
        assert_eq!(Penalty::Hinge.pull(1.0, 1.0), 0.0);
        assert_eq!(Penalty::Hinge.pull(1.0 - 1e-12, 1.0), 1.0);
    }
}
