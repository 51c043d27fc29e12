//! The verdict in words: the first section of the report.

use super::compare::Difference;
use super::loss_verdict::{LossVerdict, Verdict};
use super::phrases::{p_value, relation, signed, tenths, with_interval};
use super::verdicts::{VERDICT_FILE, Verdicts};
use super::{budgets_text, claims_text, tuned_text};
use crate::grid::{Entry, Grid, markdown_escape};
use crate::numbers::{self, NOTHING, plain};

/// The table and one sentence per loss.
pub(crate) fn section(verdicts: &Verdicts) -> String {
    if verdicts.losses.iter().all(|loss| loss.best_k.is_none()) {
        return "No cell has results yet, so there is no verdict.\n\n".to_owned();
    }
    let mut text = claims_text::paragraphs(verdicts);
    text.push_str(&table(verdicts).markdown());
    text.push_str(&claims_text::section(verdicts));
    for loss in &verdicts.losses {
        text.push_str(&format!("- {}\n", sentence(loss, verdicts)));
    }
    text.push_str(&format!("\n{}\n\n", rules(verdicts)));
    text.push_str(&tuned_text::section(verdicts));
    text.push_str(&budgets_text::section(verdicts));
    text
}

/// One row per loss.
pub(crate) fn table(verdicts: &Verdicts) -> Grid {
    let measure = &verdicts.measure;
    let axes = verdicts.axes();
    let header = axes.header([
        "loss",
        "verdict",
        "K*",
        "onset K",
        "compared K",
        &format!("{measure} difference (95 % interval)"),
        "p (Holm)",
        "largest K − reference (95 % interval)",
        "p (Holm)",
        "detectable",
    ]);
    let number = |k: Option<usize>| k.map_or(NOTHING.to_owned(), |k| k.to_string());
    let rows = verdicts
        .losses
        .iter()
        .map(|loss| {
            let (from, found) = loss.headline().unzip();
            let reference = loss.against_reference.as_ref();
            let compared = from.zip(loss.largest_k).map(|(from, to)| format!("{from} → {to}"));
            let mut row = axes.series(&loss.series, NOTHING);
            row.extend([
                word(loss).into(),
                number(loss.best_k).into(),
                number(loss.onset_k).into(),
                compared.unwrap_or(NOTHING.to_owned()).into(),
                found.map_or(NOTHING.to_owned(), with_interval).into(),
                found.map_or(NOTHING.to_owned(), |found| p_value(found.p_holm)).into(),
                reference.map_or(NOTHING.to_owned(), with_interval).into(),
                reference.map_or(NOTHING.to_owned(), |found| p_value(found.p_holm)).into(),
                found
                    .map_or(NOTHING.to_owned(), |found| numbers::metric(found.minimum_detectable))
                    .into(),
            ]);
            row
        })
        .collect();
    let caption = format!(
        "Verdict over the number of negatives K. K* is best on validation; test {measure}, full \
         ranking, end of training."
    );
    let words = axes.len() + 2;
    Grid { name: "verdict", caption, header, words, rows }
}

/// [`table`] in plain numbers.
pub(crate) fn numbers(verdicts: &Verdicts) -> Grid {
    let axes = verdicts.axes();
    let mut header =
        axes.header(["loss", "verdict", "best_k", "onset_k", "from_k", "to_k", "measure"]);
    for name in ["difference", "largest_minus_reference"] {
        header
            .extend(["", "_low", "_high", "_p_holm", "_seeds"].map(|part| format!("{name}{part}")));
    }
    header.push("minimum_detectable".to_owned());
    let number = |k: Option<usize>| k.map(|k| k.to_string()).unwrap_or_default();
    let row = |loss: &LossVerdict| {
        let (from, found) = loss.headline().unzip();
        let mut entries = axes.series(&loss.series, "");
        entries.extend([
            loss.verdict.word().into(),
            number(loss.best_k).into(),
            number(loss.onset_k).into(),
            number(from).into(),
            number(from.and(loss.largest_k)).into(),
            verdicts.measure.clone().into(),
        ]);
        for found in [found, loss.against_reference.as_ref()] {
            let of = |pick: fn(&Difference) -> f64| Entry::from(plain(found.map(pick)));
            entries.extend([
                of(|found| found.difference),
                of(|found| found.interval.0),
                of(|found| found.interval.1),
                of(|found| found.p_holm),
                number(found.map(|found| found.seeds)).into(),
            ]);
        }
        entries.push(plain(found.map(|found| found.minimum_detectable)).into());
        entries
    };
    let rows = verdicts.losses.iter().map(row).collect();
    Grid { name: "verdict", caption: String::new(), header, words: 1, rows }
}

/// The verdict, marked where it rests on a single seed.
fn word(loss: &LossVerdict) -> String {
    let one = loss.headline().is_some_and(|(_, found)| found.seeds == 1);
    format!("{}{}", loss.verdict.word(), if one { " (one seed)" } else { "" })
}

fn sentence(loss: &LossVerdict, verdicts: &Verdicts) -> String {
    let label = markdown_escape(&loss.label);
    let mut sentences = vec![format!("**{label}**: {}: {}.", word(loss), loss.reason)];
    if let (Some((from, found)), Some(largest)) = (loss.headline(), loss.largest_k) {
        sentences.push(compared(from, largest, found, loss, verdicts));
    }
    match loss.verdict {
        Verdict::Collapse => sentences.extend(onset(loss)),
        Verdict::Inconclusive => sentences.extend(loss.headline().map(|(_, found)| {
            format!(
                "A true difference of {} would be found eight times in ten by this comparison \
                 alone, one of {} after the correction.",
                numbers::metric(found.minimum_detectable),
                numbers::metric(found.minimum_detectable_in_family)
            )
        })),
        _ => {}
    }
    sentences.extend(reference(loss, verdicts));
    sentences.extend(training(loss));
    sentences.join(" ")
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
        format!("; the normalised training loss is {way} ({})", signed(difference))
    });
    let margin = loss.equivalence.filter(|_| loss.verdict == Verdict::Plateau).map(|test| {
        format!(
            ", within ±{} (equivalence {})",
            numbers::metric(test.margin),
            relation(test.p_holm)
        )
    });
    format!(
        "From K = {from}{role} to K = {largest} test {} changes by {}{}, {} after correction{}{}{}.",
        verdicts.measure,
        with_interval(found),
        found.percent.map_or(String::new(), |percent| format!(" or {} %", tenths(percent))),
        relation(found.p_holm),
        margin.unwrap_or_default(),
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
            "; for these {} trained pairs themselves the users differ (sign-flip {}, \
             uncorrected), which does not carry over to other seeds",
            found.seeds,
            relation(found.p_sign_flip)
        );
    }
    String::new()
}

fn onset(loss: &LossVerdict) -> Option<String> {
    let onset = loss.onset_k?;
    let shown: Vec<String> =
        loss.larger.iter().filter(|at| at.collapse).map(|at| at.negatives.to_string()).collect();
    Some(format!(
        "It is first shown at K = {onset} (shown at K = {}; those below the largest are \
         exploratory).",
        shown.join(", ")
    ))
}

fn reference(loss: &LossVerdict, verdicts: &Verdicts) -> Option<String> {
    let (found, largest) = loss.against_reference.as_ref().zip(loss.largest_k)?;
    let word = if found.falls(verdicts.rules.alpha) {
        "below the reference"
    } else if found.rises(verdicts.rules.alpha) {
        "above the reference"
    } else {
        "not shown to differ from the reference"
    };
    Some(format!("K = {largest} is {word} ({}).", relation(found.p_holm)))
}

fn training(loss: &LossVerdict) -> Option<String> {
    let found = loss.over_training.as_ref()?;
    let onset = found.onset_step?;
    Some(format!(
        "Over training at K = {}, ranking is below its level at step {} (best on validation) from \
         step {onset} to the end while the normalised loss is lower.",
        found.negatives, found.best_step
    ))
}

fn rules(verdicts: &Verdicts) -> String {
    let rules = &verdicts.rules;
    let families = &verdicts.families;
    let found = verdicts.losses.iter().filter_map(LossVerdict::headline);
    let seeds = found.map(|(_, found)| found.seeds).min();
    let few = match seeds {
        Some(1) => {
            " One seed: intervals and p cover other users, not other trainings; a verdict is \
             about these trained models and may well change with another seed."
        }
        Some(2..5) => {
            " With so few seeds only large differences can be shown; inconclusive means that this \
             experiment cannot tell."
        }
        _ => "",
    };
    format!(
        "*Collapse*: at the largest K ranking is below that at K*, p after Holm's correction \
         below {} and the 95 % interval below zero, while the mean normalised training loss is \
         not higher. *Improves*: the largest K is above the smallest by the same test. \
         *Plateau*: two one-sided tests put the difference within {} % of the reference's {}. \
         Otherwise *inconclusive*, which does not mean that nothing happens. Tests are paired by \
         seed and user and allow for both (a hierarchical bootstrap of {} resamples, stretched \
         for few seeds, and a two-way t test); intervals hold for one comparison. p is corrected over \
         the primary family, which a rule fixes and not the results: the largest K of every loss \
         against K*, the smallest K and the reference, {} comparisons. Everything else is \
         secondary and exploratory, each kind corrected by itself: onsets over {} pairs of K, {} \
         tests of equivalence, {} pairs of training steps, {} comparisons of DynamicPO with the \
         loss underneath, {} at equal divergence, {} at picked checkpoints. *Detectable* is the true difference that one uncorrected comparison finds with \
         {:.0} % power.{few} All numbers: [verdict.json]({}).",
        rules.alpha,
        100.0 * rules.margin_share,
        verdicts.measure,
        numbers::count(rules.resamples as u64),
        families.primary,
        families.over_negatives,
        families.equivalence,
        families.over_training,
        verdicts.claim_families.dynamic_po,
        verdicts.claim_families.equal_kl,
        verdicts.claim_families.picked,
        100.0 * rules.power,
        VERDICT_FILE,
    )
}
