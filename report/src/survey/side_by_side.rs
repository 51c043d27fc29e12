//! The claims of several experiments, a column for each.

use prefsweep_store::SeriesKey;

use crate::grid::{Entry, Grid};
use crate::numbers::{self, NOTHING, p_value};
use crate::page::{Block, prose};
use crate::reading::{FROM_START_NOTE, Reading, start_mark};
use crate::verdict::{Claim, Difference, Question, Verdicts};

/// The claims, and what is compared for each.
pub(super) const QUESTIONS: [(Question, &str); 3] = [
    (
        Question::MoreNegatives,
        "at the largest K compared with K* (if K* is the largest K, the smallest K is used)",
    ),
    (Question::DynamicPo, "of DynamicPO compared with its base loss, at the largest K of both"),
    (Question::AboveControl, "at the largest K compared with continued supervised training (sft)"),
];

/// A claim in a sentence and a table; nothing where no experiment bears on it.
pub(super) fn section(experiments: &[Verdicts], asked: (Question, &str)) -> Vec<Block> {
    let Some(grid) = grid(experiments, asked) else {
        return Vec::new();
    };
    let sentence = prose!("**{}** {}", asked.0.title(), grid.caption);
    vec![sentence.into(), Block::Table(grid)]
}

/// One row per loss and reading, one column per experiment.
pub(super) fn grid(experiments: &[Verdicts], (asked, what): (Question, &str)) -> Option<Grid> {
    let losses = losses(experiments, asked);
    let measure = &experiments.first()?.measure;
    if losses.is_empty() {
        return None;
    }
    let mut header = vec!["loss".to_owned(), "evaluated at".to_owned()];
    header.extend(experiments.iter().map(|verdicts| verdicts.experiment.clone()));
    header.push("lower, higher".to_owned());
    let mut rows = Vec::new();
    let readings = readings(experiments);
    let mut marked = false;
    for loss in losses {
        for &reading in &readings {
            let mut row: Vec<Entry> = vec![loss.to_string().into(), reading.title().into()];
            row.extend(experiments.iter().map(|verdicts| {
                let claim = claim(verdicts, asked, loss);
                let from_start = claim.is_some_and(|claim| claim.is_from_start(reading));
                marked |= from_start;
                let found = claim.and_then(|claim| claim.at(reading));
                found.map_or(NOTHING.into(), |found| entry(found, from_start, verdicts.rules.alpha))
            }));
            row.push(count(experiments, asked, loss, reading).into());
            rows.push(row);
        }
    }
    let mut caption = format!(
        "Change of test {measure} {what}, in percent of the value before; in brackets p after \
         Holm's correction within each experiment, bold where significant. Last: in how many \
         experiments it is significantly lower and higher."
    );
    if marked {
        caption.push_str(&format!(" {FROM_START_NOTE}"));
    }
    let name = match asked {
        Question::MoreNegatives => "survey-negatives",
        Question::DynamicPo => "survey-dynamic-po",
        Question::AboveControl => "survey-control",
    };
    Some(Grid { name, caption, header, words: 2, rows })
}

/// The readings of claims; what needs a validation loss is left out where no experiment has one.
fn readings(experiments: &[Verdicts]) -> Vec<Reading> {
    let tested =
        |reading: &Reading| experiments.iter().any(|found| found.readings().contains(reading));
    Reading::CLAIMS.into_iter().filter(tested).collect()
}

/// In how many experiments one claim is shown, either way.
fn count(experiments: &[Verdicts], asked: Question, loss: &SeriesKey, reading: Reading) -> String {
    let mut found = Vec::new();
    for verdicts in experiments {
        let difference = claim(verdicts, asked, loss).and_then(|claim| claim.at(reading));
        found.extend(difference.map(|difference| (difference, verdicts.rules.alpha)));
    }
    let falls = found.iter().filter(|(found, alpha)| found.falls(*alpha)).count();
    let rises = found.iter().filter(|(found, alpha)| found.rises(*alpha)).count();
    format!("{falls}, {rises} of {}", found.len())
}

/// The losses that are judged anywhere, in order of appearance.
fn losses(experiments: &[Verdicts], asked: Question) -> Vec<&SeriesKey> {
    let mut losses: Vec<&SeriesKey> = Vec::new();
    let claims = experiments.iter().flat_map(|verdicts| &verdicts.claims);
    for claim in claims.filter(|claim| claim.question == asked) {
        if !losses.contains(&&claim.after.series) {
            losses.push(&claim.after.series);
        }
    }
    losses
}

fn claim<'a>(verdicts: &'a Verdicts, asked: Question, loss: &SeriesKey) -> Option<&'a Claim> {
    verdicts.claims.iter().find(|claim| claim.question == asked && claim.after.series == *loss)
}

/// In percent.
pub(super) fn change(found: &Difference) -> String {
    let percent = found.percent;
    percent.map_or(NOTHING.to_owned(), |percent| format!("{} %", numbers::percent(percent)))
}

fn entry(found: &Difference, from_start: bool, alpha: f64) -> Entry {
    let mark = start_mark(from_start);
    let text = format!("{}{mark} ({})", change(found), p_value(found.p_holm));
    Entry { text, bold: found.falls(alpha) || found.rises(alpha) }
}
