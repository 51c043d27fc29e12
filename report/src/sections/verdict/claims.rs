//! The claims of the literature, at the end of training and where it is fairer to compare.

use crate::grid::{Entry, Grid};
use crate::numbers::{NOTHING, plural, quantity};
use crate::page::{Prose, prose};
use crate::reading::Reading;
use crate::sections::outcomes::{Named, outcomes};
use crate::verdict::{Claim, Difference, Question, Verdicts, p_value, with_interval};

/// One paragraph per question that the sweep can answer.
pub(super) fn paragraphs(verdicts: &Verdicts) -> Vec<Prose> {
    [Question::MoreNegatives, Question::DynamicPo]
        .into_iter()
        .filter_map(|question| paragraph(question, verdicts))
        .collect()
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
    };
    let readings = Reading::CLAIMS.map(|reading| {
        let named = claims.iter().map(|claim| (claim.after.label.clone(), claim.at(reading)));
        let found: Vec<Named<'_>> = named.collect();
        let outcomes = outcomes(&found, verdicts.rules.alpha, ["lower", "higher"]);
        prose!("*{}* {}", reading.when(), outcomes)
    });
    Some(prose!(
        "**{}** Test {} {}: {}. {}",
        question.title(),
        verdicts.measure,
        what,
        Prose::join(readings, "; "),
        remains(question, &claims, verdicts.rules.alpha)
    ))
}

/// How much of what is significant at the end of training stays so in the other analyses.
fn remains(question: Question, claims: &[&Claim], alpha: f64) -> Prose {
    let holds = |found: &Difference| match question {
        Question::MoreNegatives => found.falls(alpha),
        Question::DynamicPo => found.rises(alpha),
    };
    let effect = match question {
        Question::MoreNegatives => "drop",
        Question::DynamicPo => "gain",
    };
    let at = |claim: &Claim, reading| claim.at(reading).is_some_and(holds);
    let [end, others @ ..] = Reading::CLAIMS;
    let significant: Vec<&&Claim> = claims.iter().filter(|claim| at(claim, end)).collect();
    if significant.is_empty() {
        let elsewhere = claims.iter().any(|claim| others.iter().any(|other| at(claim, *other)));
        return match elsewhere {
            false => prose!(
                "**No significant {} at the end of training, nor in the other two analyses.**",
                effect
            ),
            true => prose!(
                "**No significant {} at the end of training, although another analysis has one.**",
                effect
            ),
        };
    }
    let [matched, selected] =
        others.map(|reading| significant.iter().filter(|claim| at(claim, reading)).count());
    prose!(
        "**Of {} at the end of training, {} at matched KL and {} at the validation-selected \
         checkpoint.**",
        plural(significant.len(), &format!("significant {effect}")),
        remain(matched),
        selected
    )
}

fn remain(count: usize) -> String {
    format!("{count} {} significant", if count == 1 { "remains" } else { "remain" })
}

/// Every claim with its numbers, one row each.
pub(super) fn table(verdicts: &Verdicts) -> Grid {
    let axes = verdicts.axes();
    let mut header = vec!["claim".to_owned()];
    header.extend(axes.header([
        "compared",
        "at the end",
        "p (Holm)",
        "matched KL",
        "at matched KL",
        "p (Holm)",
        "at the validation-selected checkpoint",
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
        "Test {} differences (95 % interval) at the end of training, at matched KL to the reference, and \
         at the validation-selected checkpoint of each run.",
        verdicts.measure
    );
    let rows = verdicts.claims.iter().map(row).collect();
    let words = axes.len() + 2;
    Grid { name: "claims", caption, header, words, rows }
}
