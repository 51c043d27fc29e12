//! The claims of the literature, at the end of training and where it is fairer to compare.

use crate::grid::{Entry, Grid};
use crate::numbers::{NOTHING, plural, quantity};
use crate::page::{Prose, prose};
use crate::reading::{FROM_START, FROM_START_NOTE, Reading};
use crate::sections::outcomes::{Named, outcomes};
use crate::verdict::{Claim, Difference, Question, Verdicts, p_value, with_interval};

/// One paragraph per question that the sweep can answer, and what its marks mean.
pub(super) fn paragraphs(verdicts: &Verdicts) -> Vec<Prose> {
    let mut paragraphs: Vec<Prose> =
        Question::ALL.into_iter().filter_map(|question| paragraph(question, verdicts)).collect();
    paragraphs.extend(any_mark(verdicts).then(|| Prose::from(FROM_START_NOTE)));
    paragraphs
}

fn paragraph(question: Question, verdicts: &Verdicts) -> Option<Prose> {
    let claims: Vec<&Claim> =
        verdicts.claims.iter().filter(|claim| claim.question == question).collect();
    if claims.is_empty() {
        return None;
    }
    let what = match question {
        Question::MoreNegatives => {
            "at the largest K compared with K* (if K* is the largest K, the smallest K is used)"
        }
        Question::DynamicPo => "of DynamicPO compared with its base loss, at the same K",
        Question::AboveControl => {
            "at the largest K compared with continued supervised training (`sft`)"
        }
    };
    let of_readings = verdicts.readings().into_iter().map(|reading| {
        let name = |claim: &Claim| format!("{}{}", claim.after.label, mark(claim, reading));
        let named = claims.iter().map(|claim| (name(claim), claim.at(reading)));
        let found: Vec<Named<'_>> = named.collect();
        let outcomes = outcomes(&found, verdicts.rules.alpha, ["lower", "higher"]);
        prose!("*{}* {}", reading.when(), outcomes)
    });
    Some(prose!(
        "**{}** Test {} {}: {}. {}",
        question.title(),
        verdicts.measure,
        what,
        Prose::join(of_readings, "; "),
        remains(question, &claims, verdicts)
    ))
}

/// Behind what rests on the straight line from the start to the first evaluation.
fn mark(claim: &Claim, reading: Reading) -> &'static str {
    if claim.is_from_start(reading) { FROM_START } else { "" }
}

fn any_mark(verdicts: &Verdicts) -> bool {
    let marked =
        |claim: &Claim| Reading::CLAIMS.iter().any(|reading| claim.is_from_start(*reading));
    verdicts.claims.iter().any(marked)
}

/// How much of what is significant at the end of training stays so in the other analyses.
fn remains(question: Question, claims: &[&Claim], verdicts: &Verdicts) -> Prose {
    let alpha = verdicts.rules.alpha;
    let holds = |found: &Difference| match question {
        Question::MoreNegatives => found.falls(alpha),
        Question::DynamicPo | Question::AboveControl => found.rises(alpha),
    };
    let effect = match question {
        Question::MoreNegatives => "drop",
        Question::DynamicPo | Question::AboveControl => "improvement",
    };
    let at = |claim: &Claim, reading| claim.at(reading).is_some_and(holds);
    let significant: Vec<&&Claim> = claims.iter().filter(|claim| at(claim, Reading::End)).collect();
    let readings = verdicts.readings();
    let others = || readings.iter().copied().filter(|reading| *reading != Reading::End);
    if significant.is_empty() {
        let elsewhere = claims.iter().any(|claim| others().any(|other| at(claim, other)));
        return match elsewhere {
            false => prose!(
                "**No significant {} at the end of training, nor in the other analyses.**",
                effect
            ),
            true => prose!(
                "**No significant {} at the end of training, although another analysis has one.**",
                effect
            ),
        };
    }
    let counts = others().enumerate().map(|(place, reading)| {
        let count = significant.iter().filter(|claim| at(claim, reading)).count();
        let count = if place == 0 { remain(count) } else { count.to_string() };
        format!("{count} {}", reading.when())
    });
    prose!(
        "**Of {} at the end of training, {}.**",
        plural(significant.len(), &format!("significant {effect}")),
        Prose::list(counts).unwrap_or_default()
    )
}

fn remain(count: usize) -> String {
    format!("{count} {} significant", if count == 1 { "remains" } else { "remain" })
}

/// Every claim with its numbers, one row each.
pub(super) fn table(verdicts: &Verdicts) -> Grid {
    let axes = verdicts.axes();
    let readings = verdicts.readings();
    let mut header = vec!["claim".to_owned()];
    header.extend(axes.header(["compared"]));
    for reading in &readings {
        if *reading == Reading::EqualDivergence {
            header.push(reading.title().to_owned());
        }
        header.extend([column(*reading), "p (Holm)"].map(str::to_owned));
    }
    let row = |claim: &Claim| -> Vec<Entry> {
        let what = match claim.question {
            Question::MoreNegatives => "more negatives",
            Question::DynamicPo => "DynamicPO",
            Question::AboveControl => "above the control",
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
        for reading in &readings {
            if *reading == Reading::EqualDivergence {
                row.push(claim.kl.map_or(NOTHING.to_owned(), quantity).into());
            }
            let found = claim.at(*reading);
            let text = found.map_or(NOTHING.to_owned(), with_interval);
            row.push(format!("{text}{}", mark(claim, *reading)).into());
            row.push(found.map_or(NOTHING.to_owned(), |found| p_value(found.p_holm)).into());
        }
        row
    };
    let mut caption = format!(
        "Test {} differences (95 % interval) at the end of training, at matched KL to the reference, and \
         at the selected checkpoint of each run.",
        verdicts.measure
    );
    if any_mark(verdicts) {
        caption.push_str(&format!(" {FROM_START_NOTE}"));
    }
    let rows = verdicts.claims.iter().map(row).collect();
    let words = axes.len() + 2;
    Grid { name: "claims", caption, header, words, rows }
}

/// The heading of a reading's differences.
fn column(reading: Reading) -> &'static str {
    match reading {
        Reading::End => "at the end",
        Reading::EqualDivergence => "at matched KL",
        other => other.when(),
    }
}
