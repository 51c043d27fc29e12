//! What remains of the claims, in sentences and a table made from the numbers.

use super::claims::Claim;
use super::compare::Difference;
use super::phrases::{p_value, relation, with_interval};
use super::question::Question;
use super::verdicts::Verdicts;
use crate::grid::{Entry, Grid, markdown_escape};
use crate::numbers::{NOTHING, quantity};
use crate::reading::Reading;
use crate::summary::{list, plural};

/// One paragraph per question that the sweep can answer.
pub(super) fn paragraphs(verdicts: &Verdicts) -> String {
    [Question::MoreNegatives, Question::DynamicPo]
        .into_iter()
        .filter_map(|question| paragraph(question, verdicts))
        .collect()
}

/// The numbers behind the paragraphs, to be opened.
pub(super) fn section(verdicts: &Verdicts) -> String {
    if verdicts.claims.is_empty() {
        return "\n".to_owned();
    }
    let table = table(verdicts).markdown();
    format!("\n<details>\n<summary>The claims in numbers</summary>\n\n{table}\n</details>\n\n")
}

fn paragraph(question: Question, verdicts: &Verdicts) -> Option<String> {
    let claims: Vec<&Claim> =
        verdicts.claims.iter().filter(|claim| claim.question == question).collect();
    if claims.is_empty() {
        return None;
    }
    let what = match question {
        Question::MoreNegatives => {
            "at the largest K against K* (against the smallest, where the largest is K*)"
        }
        Question::DynamicPo => "of DynamicPO against the loss underneath, at the same K",
    };
    let mut text = format!("**{}** Test {} {what}:", question.title(), verdicts.measure);
    let readings = Reading::CLAIMS.map(|reading| read(reading, &claims, verdicts));
    text.push_str(&format!(
        " {}. {}\n\n",
        readings.join("; "),
        remains(question, &claims, verdicts)
    ));
    Some(text)
}

/// What is shown under one reading.
fn read(reading: Reading, claims: &[&Claim], verdicts: &Verdicts) -> String {
    let alpha = verdicts.rules.alpha;
    let mut parts = Vec::new();
    let among = |wanted: &dyn Fn(&Difference) -> bool| -> Vec<String> {
        let found = claims.iter().filter_map(|claim| Some((*claim, claim.at(reading)?)));
        let found = found.filter(|(_, found)| wanted(found));
        found
            .map(|(claim, found)| {
                let p = relation(found.p_holm);
                format!("{} ({}, {p})", name(claim), with_interval(found))
            })
            .collect()
    };
    let falls = |found: &Difference| found.falls(alpha);
    let rises = |found: &Difference| found.rises(alpha);
    parts.extend(list(&among(&falls)).map(|names| format!("lower for {names}")));
    parts.extend(list(&among(&rises)).map(|names| format!("higher for {names}")));
    let of = |wanted: &dyn Fn(Option<&Difference>) -> bool| -> Option<String> {
        let names =
            claims.iter().filter(|claim| wanted(claim.at(reading))).map(|claim| name(claim));
        list(&names.collect::<Vec<_>>())
    };
    // No resample differs, so no user does; the error may still hold other K's variation.
    let same = |found: &Difference| found.percentile_interval == (0.0, 0.0);
    let unclear = |found: &Difference| !falls(found) && !rises(found) && !same(found);
    let count = claims.iter().filter(|claim| claim.at(reading).is_some_and(unclear)).count();
    let names = if count > MANY {
        Some(format!("{count} of {} losses and settings", claims.len()))
    } else {
        of(&|found| found.is_some_and(unclear))
    };
    parts.extend(names.map(|names| format!("no difference shown for {names}")));
    let same = of(&|found| found.is_some_and(same));
    parts.extend(same.map(|names| format!("the very same ranking on both sides for {names}")));
    parts.extend(of(&|found| found.is_none()).map(|names| format!("not tested for {names}")));
    format!("*{}* {}", reading.when(), parts.join(", "))
}

/// More names than this say less than their number; the table has them all.
const MANY: usize = 12;

fn name(claim: &Claim) -> String {
    markdown_escape(&claim.after.label)
}

/// How much of what the end of training shows is still shown under the other readings.
fn remains(question: Question, claims: &[&Claim], verdicts: &Verdicts) -> String {
    let alpha = verdicts.rules.alpha;
    let holds = |found: &Difference| match question {
        Question::MoreNegatives => found.falls(alpha),
        Question::DynamicPo => found.rises(alpha),
    };
    let effect = match question {
        Question::MoreNegatives => "fall",
        Question::DynamicPo => "gain",
    };
    let count = |reading: Reading| {
        claims.iter().filter(|claim| claim.at(reading).is_some_and(holds)).count()
    };
    let shown: Vec<&&Claim> =
        claims.iter().filter(|claim| claim.at_end.as_ref().is_some_and(holds)).collect();
    if shown.is_empty() {
        let elsewhere = match count(Reading::EqualDivergence) + count(Reading::Selected) {
            0 => "nor under the other two readings",
            _ => "although at least one of the other readings shows one",
        };
        return format!("**No {effect} is shown at the end of training, {elsewhere}.**");
    }
    let still = |reading: Reading| {
        shown.iter().filter(|claim| claim.at(reading).is_some_and(holds)).count()
    };
    format!(
        "**Of {} shown at the end of training, {} still shown at equal divergence and {} after the \
         choice of checkpoint.**",
        plural(shown.len(), effect),
        are(still(Reading::EqualDivergence)),
        still(Reading::Selected),
    )
}

fn are(count: usize) -> String {
    format!("{count} {}", if count == 1 { "is" } else { "are" })
}

/// Every claim with its numbers, one row each.
pub(crate) fn table(verdicts: &Verdicts) -> Grid {
    let axes = verdicts.axes();
    let mut header = vec!["claim".to_owned()];
    header.extend(axes.header([
        "compared",
        "at the end",
        "p (Holm)",
        "equal KL",
        "at equal KL",
        "p (Holm)",
        "at picked checkpoints",
        "p (Holm)",
    ]));
    let row = |claim: &Claim| -> Vec<Entry> {
        let what = match claim.question {
            Question::MoreNegatives => "more negatives",
            Question::DynamicPo => "DynamicPO",
        };
        let [before, after] = [&claim.before, &claim.after].map(|side| &side.series.loss);
        let compared = if after == before {
            let (few, many) = (claim.before.negatives, claim.after.negatives);
            format!("{after}, K = {few} → {many}")
        } else {
            format!("{before} → {after}, K = {}", claim.after.negatives)
        };
        // Both sides have the same values on the axes.
        let mut row: Vec<Entry> = vec![what.into()];
        row.extend(axes.row(compared, &claim.after.series.axes, NOTHING));
        for reading in Reading::CLAIMS {
            if reading == Reading::EqualDivergence {
                row.push(claim.kl.map_or(NOTHING.to_owned(), quantity).into());
            }
            let found = claim.at(reading);
            row.push(found.map_or(NOTHING.to_owned(), with_interval).into());
            row.push(found.map_or(NOTHING.to_owned(), |found| p_value(found.p_holm)).into());
        }
        row
    };
    let caption = format!(
        "Test {} differences (95 % interval) at the end of training, at equal divergence from the \
         reference, and at the evaluation of each cell that is best on validation.",
        verdicts.measure
    );
    let rows = verdicts.claims.iter().map(row).collect();
    let words = axes.len() + 2;
    Grid { name: "claims", caption, header, words, rows }
}
