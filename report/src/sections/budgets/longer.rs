//! What training beyond the best step does.

use crate::names::series_name;
use crate::numbers::{quantity, signed};
use crate::page::{Prose, prose};
use crate::sections::outcomes::{Named, outcomes};
use crate::verdict::{Budgets, LossVerdict, Verdicts};

/// The last step compared with the one that is best on validation, at the largest K.
pub(super) fn paragraph(budgets: &Budgets, verdicts: &Verdicts) -> Option<Prose> {
    let found: Vec<Named<'_>> = budgets
        .longer
        .iter()
        .map(|at| {
            let loss = at.loss_difference.map_or(String::new(), |loss| {
                format!(", normalised loss {}", signed(loss, quantity))
            });
            let (name, k) = (series_name(&at.setting.series), at.setting.negatives);
            let steps = format!("step {} → {}", at.best_step, at.last_step);
            (format!("{name}, K = {k}, {steps}{loss}"), Some(&at.difference))
        })
        .collect();
    let best_at_end = |loss: &&LossVerdict| {
        loss.over_training.as_ref().is_some_and(|found| found.later.is_empty())
    };
    let best_at_end = verdicts.losses.iter().filter(best_at_end);
    let best_at_end = Prose::list(best_at_end.map(|loss| series_name(&loss.series)));
    let mut parts = Vec::new();
    if !found.is_empty() {
        parts.push(outcomes(&found, verdicts.rules.alpha, ["lower", "higher"]));
    }
    parts.extend(best_at_end.map(|names| prose!("best at the end for {}", names)));
    (!parts.is_empty()).then(|| {
        prose!(
            "**Does longer training hurt?** Test {} at the largest K at the end of training compared \
             with the step that is best on validation: {}.",
            verdicts.measure,
            Prose::join(parts, ", ")
        )
    })
}
