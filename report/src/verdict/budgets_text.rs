//! The claims at equal budgets, in sentences and a table made from the numbers.

use super::budgets::{BudgetClaim, Budgets, Checkpoint};
use super::compare::Difference;
use super::phrases::{p_value, shown, with_interval};
use super::question::Question;
use super::verdicts::Verdicts;
use crate::grid::{Entry, Grid, markdown_escape};
use crate::numbers::{self, NOTHING, count, quantity};
use crate::reading::Reading;
use crate::summary::{list, plural};

/// The section, or nothing where no budget but steps can be read.
pub(super) fn section(verdicts: &Verdicts) -> String {
    let Some(budgets) = &verdicts.budgets else {
        return String::new();
    };
    let mut text = format!("## At equal budgets\n\n{HOW}\n\n");
    for question in [Question::MoreNegatives, Question::DynamicPo] {
        text.push_str(&paragraph(question, budgets, verdicts));
    }
    text.push_str(&longer(budgets, verdicts));
    let table = table(verdicts, budgets).markdown();
    text.push_str(&format!(
        "<details>\n<summary>The budgets in numbers</summary>\n\n{table}\n</details>\n\n"
    ));
    let families = &budgets.families;
    text.push_str(&format!(
        "Equal steps at the end of training repeat what is tested above, with the correction that it \
         has there. The others are secondary, p after Holm's correction over four families: both \
         claims at equal steps, {}, at equal negatives, {}, and at equal time, {}; and the end of \
         training against any earlier step, {}.\n\n",
        plural(families.steps, "comparison"),
        families.negatives,
        families.time,
        families.longer
    ));
    text
}

const HOW: &str = "A step with K negatives scores K times those of a step with one, and takes longer. \
    So both sides are also read where they have had the same number of steps, of negatives scored \
    (K per position and step) or of seconds: the side with the dearer steps at its last evaluation \
    within the budget that both reach, the other at its last evaluation within what that one has used \
    up. Equal negatives may be readable for a smaller K alone, and early in training; equal steps are \
    then also read there. Seconds per step are medians over seeds of whole trainings, start and \
    evaluations included, on the machine that ran them: another machine may give other steps.";

fn paragraph(question: Question, budgets: &Budgets, verdicts: &Verdicts) -> String {
    let mut readings = Vec::new();
    for reading in Reading::BUDGETS {
        let when = reading.when();
        let wanted = |claim: &&BudgetClaim| (claim.question, claim.reading) == (question, reading);
        let found: Vec<(String, &Difference)> = budgets
            .claims
            .iter()
            .filter(wanted)
            .map(|claim| (name(claim), &claim.difference))
            .collect();
        if !found.is_empty() {
            let shown = shown(&found, verdicts.rules.alpha, ["lower", "higher"]);
            readings.push(format!("*{when}* {shown}"));
        } else if reading == Reading::EqualNegatives && question == Question::MoreNegatives {
            readings.push(format!(
                "*{when}* nothing can be read: where the larger K is first evaluated it has scored \
                 more than the smallest ever does"
            ));
        }
    }
    if readings.is_empty() {
        return String::new();
    }
    let what = match question {
        Question::MoreNegatives => "at more negatives against the smallest K",
        Question::DynamicPo => {
            "of DynamicPO against the loss underneath, at the same K, where equal steps are equal \
             negatives too"
        }
    };
    let readings = readings.join(". ");
    format!("**{}** Test {} {what}: {readings}.\n\n", question.title(), verdicts.measure)
}

/// What training beyond the best step does, at the largest K.
fn longer(budgets: &Budgets, verdicts: &Verdicts) -> String {
    let found: Vec<(String, &Difference)> = budgets
        .longer
        .iter()
        .map(|at| {
            let loss = at.loss_difference.map(|loss| {
                format!(", normalised loss {}{}", if loss > 0.0 { "+" } else { "" }, quantity(loss))
            });
            let (label, k) = (&at.setting.label, at.setting.negatives);
            let steps = format!("step {} → {}", at.best_step, at.last_step);
            (format!("{label}, K = {k}, {steps}{}", loss.unwrap_or_default()), &at.difference)
        })
        .collect();
    let best_at_end = verdicts
        .losses
        .iter()
        .filter(|loss| loss.over_training.as_ref().is_some_and(|found| found.later.is_empty()));
    let best_at_end: Vec<String> = best_at_end.map(|loss| markdown_escape(&loss.label)).collect();
    let mut parts = Vec::new();
    if !found.is_empty() {
        parts.push(shown(&found, verdicts.rules.alpha, ["lower", "higher"]));
    }
    parts.extend(list(&best_at_end).map(|names| format!("best at the end for {names}")));
    if parts.is_empty() {
        return String::new();
    }
    format!(
        "**Does longer training hurt?** Test {} at the largest K at the end of training against the \
         step that is best on validation: {}.\n\n",
        verdicts.measure,
        parts.join(", ")
    )
}

/// The loss with the K and steps of both sides.
fn name(claim: &BudgetClaim) -> String {
    let (after, before) = (&claim.after, &claim.before);
    let steps = if after.step == before.step {
        format!("step {}", after.step)
    } else {
        format!("steps {} and {}", before.step, after.step)
    };
    let k = if after.setting.negatives == before.setting.negatives {
        after.setting.negatives.to_string()
    } else {
        format!("{} → {}", before.setting.negatives, after.setting.negatives)
    };
    format!("{}, K = {k}, {steps}", after.setting.label)
}

/// Every comparison with its numbers.
pub(crate) fn table(verdicts: &Verdicts, budgets: &Budgets) -> Grid {
    let measure = &verdicts.measure;
    let columns = verdicts.axes();
    let header = columns.header([
        "budget",
        "before",
        "steps",
        "after",
        "steps",
        "seconds per step",
        "before",
        "after",
        "difference (95 % interval)",
        "p (Holm)",
    ]);
    let side =
        |at: &Checkpoint| format!("{}, K = {}", at.setting.series.loss, at.setting.negatives);
    let row = |claim: &BudgetClaim| -> Vec<Entry> {
        let seconds = claim.before.seconds_per_step.zip(claim.after.seconds_per_step);
        let seconds = seconds.map_or(NOTHING.to_owned(), |(before, after)| {
            format!("{}, {}", quantity(before), quantity(after))
        });
        // Both sides have the same values on the axes.
        let axes = &claim.after.setting.series.axes;
        let mut row = columns.row(claim.reading.title(), axes, NOTHING);
        row.extend([
            side(&claim.before).into(),
            count(u64::from(claim.before.step)).into(),
            side(&claim.after).into(),
            count(u64::from(claim.after.step)).into(),
            seconds.into(),
            numbers::metric(claim.difference.before).into(),
            numbers::metric(claim.difference.after).into(),
            with_interval(&claim.difference).into(),
            p_value(claim.difference.p_holm).into(),
        ]);
        row
    };
    let caption = format!(
        "Test {measure} of both claims where both sides have used up the same steps, negatives or \
         measured time."
    );
    let rows = budgets.claims.iter().map(row).collect();
    let words = columns.len() + 2;
    Grid { name: "budgets", caption, header, words, rows }
}
