//! Every comparison that bears on a conclusion, as a table.

use super::conclusions::{Conclusion, Finding, Outcome, Side, mark};
use super::side_by_side::change;
use crate::grid::{Entry, Grid};
use crate::numbers::{NOTHING, p_value};
use crate::reading::FROM_START_NOTE;

/// One row per comparison.
pub(super) fn comparisons(conclusion: &Conclusion, findings: &[Finding<'_>]) -> Grid {
    let header =
        ["experiment", "varies", "evaluated at", "compared", "change", "p (Holm)", "outcome"];
    let row = |finding: &Finding<'_>| -> Vec<Entry> {
        let outcome = conclusion.outcome(finding);
        let word = match outcome {
            Outcome::Shown => "significant",
            Outcome::Opposite => "the opposite",
            Outcome::NotShown => NOTHING,
        };
        vec![
            finding.experiment.into(),
            finding.kind.title().into(),
            finding.reading.title().into(),
            compared(finding).into(),
            format!("{}{}", change(finding.difference), mark([finding])).into(),
            p_value(finding.difference.p_holm).into(),
            Entry { text: word.to_owned(), bold: outcome != Outcome::NotShown },
        ]
    };
    let rows = findings.iter().map(row).collect();
    let header = header.map(str::to_owned).to_vec();
    let marked = findings.iter().any(|finding| finding.from_start);
    let caption = if marked { FROM_START_NOTE.to_owned() } else { String::new() };
    Grid { name: "survey-comparisons", caption, header, words: 4, rows }
}

/// `dmpo, beta=1, K = 1 → 20`, or both sides where the loss is another.
fn compared(finding: &Finding<'_>) -> String {
    let (before, after) = (&finding.before, &finding.after);
    let k = |negatives: Option<usize>| negatives.map_or(String::new(), |k| k.to_string());
    let (few, many) = (k(before.negatives), k(after.negatives));
    let [one, other] = [before, after].map(Side::label);
    let mut text = if before.series == after.series {
        format!("{other}, K = {few} → {many}")
    } else if before.negatives == after.negatives || before.negatives.is_none() {
        format!("{one} → {other}, K = {many}")
    } else {
        format!("{one}, K = {few} → {other}, K = {many}")
    };
    if let Some((before, after)) = before.step.zip(after.step) {
        text.push_str(&format!(", steps {before} and {after}"));
    }
    text
}
