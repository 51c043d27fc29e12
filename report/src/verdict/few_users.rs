//! What losses gain where training sees few users: at every K, over the reference and over the supervised
//! control.

use std::cmp::Ordering;

use prefsweep_store::compare_values;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::compare::{Difference, compare, correct, pool};
use super::decide::control_of;
use super::evidence::{CellEvidence, Evidence};
use super::loss_verdict::LossVerdict;
use super::question::{Setting, is_control};
use super::rules::Rules;
use crate::side_by_side::side_by_side;

/// The axis of how many users are trained on.
pub(super) const USERS_AXIS: &str = "training.users";
/// The axis of the stages that see few users.
const STAGES_AXIS: &str = "training.stages";

/// Gains of all losses, where the number of users is an axis.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FewUsers {
    /// By series and K; the control once.
    pub gains: Vec<Gain>,
    /// How many tests are corrected together.
    pub family: usize,
}

/// What one loss gains at one K, at the end of training.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Gain {
    /// The loss and the number of negatives.
    pub setting: Setting,
    /// Whether this is the K that is best on validation.
    pub is_best: bool,
    /// The differences are those of the largest K, which have the correction of the primary family.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub repeated: bool,
    /// Minus the reference that it started from.
    pub over_reference: Option<Difference>,
    /// Minus the supervised control with the same values on the axes.
    pub over_control: Option<Difference>,
}

/// Which stages see how many users; none where that is no axis.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Place<'a> {
    pub(crate) stages: Option<&'a Value>,
    pub(crate) users: Option<&'a Value>,
}

impl Gain {
    /// Where it was trained.
    pub(crate) fn place(&self) -> Place<'_> {
        let on = |axis| self.setting.series.axes.get(axis);
        Place { stages: on(STAGES_AXIS), users: on(USERS_AXIS) }
    }
}

impl Place<'_> {
    /// By stages, then users, everybody last.
    pub(crate) fn order(self, other: Self) -> Ordering {
        let by = |one: Option<&Value>, other: Option<&Value>| match (one, other) {
            (Some(one), Some(other)) => {
                one.is_string().cmp(&other.is_string()).then_with(|| compare_values(one, other))
            }
            (one, other) => one.is_some().cmp(&other.is_some()),
        };
        by(self.stages, other.stages).then_with(|| by(self.users, other.users))
    }
}

/// Tests every K; None where no series has a number of users.
pub(super) fn test(
    evidence: &[Evidence],
    losses: &[LossVerdict],
    rules: &Rules,
) -> Option<FewUsers> {
    let on_axis = |found: &&Evidence| found.series.axes.contains_key(USERS_AXIS);
    evidence.iter().find(on_axis)?;
    let series: Vec<(&Evidence, &LossVerdict)> = evidence.iter().zip(losses).collect();
    let mut gains = side_by_side(&series, |(own, loss)| gains(own, loss, evidence, rules)).concat();
    let own = gains.iter_mut().filter(|gain| !gain.repeated);
    let differences = own.flat_map(|gain| [&mut gain.over_reference, &mut gain.over_control]);
    let family = correct(&mut differences.flatten().collect::<Vec<_>>(), 0, rules);
    Some(FewUsers { gains, family })
}

fn gains(own: &Evidence, loss: &LossVerdict, all: &[Evidence], rules: &Rules) -> Vec<Gain> {
    let control = control_of(own, all).and_then(|control| control.cells.values().last());
    let tests = own.cells.values().chain(control).map(|cell| &cell.test);
    let pooled = pool(tests);
    let gain = |(&negatives, cell): (&usize, &CellEvidence)| {
        let setting = Setting::new(own.series.clone(), negatives);
        let is_best = is_control(&own.series.loss) || loss.best_k == Some(negatives);
        if loss.largest_k == Some(negatives) {
            let (over_reference, over_control) = (loss.against_reference, loss.against_control);
            return Gain { setting, is_best, repeated: true, over_reference, over_control };
        }
        let over_reference = compare(&cell.test, &cell.reference, None, rules);
        let over_control =
            control.and_then(|control| compare(&cell.test, &control.test, pooled, rules));
        Gain { setting, is_best, repeated: false, over_reference, over_control }
    };
    own.cells.iter().map(gain).collect()
}

#[cfg(test)]
mod tests {
    use prefsweep_store::{LossKey, SeriesKey};
    use serde_json::json;

    use super::super::compare::UserValues;
    use super::super::decide::decide;
    use super::*;

    /// Four users under three seeds, all with this value but for a little noise.
    fn users(value: f64) -> UserValues {
        let noise = |seed: u64, user: u32| f64::from((7 * user + 5 * seed as u32) % 11) * 1e-3;
        let of_seed =
            |seed| (0..40).map(|user: u32| (user.into(), value + noise(seed, user))).collect();
        (1..=3).map(|seed| (seed, of_seed(seed))).collect()
    }

    fn series(name: &str, users_axis: bool, cells: &[(usize, f64)], reference: f64) -> Evidence {
        let axes = [(USERS_AXIS.to_owned(), json!(100))];
        let axes = axes.into_iter().filter(|_| users_axis).collect();
        let mut evidence = Evidence::new(SeriesKey { loss: LossKey::new(name), axes });
        for &(k, value) in cells {
            let cell = CellEvidence {
                validation: Some(value),
                test: users(value),
                reference: users(reference),
                reference_mean: Some(reference),
                ..CellEvidence::default()
            };
            evidence.cells.insert(k, cell);
        }
        evidence
    }

    fn found(users_axis: bool) -> Option<FewUsers> {
        let evidence = [
            series("sft", users_axis, &[(3, 0.25)], 0.2),
            series("dmpo", users_axis, &[(1, 0.22), (3, 0.3)], 0.2),
        ];
        let rules = Rules::default();
        let (losses, _) = decide(&evidence, &rules);
        test(&evidence, &losses, &rules)
    }

    #[test]
    fn gains_are_over_the_own_reference_and_control() {
        let found = found(true).unwrap();
        let all: Vec<_> = found
            .gains
            .iter()
            .map(|gain| {
                let difference = |found: Option<Difference>| {
                    found.map(|found| (1000.0 * found.difference).round() as i32)
                };
                let (loss, k) = (&gain.setting.series.loss.name[..], gain.setting.negatives);
                let over = [gain.over_reference, gain.over_control].map(difference);
                (loss, k, gain.is_best, gain.repeated, over)
            })
            .collect();
        let expected = [
            ("sft", 3, true, true, [Some(50), None]),
            ("dmpo", 1, false, false, [Some(20), Some(-30)]),
            ("dmpo", 3, true, true, [Some(100), Some(50)]),
        ];
        assert_eq!(all, expected);
        assert_eq!(found.family, 2, "those of the largest K are in the primary family");
    }

    #[test]
    fn without_the_axis_nothing_is_tested() {
        assert_eq!(found(false), None);
    }
}
