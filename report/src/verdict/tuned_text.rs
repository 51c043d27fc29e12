//! The tuned claims, in sentences and a table made from the numbers.

use prefsweep_store::{axis_name, value_name};

use super::compare::Difference;
use super::phrases::{p_value, shown, with_interval};
use super::question::Question;
use super::tuned::{Tuned, TunedCell};
use super::verdicts::Verdicts;
use crate::grid::{Entry, Grid, markdown_escape};
use crate::numbers::{self, NOTHING};
use crate::summary::{list, plural};

/// The section, or nothing where the sweep has no settings to choose among.
pub(super) fn section(verdicts: &Verdicts) -> String {
    let Some(tuned) = &verdicts.tuned else {
        return String::new();
    };
    let axes: Vec<String> =
        tuned.axes.iter().map(|axis| format!("`{}`", axis_name(axis))).collect();
    let axes = list(&axes).unwrap_or_default();
    let mut text = format!(
        "## Every loss and K at its best setting\n\nEach loss and K had the same budget, {} of \
         {axes}. Of these it gets the one with the best mean validation {} at the end of training; \
         differences are measured on test.\n\n",
        plural(tuned.settings, "setting"),
        verdicts.measure
    );
    for question in [Question::MoreNegatives, Question::DynamicPo] {
        text.push_str(&paragraph(question, tuned, verdicts));
    }
    text.push_str(&reference(tuned, verdicts));
    text.push_str(&table(verdicts, tuned).markdown());
    text.push_str(&format!("\n{}\n\n", caution(tuned, &axes)));
    text
}

fn paragraph(question: Question, tuned: &Tuned, verdicts: &Verdicts) -> String {
    let found: Vec<(String, &Difference)> = tuned
        .headlines()
        .filter(|claim| claim.question == question)
        .map(|claim| {
            let (before, after) = (claim.before.negatives, claim.after.negatives);
            let loss = &claim.after.series.loss;
            let name = match question {
                Question::MoreNegatives => format!("{loss}, K = {before} → {after}"),
                Question::DynamicPo => format!("{loss}, K = {after}"),
            };
            (name, &claim.difference)
        })
        .collect();
    if found.is_empty() {
        return String::new();
    }
    let what = match question {
        Question::MoreNegatives => {
            "at the largest K against K* (against the smallest, where the largest is K*)"
        }
        Question::DynamicPo => "of DynamicPO against the loss underneath, each tuned",
    };
    let shown = shown(&found, verdicts.rules.alpha, ["lower", "higher"]);
    format!("**{}** Test {} {what}: {shown}.\n\n", question.title(), verdicts.measure)
}

fn reference(tuned: &Tuned, verdicts: &Verdicts) -> String {
    let found: Vec<(String, &Difference)> = tuned
        .cells
        .iter()
        .filter_map(|cell| Some((name(cell), cell.against_reference.as_ref()?)))
        .collect();
    if found.is_empty() {
        return String::new();
    }
    let shown = shown(&found, verdicts.rules.alpha, ["below", "above"]);
    format!("**Against the reference:** {shown}.\n\n")
}

fn name(cell: &TunedCell) -> String {
    format!("{}, K = {}", cell.series.loss, cell.negatives)
}

/// What the choice does to the numbers, and how they are corrected.
fn caution(tuned: &Tuned, axes: &str) -> String {
    let mut sentences = vec![format!(
        "The validation means are the best of {} and hence too high; test took no part in the \
         choice, so what validation users happen to like does not flatter it. The luck of the \
         trainings shows on both, though, so that a little optimism remains, of the same kind on \
         both sides of a comparison of losses, but not in the reference, of which nothing was \
         chosen.",
        tuned.settings
    )];
    let mean = |value: &dyn Fn(&TunedCell) -> Option<f64>| -> Option<f64> {
        let values: Option<Vec<f64>> = tuned.cells.iter().map(value).collect();
        values.map(|values| values.iter().sum::<f64>() / values.len() as f64)
    };
    let others = mean(&|cell| cell.test_chosen_on_others);
    if let Some((all, others)) = mean(&|cell| Some(cell.test)).zip(others) {
        sentences.push(format!(
            "How much: the mean of the test column is {}, and {} where each seed is read at the \
             setting that the other seeds choose.",
            numbers::metric(all),
            numbers::metric(others)
        ));
    }
    let edge = tuned.cells.iter().filter(|cell| !cell.at_edge.is_empty()).count();
    if edge > 0 {
        sentences.push(format!(
            "In {edge} of {} a chosen value of {axes} is the smallest or the largest that was tried, \
             so that a wider choice might find a better one.",
            tuned.cells.len()
        ));
    }
    if !tuned.left_out.is_empty() {
        let names = tuned.left_out.iter().map(|at| format!("{}, K = {}", at.label, at.negatives));
        let names = names.map(|name| markdown_escape(&name)).collect::<Vec<_>>().join("; ");
        sentences.push(format!("Left out, as not every setting has every seed: {names}."));
    }
    sentences.push(format!(
        "Secondary, p after Holm's correction over two families: both claims, {}, and the \
         reference, {}. Tests and intervals are those of the verdict; it takes the choice as given.",
        plural(tuned.families.claims, "comparison"),
        plural(tuned.families.against_reference, "comparison")
    ));
    sentences.join(" ")
}

/// Every loss and K with the setting chosen.
pub(crate) fn table(verdicts: &Verdicts, tuned: &Tuned) -> Grid {
    let measure = &verdicts.measure;
    let mut header = vec!["loss".to_owned(), "K".to_owned()];
    header.extend(tuned.axes.iter().map(|axis| axis_name(axis).to_owned()));
    header.extend([
        format!("validation {measure}"),
        format!("test {measure}"),
        "test − reference (95 % interval)".to_owned(),
        "p (Holm)".to_owned(),
    ]);
    let row = |cell: &TunedCell| -> Vec<Entry> {
        let mut row: Vec<Entry> =
            vec![cell.series.loss.to_string().into(), cell.negatives.to_string().into()];
        row.extend(cell.series.axes.values().map(|value| Entry::from(value_name(value))));
        let found = cell.against_reference.as_ref();
        row.extend([
            numbers::metric(cell.validation).into(),
            numbers::metric(cell.test).into(),
            found.map_or(NOTHING.to_owned(), with_interval).into(),
            found.map_or(NOTHING.to_owned(), |found| p_value(found.p_holm)).into(),
        ]);
        row
    };
    let caption = format!(
        "Every loss and K at the setting that is best for it on validation, of {}: mean {measure} at \
         the end of training, full ranking, and the difference to the reference.",
        tuned.settings
    );
    let rows = tuned.cells.iter().map(row).collect();
    Grid { name: "tuned", caption, header, words: 1, rows }
}
