//! Who gets the gradient: closed-form weights of the negatives, averaged over training positions.
//!
//! A negative counts as a *boundary* negative if the current policy scores it at or above the
//! positive, as *easy* otherwise; the definition is the same for every loss, so that losses can
//! be compared. A position is *saturated* if its gradient with respect to the positive's log-ratio,
//! which is how the loss answers when all margins move together, is below 1 % of what it would be at
//! policy = reference with all else equal. For DMPO that is `sigma(-u) < sigma(0) / 100`. A loss
//! without a reference is compared with its mean over the first batch before training instead.
//!
//! Weights may be negative: shares, how many negatives share the gradient, and saturation are about their
//! sizes.

use prefsweep_losses::{AtReference, ClosedForm, Coefficients, LossConfig, Sample, SideInputs};
use serde::{Deserialize, Serialize};

use super::strengths::Strengths;

/// A position's gradient below this share of its value at policy = reference is saturated.
const SATURATED: f64 = 0.01;

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
    /// Of boundary and of easy negatives, in size.
    sizes: [f64; 2],
    gradient_norm: f64,
    weighted_positions: f64,
    effective_negatives: f64,
    saturated: f64,
    strengths: Strengths,
    coefficients: Option<Coefficients>,
    judged: Option<Judged>,
    start: Option<AtReference>,
}

/// Means over positions.
fn means(forms: &[ClosedForm]) -> AtReference {
    let mean = |of: fn(&ClosedForm) -> f64| forms.iter().map(of).sum::<f64>() / forms.len() as f64;
    AtReference { loss: mean(|form| form.loss), positive_weight: mean(|form| form.positive_weight) }
}

/// What the negatives are in truth; known of synthetic data only.
#[derive(Clone, Debug, Default)]
struct Judged {
    false_negatives: f64,
    false_weight: f64,
}

/// Means over the positions of some steps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// The training loss.
    pub loss: f64,
    /// The loss divided by its value were policy = reference (without a reference: by its mean over
    /// the first batch before training).
    pub loss_normalised: f64,
    /// `beta (rho(w) - rho(i))`, mean over negatives.
    pub margin: f64,
    /// Share of negatives with a positive margin, half of those with margin zero.
    pub accuracy: f64,
    /// `rho(w)` up to the softmax's normaliser: raw scores are compared.
    pub positive_log_ratio: f64,
    /// `rho(i)`, from raw scores too.
    pub negative_log_ratio: f64,
    /// Global norm of the gradient before clipping, mean over steps.
    pub gradient_norm: f64,
    /// `dL/d rho` of one boundary negative, which may be negative; None without any.
    pub boundary_weight: Option<f64>,
    /// Share of all negatives' weight, in size, on boundary negatives; None if no negative has weight.
    pub boundary_share: Option<f64>,
    /// The rest of the weight.
    pub easy_share: Option<f64>,
    /// Boundary negatives per position.
    pub boundary_negatives: f64,
    /// How many negatives share a position's gradient: `(sum w)^2 / sum w^2` of the sizes `w` of the
    /// negatives' weights (inverse Simpson index), from 1 to K; mean over positions where any has weight.
    pub effective_negatives: Option<f64>,
    /// Share of saturated positions.
    pub saturated: f64,
    /// The 10, 50 and 90 % quantiles of DynamicPO's `beta_b` over all negatives that enter the
    /// loss, to `beta / 1000`; None for losses without.
    pub beta_b: Option<[f64; 3]>,
    /// AdaDPO's coefficients, mean over pairs; None for losses without.
    pub coefficient: Option<f64>,
    /// Share of pairs whose coefficient is clipped.
    pub coefficient_clipped: Option<f64>,
    /// Share of pairs whose coefficient is below 1.
    pub coefficient_below_one: Option<f64>,
    /// Share of sampled negatives that the user truly likes; None where that is not known.
    pub false_negatives: Option<f64>,
    /// Share of all negatives' weight on these; None also if no negative has weight.
    pub false_share: Option<f64>,
}

/// The scores that one step saw, all row-major.
#[derive(Clone, Copy, Debug)]
pub struct StepScores<'a> {
    /// Items at every position: the positive and K negatives.
    pub items: usize,
    /// The policy's scores, `[P, items]`.
    pub policy: &'a [f32],
    /// The reference's scores, `[P, items]`.
    pub reference: &'a [f32],
    /// The policy's log-normalisers, `[P]`, where the loss needs them.
    pub log_normaliser: Option<&'a [f32]>,
    /// What else the loss needs.
    pub side: SideInputs<'a>,
}

impl StepScores<'_> {
    /// The mean loss.
    #[must_use]
    pub fn mean_loss(&self, loss: &LossConfig, beta: f64) -> f64 {
        means(&self.closed_forms(loss, beta)).loss
    }

    /// Loss and gradient at every position.
    fn closed_forms(&self, loss: &LossConfig, beta: f64) -> Vec<ClosedForm> {
        let widen =
            |scores: &[f32]| -> Vec<f64> { scores.iter().map(|&score| f64::from(score)).collect() };
        let (policy, reference) = (widen(self.policy), widen(self.reference));
        let at = |values: Option<&[f32]>, position: usize| {
            values.map(|values| f64::from(values[position]))
        };
        let (log_counts, keys) = (self.side.log_counts.map(widen), self.side.keys.map(widen));
        let (lengths, ratings) = (self.side.lengths.map(widen), self.side.ratings.map(widen));
        let k = self.items - 1;
        fn row(values: Option<&[f64]>, position: usize, each: usize) -> Option<&[f64]> {
            values.map(|values| &values[position * each..][..each])
        }
        let rows = policy.chunks_exact(self.items).zip(reference.chunks_exact(self.items));
        let samples: Vec<Sample<'_>> = rows
            .enumerate()
            .map(|(position, (policy, reference))| Sample {
                policy,
                reference,
                log_normaliser: at(self.log_normaliser, position),
                reference_log_normaliser: at(self.side.reference_log_normaliser, position),
                log_counts: row(log_counts.as_deref(), position, k),
                keys: row(keys.as_deref(), position, k),
                lengths: row(lengths.as_deref(), position, self.items),
                ratings: row(ratings.as_deref(), position, self.items),
                catalogue: self.side.catalogue,
            })
            .collect();
        loss.as_loss().closed_forms(&samples, beta)
    }
}

impl Diagnostics {
    /// The sums of one step. `beta` is the strength of the pull in this loss. `liked` says of each
    /// negative whether the user truly likes it (row-major `[P, items - 1]`), where that is known.
    ///
    /// What a loss without a reference is compared with is `start`, its means over the first batch
    /// before training; None: this is that batch.
    #[must_use]
    pub fn of_step(
        loss: &LossConfig,
        beta: f64,
        scores: &StepScores<'_>,
        start: Option<AtReference>,
        liked: Option<&[bool]>,
    ) -> Self {
        let forms = scores.closed_forms(loss, beta);
        let start = start.unwrap_or_else(|| means(&forms));
        let mut sums = Self { steps: 1.0, start: Some(start), ..Self::default() };
        sums.judged = liked.map(|_| Judged::default());
        let items = scores.items;
        let rows = scores.policy.chunks_exact(items).zip(scores.reference.chunks_exact(items));
        for (position, (exact, (policy, reference))) in forms.iter().zip(rows).enumerate() {
            let liked = liked.map(|liked| &liked[position * (items - 1)..][..items - 1]);
            sums.add_position(exact, exact.at_reference.unwrap_or(start), beta, liked);
            sums.add_scores(exact, beta, policy, reference);
        }
        sums
    }

    /// What the loss gave on the first batch of all, before training.
    #[must_use]
    pub fn start(&self) -> Option<AtReference> {
        self.start
    }

    fn add_position(
        &mut self,
        exact: &ClosedForm,
        at_reference: AtReference,
        beta: f64,
        liked: Option<&[bool]>,
    ) {
        let (total, squares) = exact
            .negative_weights
            .iter()
            .fold((0.0, 0.0), |(total, squares), w| (total + w.abs(), squares + w * w));
        if squares > 0.0 {
            self.weighted_positions += 1.0;
            self.effective_negatives += total * total / squares;
        }
        if exact.positive_weight.abs() < SATURATED * at_reference.positive_weight.abs() {
            self.saturated += 1.0;
        }
        for strength in exact.strengths.iter().flatten().filter(|strength| **strength > 0.0) {
            self.strengths.add(*strength, beta);
        }
        if let Some(found) = &exact.coefficients {
            self.coefficients.get_or_insert_default().add(found);
        }
        if let (Some(judged), Some(liked)) = (&mut self.judged, liked) {
            for (weight, _) in exact.negative_weights.iter().zip(liked).filter(|(_, liked)| **liked)
            {
                judged.false_negatives += 1.0;
                judged.false_weight += weight.abs();
            }
        }
        self.positions += 1.0;
        self.loss += exact.loss;
        self.at_reference += at_reference.loss;
    }

    fn add_scores(&mut self, exact: &ClosedForm, beta: f64, policy: &[f32], reference: &[f32]) {
        let log_ratio = |item: usize| f64::from(policy[item]) - f64::from(reference[item]);
        let positive = log_ratio(0);
        self.positive_log_ratio += positive;
        for (index, weight) in exact.negative_weights.iter().enumerate() {
            let negative = log_ratio(index + 1);
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
                self.sizes[0] += weight.abs();
            } else {
                self.sizes[1] += weight.abs();
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
        self.sizes[0] += other.sizes[0];
        self.sizes[1] += other.sizes[1];
        self.gradient_norm += other.gradient_norm;
        self.weighted_positions += other.weighted_positions;
        self.effective_negatives += other.effective_negatives;
        self.saturated += other.saturated;
        self.strengths.merge(&other.strengths);
        if let Some(other) = &other.coefficients {
            self.coefficients.get_or_insert_default().add(other);
        }
        if let Some(other) = &other.judged {
            let judged = self.judged.get_or_insert_default();
            judged.false_negatives += other.false_negatives;
            judged.false_weight += other.false_weight;
        }
    }

    /// The means.
    #[must_use]
    pub fn summary(&self) -> Summary {
        let [boundary, easy] = self.sizes;
        let weight = boundary + easy;
        let share = |part: f64| (weight > 0.0).then(|| part / weight);
        let of_pairs = |of: fn(&Coefficients) -> f64| {
            self.coefficients.as_ref().map(|sums| of(sums) / sums.pairs)
        };
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
            boundary_share: share(boundary),
            easy_share: share(easy),
            boundary_negatives: self.boundary_negatives / self.positions,
            effective_negatives: (self.weighted_positions > 0.0)
                .then(|| self.effective_negatives / self.weighted_positions),
            saturated: self.saturated / self.positions,
            beta_b: self.strengths.quantiles([0.1, 0.5, 0.9]),
            coefficient: of_pairs(|sums| sums.sum),
            coefficient_clipped: of_pairs(|sums| sums.clipped),
            coefficient_below_one: of_pairs(|sums| sums.below_one),
            false_negatives: self
                .judged
                .as_ref()
                .map(|judged| judged.false_negatives / self.negatives),
            false_share: self.judged.as_ref().and_then(|judged| share(judged.false_weight)),
        }
    }
}

#[cfg(test)]
mod tests {
    use prefsweep_losses::{Dmpo, Dpo, DynamicPo, SDpo, SimPo};

    use super::*;

    fn step(
        loss: &LossConfig,
        beta: f64,
        policy: &[f32],
        reference: &[f32],
        items: usize,
    ) -> Diagnostics {
        let scores = StepScores {
            items,
            policy,
            reference,
            log_normaliser: None,
            side: SideInputs::default(),
        };
        Diagnostics::of_step(loss, beta, &scores, None, None)
    }

    #[test]
    fn weights_are_split_at_the_positive_score() {
        // One negative above the positive, one below; policy = reference.
        let scores = [1.0, 2.0, 0.0];
        let loss = LossConfig::Dmpo(Dmpo::default());
        let summary = step(&loss, 1.0, &scores, &scores, 3).summary();
        assert_eq!(summary.loss_normalised, 1.0);
        assert_eq!(summary.boundary_negatives, 1.0);
        // (beta / K) sigma(0) each.
        assert_eq!(summary.boundary_weight, Some(0.25));
        assert_eq!((summary.boundary_share, summary.easy_share), (Some(0.5), Some(0.5)));
        assert_eq!(summary.accuracy, 0.5);
    }

    #[test]
    fn no_boundary_negative_means_no_weight_of_one() {
        let loss = LossConfig::SDpo(SDpo::default());
        let scores = [3.0, 1.0];
        let summary = step(&loss, 1.0, &scores, &scores, 2).summary();
        assert_eq!(summary.boundary_weight, None);
        assert_eq!(summary.boundary_share, Some(0.0));
    }

    fn of(loss: LossConfig, policy: &[f32], liked: Option<&[bool]>) -> Summary {
        let reference = vec![0.0; policy.len()];
        let scores = StepScores {
            items: policy.len(),
            policy,
            reference: &reference,
            log_normaliser: None,
            side: SideInputs::default(),
        };
        Diagnostics::of_step(&loss, 1.0, &scores, None, liked).summary()
    }

    #[test]
    fn effective_negatives_are_the_inverse_simpson_index() {
        // The weights of S-DPO are in the ratio exp(0) : exp(-ln 3) : exp(-ln 3) = 3 : 1 : 1:
        // 5^2 / (9 + 1 + 1).
        let log = 3.0_f32.ln();
        let scores = [log, log, 0.0, 0.0];
        let found =
            of(LossConfig::SDpo(SDpo::default()), &scores, None).effective_negatives.unwrap();
        assert!((found - 25.0 / 11.0).abs() < 1e-6, "{found}");
        // DMPO gives all the same.
        let found =
            of(LossConfig::Dmpo(Dmpo::default()), &scores, None).effective_negatives.unwrap();
        assert!((found - 3.0).abs() < 1e-12, "{found}");
    }

    /// The closed forms at policy = reference: all K negatives share the gradient, and nothing is
    /// saturated.
    #[test]
    fn at_the_reference_all_negatives_count_and_none_is_saturated() {
        let scores: Vec<f32> = (0..21).map(|item| ((item * 7) % 11) as f32 / 3.0).collect();
        let expected = [
            (LossConfig::Dpo(Dpo::default()), 0.5 / 20.0),
            (LossConfig::Dmpo(Dmpo::default()), 0.5 / 20.0),
            (LossConfig::SDpo(SDpo::default()), 1.0 / 21.0),
        ];
        for (loss, weight) in expected {
            let found = step(&loss, 1.0, &scores, &scores, 21).summary();
            assert!((found.effective_negatives.unwrap() - 20.0).abs() < 1e-9, "{found:?}");
            assert!((found.boundary_weight.unwrap() - weight).abs() < 1e-12, "{found:?}");
            assert_eq!((found.saturated, found.beta_b), (0.0, None));
        }
    }

    #[test]
    fn a_position_is_saturated_below_a_hundredth_of_its_gradient() {
        // DMPO, K = 2: sigma(-u) / sigma(0) = 2 / (1 + e^u), a hundredth at u = ln 199 = 5.293.
        let dmpo = |u: f32| of(LossConfig::Dmpo(Dmpo::default()), &[u, 0.0, 0.0], None).saturated;
        assert_eq!((dmpo(5.28), dmpo(5.31)), (0.0, 1.0));
        // S-DPO, K = 2: (2 / (2 + e^m)) / (2 / 3) = 3 / (2 + e^m), a hundredth at m = ln 298.
        let s_dpo = |m: f32| of(LossConfig::SDpo(SDpo::default()), &[m, 0.0, 0.0], None).saturated;
        assert_eq!((s_dpo(5.68), s_dpo(5.71)), (0.0, 1.0));
    }

    #[test]
    fn quantiles_of_beta_b_are_those_of_the_counts() {
        let loss =
            LossConfig::DynamicPo(DynamicPo::over(Box::new(LossConfig::Dmpo(Dmpo::default()))));
        // One negative above the positive: d1 = -1, d2 = 1 - (-3) = 4, so
        // 1 + tanh((-1 - 4 - 2) / 5) / 2 = 0.557 324.
        let found = of(loss.clone(), &[0.0, 1.0, -3.0], None).beta_b.unwrap();
        for quantile in found {
            assert!((quantile - 0.557_324).abs() < 0.001, "{found:?}");
        }
        // The same numbers as sorting all values, over many steps.
        let mut sums = Diagnostics::default();
        let mut values = Vec::new();
        for round in 0..40 {
            let scores: Vec<f32> =
                (0..6).map(|item| ((round * 31 + item * 17) % 23) as f32 / 5.0).collect();
            let reference = [0.0; 6];
            sums.add(&step(&loss, 0.7, &scores, &reference, 6));
            let wide: Vec<f64> = scores.iter().map(|&score| f64::from(score)).collect();
            let sample = Sample { policy: &wide, reference: &[0.0; 6], ..Sample::default() };
            let exact = loss.as_loss().closed_forms(&[sample], 0.7).remove(0);
            values.extend(exact.strengths.unwrap().into_iter().filter(|s| *s > 0.0));
        }
        values.sort_by(f64::total_cmp);
        for (share, found) in [0.1, 0.5, 0.9].into_iter().zip(sums.summary().beta_b.unwrap()) {
            let sorted = values[(share * values.len() as f64).ceil() as usize - 1];
            assert!((found - sorted).abs() <= 0.7 / 1000.0, "{share}: {found} {sorted}");
        }
    }

    #[test]
    fn false_negatives_are_counted_with_their_weight() {
        // S-DPO: the weights of the negatives are as 2 : 1 : 1.
        let scores = [0.0, 2.0_f32.ln(), 0.0, 0.0];
        let liked = [true, false, true];
        let found = of(LossConfig::SDpo(SDpo::default()), &scores, Some(&liked));
        assert!((found.false_negatives.unwrap() - 2.0 / 3.0).abs() < 1e-12);
        assert!((found.false_share.unwrap() - 0.75).abs() < 1e-6);
        let unknown = of(LossConfig::SDpo(SDpo::default()), &scores, None);
        assert_eq!((unknown.false_negatives, unknown.false_share), (None, None));
    }

    /// NCA holds a positive far above the reference back: its weight is negative, and not saturated.
    #[test]
    fn weights_below_zero_count_by_their_size() {
        let policy = [6.0, 1.0, 0.0, 0.0];
        let reference = [0.0, 0.0, 0.0, 0.0];
        let nca: LossConfig = serde_json::from_value("nca".into()).unwrap();
        let normaliser = |scores: &[f32]| scores.iter().map(|score| score.exp()).sum::<f32>().ln();
        // The positive's log-ratio is above zero, the negatives' far below.
        let of_reference = [normaliser(&reference) + 2.0];
        let scores = StepScores {
            items: 4,
            policy: &policy,
            reference: &reference,
            log_normaliser: Some(&[normaliser(&policy)]),
            side: SideInputs {
                reference_log_normaliser: Some(&of_reference),
                ..SideInputs::default()
            },
        };
        let found = Diagnostics::of_step(&nca, 1.0, &scores, None, None).summary();
        assert_eq!(found.saturated, 0.0, "{found:?}");
        // Hinge with one pair beyond its margin and one within: one negative has all the weight.
        let hinge: LossConfig = serde_json::from_value("hinge".into()).unwrap();
        let found = of(hinge, &[0.0, -2.0, 0.5], None);
        assert_eq!((found.boundary_share, found.easy_share), (Some(1.0), Some(0.0)));
        assert_eq!(found.effective_negatives, Some(1.0));
        // cDPO pulls a negative at a margin of 5 back, with 0.1 sigma(5) - 0.9 sigma(-5).
        let smoothed: LossConfig = serde_json::from_value("c_dpo".into()).unwrap();
        let found = of(smoothed, &[0.0, 0.0, -5.0], None);
        let (one, other): (f64, f64) = (0.4, 0.1 - 1.0 / (1.0 + 5.0_f64.exp()));
        assert!((found.boundary_share.unwrap() - one / (one + other)).abs() < 1e-9, "{found:?}");
        let effective = (one + other).powi(2) / (one * one + other * other);
        assert!((found.effective_negatives.unwrap() - effective).abs() < 1e-9, "{found:?}");
    }

    #[test]
    fn coefficients_are_counted_by_pair() {
        let ada: LossConfig = serde_json::from_value("ada_dpo".into()).unwrap();
        // p(w) / p(i) is 1/2, 3/2 and 10: the last is clipped at 2.
        let policy = [0.0, 2.0_f32.ln(), -1.5_f32.ln(), -10.0_f32.ln()];
        let scores = StepScores {
            items: 4,
            policy: &policy,
            reference: &policy,
            log_normaliser: Some(&[3.0]),
            side: SideInputs { reference_log_normaliser: Some(&[3.0]), ..SideInputs::default() },
        };
        let found = Diagnostics::of_step(&ada, 1.0, &scores, None, None).summary();
        assert!((found.coefficient.unwrap() - 4.0 / 3.0).abs() < 1e-6);
        assert_eq!(found.coefficient_clipped, Some(1.0 / 3.0));
        assert_eq!(found.coefficient_below_one, Some(1.0 / 3.0));
        let plain = of(LossConfig::Dpo(Dpo::default()), &[0.0, 1.0], None);
        assert_eq!((plain.coefficient, plain.coefficient_clipped), (None, None));
    }

    /// SimPO's margins are those of the policy alone: the reference's scores do not matter.
    #[test]
    fn without_a_reference_the_first_batch_is_what_is_compared_with() {
        let loss = LossConfig::SimPo(SimPo { beta: 1.0, gamma: 0.0 });
        let first = step(&loss, 1.0, &[0.0, 0.0, 1.0, 0.0], &[5.0, 1.0, 2.0, 0.0], 2);
        assert_eq!(first.summary().loss_normalised, 1.0);
        let start = first.start().unwrap();
        // -log sigma(0) and -log sigma(1).
        let mean = (std::f64::consts::LN_2 + 0.313_261_687_518_222_8) / 2.0;
        assert!((start.loss - mean).abs() < 1e-12);
        let scores = StepScores {
            items: 2,
            policy: &[20.0, 0.0],
            reference: &[0.0, 0.0],
            log_normaliser: None,
            side: SideInputs::default(),
        };
        let later = Diagnostics::of_step(&loss, 1.0, &scores, Some(start), None).summary();
        assert_eq!(later.saturated, 1.0);
        assert!((later.loss_normalised - (-20.0_f64).exp().ln_1p() / mean).abs() < 1e-12);
    }
}
