//! What depends on the machine's time, in a file of its own: equal results give an equal [`VERDICT_FILE`], whatever ran
//! beside them.
//!
//! [`VERDICT_FILE`]: super::VERDICT_FILE

use prefsweep_store::SeriesKey;
use serde::{Deserialize, Serialize};

use super::budgets::BudgetClaim;
use super::measured::{Measured, Quantity};
use super::verdicts::Verdicts;
use crate::reading::Reading;

/// Name of the file beside the verdicts.
pub const TIMES_FILE: &str = "times.json";
/// The format version of [`TIMES_FILE`].
pub const TIMES_FORMAT: u32 = 1;

/// What verdicts say of time, as in [`TIMES_FILE`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Times {
    /// Version of this layout, [`TIMES_FORMAT`].
    pub format: u32,
    /// Name of the experiment.
    pub experiment: String,
    /// What a step takes, of every loss where it was recorded.
    pub losses: Vec<LossTime>,
    /// Comparisons of what a step takes.
    pub measured: Vec<Measured>,
    /// The claims at equal time, a family of their own.
    pub equal_time: Vec<BudgetClaim>,
}

/// What a step of a loss takes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LossTime {
    /// The loss, with its values on the axes.
    pub series: SeriesKey,
    /// Seconds of training and sampling per step at the largest K, mean over seeds.
    pub step_seconds: f64,
}

/// Takes out of verdicts what depends on the machine's time. Budgets where nothing else is left are no budgets.
pub(crate) fn set_apart(mut verdicts: Verdicts) -> (Verdicts, Times) {
    let mut losses = Vec::new();
    for loss in &mut verdicts.losses {
        let series = loss.series.clone();
        losses
            .extend(loss.step_seconds.take().map(|step_seconds| LossTime { series, step_seconds }));
    }
    let is_time = |found: &mut Measured| found.quantity == Quantity::StepSeconds;
    let measured = verdicts.measured.extract_if(.., is_time).collect();
    let mut equal_time = Vec::new();
    if let Some(budgets) = &mut verdicts.budgets {
        let is_time = |claim: &mut BudgetClaim| claim.reading == Reading::EqualTime;
        equal_time = budgets.claims.extract_if(.., is_time).collect();
        budgets.families.time = 0;
        if budgets.says_nothing() {
            verdicts.budgets = None;
        }
    }
    let experiment = verdicts.experiment.clone();
    (verdicts, Times { format: TIMES_FORMAT, experiment, losses, measured, equal_time })
}

/// Puts back what claims and leaderboard need.
pub(crate) fn add(verdicts: &mut Verdicts, times: Times) {
    for time in times.losses {
        let mut losses = verdicts.losses.iter_mut();
        if let Some(loss) = losses.find(|loss| loss.series == time.series) {
            loss.step_seconds = Some(time.step_seconds);
        }
    }
    verdicts.measured.extend(times.measured);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::fixtures::{difference, loss, verdicts};
    use crate::verdict::{
        BudgetFamilies, Budgets, Change, Checkpoint, Question, Setting, VERDICT_FORMAT,
    };

    fn timed(seconds: f64) -> Verdicts {
        let series = SeriesKey { loss: prefsweep_store::LossKey::new("dmpo"), axes: [].into() };
        let setting = Setting::new(series.clone(), 20);
        let measured = |quantity| Measured {
            quantity,
            after: setting.clone(),
            before: setting.clone(),
            change: Change {
                seeds: 5,
                before: seconds,
                after: seconds,
                difference: 0.0,
                interval: (0.0, 0.0),
                error: 0.1,
                p: 1.0,
                p_holm: 1.0,
            },
        };
        let claim = |reading, seconds_per_step| {
            let at = Checkpoint { setting: setting.clone(), step: 9, seconds_per_step };
            let (after, before) = (at.clone(), at);
            let difference = difference(1.0, 2.0, 0.5);
            let question = Question::MoreNegatives;
            BudgetClaim { question, reading, after, before, repeated: false, difference }
        };
        let mut all = verdicts("x", "a", vec![loss(&series, 0.0)]);
        all.losses[0].step_seconds = Some(seconds);
        all.measured = vec![measured(Quantity::StepSeconds)];
        all.budgets = Some(Budgets {
            claims: vec![
                claim(Reading::EqualSteps, None),
                claim(Reading::EqualTime, Some(seconds)),
            ],
            longer: Vec::new(),
            families: BudgetFamilies { steps: 1, negatives: 0, time: 1, longer: 0 },
        });
        all
    }

    #[test]
    fn verdicts_without_times_are_equal_and_come_back_with_them() {
        let (one, times) = set_apart(timed(0.1));
        let (other, others) = set_apart(timed(0.7));
        assert_eq!(one, other);
        assert_eq!(one.format, VERDICT_FORMAT);
        assert_eq!(one.budgets, None, "equal steps alone are no budget");
        assert_ne!(times, others);
        assert_eq!(times.equal_time[0].after.seconds_per_step, Some(0.1));
        let mut again = one;
        add(&mut again, times);
        assert_eq!(again, Verdicts { budgets: None, ..timed(0.1) });
    }
}
