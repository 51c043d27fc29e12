//! One item per loss: the numbers, and the word that they allow.

use crate::numbers;
use crate::page::{Prose, prose};
use crate::sections::evidence::Evidence;
use crate::sections::verdict::table::word;
use crate::verdict::{
    CONTROL, Difference, LossVerdict, Verdict, Verdicts, relation, tenths, with_interval,
};

/// Every loss in a few sentences.
pub(super) fn sentences(found: &Evidence<'_>) -> Vec<Prose> {
    let losses = found.verdicts.losses.iter().enumerate();
    losses.map(|(series, loss)| sentence(series, loss, found)).collect()
}

fn sentence(series: usize, loss: &LossVerdict, found: &Evidence<'_>) -> Prose {
    let verdicts = found.verdicts;
    let mut sentences = vec![match loss.headline().zip(loss.largest_k) {
        Some(((from, difference), largest)) => {
            let change = compared(from, largest, difference, loss, verdicts);
            prose!("**{}**: {}: *{}* ({}).", loss.label, change, word(loss), loss.reason)
        }
        None => prose!("**{}**: *{}* ({}).", loss.label, word(loss), loss.reason),
    }];
    match loss.verdict {
        Verdict::Collapse | Verdict::SmallDrop => sentences.extend(onset(loss)),
        Verdict::Undecided => sentences.extend(loss.headline().map(|(_, found)| {
            prose!(
                "Minimum detectable effect at {} % power: {} for this comparison alone, {} after the \
                 correction.",
                100.0 * verdicts.rules.power,
                numbers::metric(found.minimum_detectable),
                numbers::metric(found.minimum_detectable_in_family)
            )
        })),
        _ => {}
    }
    sentences.extend(baselines(loss, verdicts));
    sentences.extend(training(loss));
    sentences.extend(unreached(series, loss, found));
    Prose::join(sentences, " ")
}

fn compared(
    from: usize,
    largest: usize,
    found: &Difference,
    loss: &LossVerdict,
    verdicts: &Verdicts,
) -> String {
    let role = match (loss.best_k == Some(from), loss.best_k == loss.largest_k) {
        (true, _) => " (best on validation)",
        (false, true) => " (the smallest; the largest is best on validation)",
        (false, false) => "",
    };
    let at_largest = loss.larger.last().and_then(|at| at.loss_difference);
    let fit = at_largest.map_or(String::new(), |difference| {
        let way = if difference <= 0.0 { "not higher" } else { "higher" };
        format!(
            "; the normalised training loss is {way} ({})",
            numbers::signed(difference, numbers::metric)
        )
    });
    let margin = loss.equivalence.map_or(String::new(), |test| {
        let p = match loss.verdict {
            Verdict::Equivalent => format!(", equivalence {}", relation(test.p_holm)),
            _ => String::new(),
        };
        format!("; the margin is ±{}{p}", numbers::metric(test.margin))
    });
    format!(
        "from K = {from}{role} to K = {largest} test {} changes by {}{}, {} after correction{}{}{}",
        verdicts.measure,
        with_interval(found),
        found.percent.map_or(String::new(), |percent| format!(" or {} %", tenths(percent))),
        relation(found.p_holm),
        margin,
        fit,
        users_only(found, verdicts),
    )
}

/// Where users alone speak clearly and seeds do not, or there is one seed, the reader should know.
fn users_only(found: &Difference, verdicts: &Verdicts) -> String {
    if found.seeds == 1 {
        return "; there is one seed, so interval and p cover users only and say nothing of other \
                seeds"
            .to_owned();
    }
    if found.p_holm >= verdicts.rules.alpha && found.p_sign_flip < verdicts.rules.alpha {
        return format!(
            "; for these {} trained pairs themselves the users differ (sign-flip {}, uncorrected), \
             which does not carry over to other seeds",
            found.seeds,
            relation(found.p_sign_flip)
        );
    }
    String::new()
}

fn onset(loss: &LossVerdict) -> Option<Prose> {
    let onset = loss.onset_k?;
    let all = loss.larger.iter().filter(|at| at.drops).map(|at| at.negatives.to_string());
    Some(prose!(
        "Its onset is K = {} (significant at K = {}; those below the largest are exploratory).",
        onset,
        all.collect::<Vec<_>>().join(", ")
    ))
}

/// The largest K beside doing nothing and beside training on as before: a gain is above both.
fn baselines(loss: &LossVerdict, verdicts: &Verdicts) -> Option<Prose> {
    let alpha = verdicts.rules.alpha;
    let (reference, largest) = loss.against_reference.as_ref().zip(loss.largest_k)?;
    let change =
        |found: &Difference| format!("{}, {}", with_interval(found), relation(found.p_holm));
    let place = |found: &Difference| match (found.falls(alpha), found.rises(alpha)) {
        (true, _) => "significantly below",
        (_, true) => "significantly above",
        _ => "not significantly different from",
    };
    let what = match loss.verdict {
        Verdict::Control => prose!("Continued supervised training"),
        _ => prose!("K = {}", largest),
    };
    Some(match &loss.against_control {
        None => prose!(
            "{} minus the reference is {}: {} the reference.",
            what,
            change(reference),
            place(reference)
        ),
        Some(control) => prose!(
            "{} minus the reference is {}, minus `{}` {}: {} the reference, {} `{}`{}.",
            what,
            change(reference),
            CONTROL,
            change(control),
            place(reference),
            place(control),
            CONTROL,
            if loss.is_gain(alpha) { ", so a gain" } else { ", so no gain" }
        ),
    })
}

fn training(loss: &LossVerdict) -> Option<Prose> {
    let found = loss.over_training.as_ref()?;
    let onset = found.onset_step?;
    Some(prose!(
        "Over training at K = {}, ranking is below its level at step {} (best on validation) from \
         step {} to the end while the normalised loss is lower.",
        found.negatives,
        found.best_step,
        onset
    ))
}

/// A larger K that was planned.
fn unreached(series: usize, loss: &LossVerdict, found: &Evidence<'_>) -> Option<Prose> {
    let planned = found.findings.sweep.planned_negatives(series).last().copied()?;
    (loss.largest_k? < planned).then(|| prose!("K = {} was planned and has no results.", planned))
}
