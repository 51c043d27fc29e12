//! What remains of the claims, in sentences made from the numbers.

use super::claims::{Claim, Question};
use super::text::{relation, with_interval};
use super::{Difference, Verdicts};
use crate::grid::markdown_escape;
use crate::numbers::quantity;
use crate::summary::list;

type Pick = fn(&Claim) -> Option<&Difference>;

const READINGS: [(&str, Pick); 3] = [
    ("at the end of training", |claim| claim.at_end.as_ref()),
    ("at equal divergence from the reference", |claim| claim.at_equal_kl.as_ref()),
    ("at the checkpoints that validation picks", |claim| claim.at_picked.as_ref()),
];

/// One paragraph per question that the sweep can answer.
pub(super) fn paragraphs(verdicts: &Verdicts) -> String {
    [Question::MoreNegatives, Question::DynamicPo]
        .into_iter()
        .filter_map(|question| paragraph(question, verdicts))
        .collect()
}

fn paragraph(question: Question, verdicts: &Verdicts) -> Option<String> {
    let claims: Vec<&Claim> =
        verdicts.claims.iter().filter(|claim| claim.question == question).collect();
    if claims.is_empty() {
        return None;
    }
    let (title, what) = match question {
        Question::MoreNegatives => (
            "Do more negatives hurt?",
            "the largest K against K*, or against the smallest where the largest is best",
        ),
        Question::DynamicPo => {
            ("Does DynamicPO mend it?", "DynamicPO against the loss underneath, at the same K")
        }
    };
    let mut text = format!("**{title}** Test {}, {what}.", verdicts.measure);
    for (when, pick) in READINGS {
        text.push_str(&format!(" {}", reading(when, pick, &claims, verdicts)));
    }
    text.push_str(&format!(" {}\n\n", remains(question, &claims, verdicts)));
    Some(text)
}

/// What is shown under one reading.
fn reading(when: &str, pick: Pick, claims: &[&Claim], verdicts: &Verdicts) -> String {
    let alpha = verdicts.rules.alpha;
    let mut parts = Vec::new();
    let tested = |wanted: &dyn Fn(&Difference) -> bool| -> Vec<(&Claim, &Difference)> {
        let found = claims.iter().filter_map(|claim| Some((*claim, pick(claim)?)));
        found.filter(|(_, found)| wanted(found)).collect()
    };
    for (word, found) in [
        ("lower", tested(&|found| found.falls(alpha))),
        ("higher", tested(&|found| found.rises(alpha))),
    ] {
        let names = found.iter().map(|(claim, found)| {
            format!("{} ({}, {})", name(claim), with_interval(found), relation(found.p_holm))
        });
        parts.extend(list(&names.collect::<Vec<_>>()).map(|names| format!("{word} for {names}")));
    }
    let unclear = tested(&|found| !found.falls(alpha) && !found.rises(alpha));
    let names = unclear.iter().map(|(claim, found)| {
        format!("{} ({}, {})", name(claim), with_interval(found), relation(found.p_holm))
    });
    if let Some(names) = list(&names.collect::<Vec<_>>()) {
        parts.push(format!("no difference is shown for {names}"));
    }
    let untested: Vec<String> =
        claims.iter().filter(|claim| pick(claim).is_none()).map(|claim| name(claim)).collect();
    parts.extend(list(&untested).map(|names| format!("not tested for {names}")));
    format!("*{}{}*: {}.", when[..1].to_uppercase(), &when[1..], parts.join("; "))
}

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
    let shown: Vec<&&Claim> =
        claims.iter().filter(|claim| claim.at_end.as_ref().is_some_and(holds)).collect();
    let effect = match question {
        Question::MoreNegatives => "fall",
        Question::DynamicPo => "gain",
    };
    if shown.is_empty() {
        return format!(
            "So no {effect} is shown at the end of training, and there is none that the other \
             readings could take away."
        );
    }
    let still = |pick: Pick| shown.iter().filter(|claim| pick(claim).is_some_and(holds)).count();
    let levels: Vec<String> = shown
        .iter()
        .filter_map(|claim| Some(format!("KL = {} for {}", quantity(claim.kl?), name(claim))))
        .collect();
    format!(
        "So of {} {effect}{} shown at the end of training, {} {} shown at equal divergence{} and {} \
         after the choice of checkpoint.",
        shown.len(),
        if shown.len() == 1 { "" } else { "s" },
        still(READINGS[1].1),
        if still(READINGS[1].1) == 1 { "is" } else { "are" },
        list(&levels).map_or(String::new(), |levels| format!(" ({levels})")),
        still(READINGS[2].1),
    )
}
