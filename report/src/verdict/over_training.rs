//! The verdict over training time, at one K.

use super::compare::{compare, correct, pool};
use super::evidence::StepEvidence;
use super::loss_verdict::{AtStep, LossVerdict, OverTraining};
use super::rules::Rules;

/// Every step after the one that validation picks, against it; uncorrected.
pub(super) fn tests(
    steps: &[StepEvidence],
    negatives: usize,
    rules: &Rules,
) -> Option<OverTraining> {
    let best = steps
        .iter()
        .reduce(|best, step| if step.validation > best.validation { step } else { best })?;
    let pooled = pool(steps.iter().map(|step| &step.test));
    let later = steps
        .iter()
        .filter(|step| step.step > best.step)
        .filter_map(|step| {
            Some(AtStep {
                step: step.step,
                difference: compare(&step.test, &best.test, pooled, rules)?,
                loss_difference: step.loss.zip(best.loss).map(|(after, before)| after - before),
            })
        })
        .collect();
    Some(OverTraining {
        negatives,
        steps: steps.len(),
        best_step: best.step,
        onset_step: None,
        later,
    })
}

/// Corrects over all losses and steps, then finds the onsets; returns the size of the family.
///
/// As over K, every pair of steps counts, since any step could have been picked as the best.
pub(super) fn correct_all(losses: &mut [LossVerdict], rules: &Rules) -> usize {
    let found = || losses.iter().filter_map(|loss| loss.over_training.as_ref());
    let pairs = found().map(|found| found.steps * found.steps.saturating_sub(1) / 2).sum();
    let found = losses.iter_mut().filter_map(|loss| loss.over_training.as_mut());
    let mut tests: Vec<_> =
        found.flat_map(|found| found.later.iter_mut().map(|at| &mut at.difference)).collect();
    let size = correct(&mut tests, pairs, rules);
    for loss in losses {
        if let Some(found) = &mut loss.over_training {
            found.onset_step = onset(&found.later, rules);
        }
    }
    size
}

/// The first step of the run of collapsed steps that lasts to the end.
fn onset(later: &[AtStep], rules: &Rules) -> Option<u32> {
    let collapsed = |at: &&AtStep| {
        at.difference.falls(rules.alpha) && at.loss_difference.is_some_and(|loss| loss < 0.0)
    };
    later.iter().rev().take_while(collapsed).last().map(|at| at.step)
}
