//! Who gets the gradient: closed-form weights of the negatives, averaged over training positions.
//!
//! A negative counts as a *boundary* negative if the current policy scores it at or above the
//! positive, as *easy* otherwise; the definition is the same for every loss, so that losses can
//! be compared.

use crate::losses::LossConfig;

/// Sums over positions and negatives.
#[derive(Clone, Debug, Default)]
pub struct Diagnostics {
    positions: f64,
    steps: f64,
    negatives: f64,
    loss: f64,
    at_reference: f64,
    margin: f64,
    accurate: f64,
    positive_log_ratio: f64,
    negative_log_ratio: f64,
    boundary_negatives: f64,
    boundary_weight: f64,
    easy_weight: f64,
    gradient_norm: f64,
}

/// Means over the positions of some steps.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// The training loss.
    pub loss: f64,
    /// The loss divided by its value were policy = reference.
    pub loss_normalised: f64,
    /// `beta (rho(w) - rho(i))`, mean over negatives.
    pub margin: f64,
    /// Share of negatives with a positive margin, half of those with margin zero.
    pub accuracy: f64,
    /// `rho(w)` up to the softmax's normaliser: raw scores are compared.
    pub positive_log_ratio: f64,
    /// `rho(i)`, likewise.
    pub negative_log_ratio: f64,
    /// Global norm of the gradient before clipping, mean over steps.
    pub gradient_norm: f64,
    /// `dL/d rho` of one boundary negative; None without any.
    pub boundary_weight: Option<f64>,
    /// Share of all negatives' weight on boundary negatives; None if no negative has weight.
    pub boundary_share: Option<f64>,
    /// The rest of the weight.
    pub easy_share: Option<f64>,
    /// Boundary negatives per position.
    pub boundary_negatives: f64,
}

impl Diagnostics {
    /// The sums of one step, from the scores that it saw (row-major `[P, items]`, the positive
    /// first).
    #[must_use]
    pub fn of_step(
        loss: &LossConfig,
        beta: f64,
        policy: &[f32],
        reference: &[f32],
        items: usize,
    ) -> Self {
        let mut sums = Self { steps: 1.0, ..Self::default() };
        let widen =
            |row: &[f32]| -> Vec<f64> { row.iter().map(|&score| f64::from(score)).collect() };
        for (policy, reference) in policy.chunks_exact(items).zip(reference.chunks_exact(items)) {
            sums.add_position(loss, beta, &widen(policy), &widen(reference));
        }
        sums
    }

    fn add_position(&mut self, loss: &LossConfig, beta: f64, policy: &[f64], reference: &[f64]) {
        let exact = loss.as_loss().closed_form(policy, reference, beta);
        self.positions += 1.0;
        self.loss += exact.loss;
        self.at_reference += exact.at_reference;
        let positive = policy[0] - reference[0];
        self.positive_log_ratio += positive;
        for (index, weight) in exact.negative_weights.iter().enumerate() {
            let negative = policy[index + 1] - reference[index + 1];
            let margin = beta * (positive - negative);
            self.negatives += 1.0;
            self.negative_log_ratio += negative;
            self.margin += margin;
            self.accurate += if margin > 0.0 {
                1.0
            } else if margin == 0.0 {
                0.5
            } else {
                0.0
            };
            if policy[index + 1] >= policy[0] {
                self.boundary_negatives += 1.0;
                self.boundary_weight += weight;
            } else {
                self.easy_weight += weight;
            }
        }
    }

    /// Records the step's gradient norm.
    pub fn set_gradient_norm(&mut self, norm: f64) {
        self.gradient_norm = norm;
    }

    /// Adds another step's sums.
    pub fn add(&mut self, other: &Self) {
        self.positions += other.positions;
        self.steps += other.steps;
        self.negatives += other.negatives;
        self.loss += other.loss;
        self.at_reference += other.at_reference;
        self.margin += other.margin;
        self.accurate += other.accurate;
        self.positive_log_ratio += other.positive_log_ratio;
        self.negative_log_ratio += other.negative_log_ratio;
        self.boundary_negatives += other.boundary_negatives;
        self.boundary_weight += other.boundary_weight;
        self.easy_weight += other.easy_weight;
        self.gradient_norm += other.gradient_norm;
    }

    /// The means.
    #[must_use]
    pub fn summary(&self) -> Summary {
        let weight = self.boundary_weight + self.easy_weight;
        let share = |part: f64| (weight > 0.0).then(|| part / weight);
        Summary {
            loss: self.loss / self.positions,
            loss_normalised: self.loss / self.at_reference,
            margin: self.margin / self.negatives,
            accuracy: self.accurate / self.negatives,
            positive_log_ratio: self.positive_log_ratio / self.positions,
            negative_log_ratio: self.negative_log_ratio / self.negatives,
            gradient_norm: self.gradient_norm / self.steps,
            boundary_weight: (self.boundary_negatives > 0.0)
                .then(|| self.boundary_weight / self.boundary_negatives),
            boundary_share: share(self.boundary_weight),
            easy_share: share(self.easy_weight),
            boundary_negatives: self.boundary_negatives / self.positions,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::losses::{Dmpo, SDpo};

    #[test]
    fn weights_are_split_at_the_positive_score() {
        // One negative above the positive, one below; policy = reference.
        let scores = [1.0, 2.0, 0.0];
        let loss = LossConfig::Dmpo(Dmpo {});
        let summary = Diagnostics::of_step(&loss, 1.0, &scores, &scores, 3).summary();
        assert_eq!(summary.loss_normalised, 1.0);
        assert_eq!(summary.boundary_negatives, 1.0);
        // (beta / K) sigma(0) each.
        assert_eq!(summary.boundary_weight, Some(0.25));
        assert_eq!((summary.boundary_share, summary.easy_share), (Some(0.5), Some(0.5)));
        assert_eq!(summary.accuracy, 0.5);
    }

    #[test]
    fn no_boundary_negative_means_no_weight_of_one() {
        let loss = LossConfig::SDpo(SDpo {});
        let summary = Diagnostics::of_step(&loss, 1.0, &[3.0, 1.0], &[3.0, 1.0], 2).summary();
        assert_eq!(summary.boundary_weight, None);
        assert_eq!(summary.boundary_share, Some(0.0));
    }
}
