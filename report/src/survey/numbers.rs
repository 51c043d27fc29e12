//! `survey.csv`: every comparison with its numbers.

use super::conclusions::{Conclusion, Finding, conclusions};
use crate::grid::{Entry, Grid};
use crate::verdict::{Difference, Verdicts};

/// Every comparison of every experiment with its numbers.
pub(super) fn numbers(experiments: &[Verdicts]) -> Grid {
    let sides = [
        "experiment",
        "varies",
        "question",
        "evaluated_at",
        "before",
        "before_k",
        "before_step",
        "after",
        "after_k",
        "after_step",
    ];
    let header = [&sides[..], &Difference::COLUMNS, &["from_start", "significant"]].concat();
    let conclusions = conclusions(experiments);
    let of = |conclusion: &Conclusion| {
        let findings = conclusion.findings(experiments);
        let rows = findings.iter().map(|finding| numbers_of(conclusion, finding));
        rows.collect::<Vec<_>>()
    };
    let rows = conclusions.iter().flat_map(of).collect();
    let header = header.into_iter().map(str::to_owned).collect();
    Grid { name: "survey", caption: String::new(), header, words: 4, rows }
}

fn numbers_of(conclusion: &Conclusion, finding: &Finding<'_>) -> Vec<Entry> {
    let question = match conclusion {
        Conclusion::Falls(_) => "more_negatives",
        Conclusion::Fixes(_) => "dynamic_po",
        Conclusion::BeatsReference(_) => "reference",
        Conclusion::BeatsControl(_) => "control",
    };
    let found = finding.difference;
    let significant = match (found.falls(finding.alpha), found.rises(finding.alpha)) {
        (true, _) => "lower",
        (_, true) => "higher",
        _ => "",
    };
    let mut row: Vec<Entry> = vec![
        finding.experiment.into(),
        finding.kind.title().into(),
        question.into(),
        finding.reading.title().into(),
    ];
    for side in [&finding.before, &finding.after] {
        row.push(side.label().into());
        row.push(side.negatives.map_or(String::new(), |k| k.to_string()).into());
        row.push(side.step.map_or(String::new(), |step| step.to_string()).into());
    }
    row.extend(found.columns().map(Entry::from));
    row.push(if finding.from_start { "yes" } else { "" }.into());
    row.push(significant.into());
    row
}
