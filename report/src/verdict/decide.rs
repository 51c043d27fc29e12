//! From evidence to verdicts: which tests are made, and what they allow to be said.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::compare::{Difference, compare, correct, pool};
use super::evidence::{CellEvidence, Evidence};
use super::loss_verdict::{AtK, Equivalence, LossVerdict, Verdict};
use super::over_training;
use super::question::{is_control, is_control_of};
use super::rules::Rules;
use crate::side_by_side::side_by_side;
use crate::statistics::{BySeed, holm, paired_difference};

/// Sizes of the families that Holm's correction covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Families {
    /// Primary: every loss at its largest K against K*, the smallest K, the reference and, where there
    /// is one, the supervised control, whether or not two of these are one; the control against the
    /// reference.
    pub primary: usize,
    /// Secondary: every other pair of K of every loss; those that are not looked at count as tests
    /// that reject nothing.
    pub over_negatives: usize,
    /// Secondary: one equivalence test per loss.
    pub equivalence: usize,
    /// Secondary: every pair of evaluation steps at the largest K of every loss, for the same reason.
    pub over_training: usize,
}

/// One verdict per loss; Holm's correction covers all losses.
pub(super) fn decide(evidence: &[Evidence], rules: &Rules) -> (Vec<LossVerdict>, Families) {
    let mut losses: Vec<LossVerdict> =
        side_by_side(evidence, |loss| tests(loss, control_of(loss, evidence), rules));
    let families = Families {
        primary: correct_primary(evidence, &mut losses, rules),
        over_negatives: correct_over_negatives(evidence, &mut losses, rules),
        equivalence: correct_equivalence(evidence, &mut losses, rules),
        over_training: over_training::correct_all(&mut losses, rules),
    };
    for (evidence, loss) in evidence.iter().zip(&mut losses) {
        conclude(evidence, loss, rules);
    }
    (losses, families)
}

/// The supervised control with the same values on the axes; none for a control itself.
pub(super) fn control_of<'a>(loss: &Evidence, all: &'a [Evidence]) -> Option<&'a Evidence> {
    let controls = |other: &&Evidence| is_control_of(&other.series, &loss.series);
    all.iter().find(controls).filter(|_| !is_control(&loss.series.loss))
}

/// All tests of one loss, uncorrected.
fn tests(evidence: &Evidence, control: Option<&Evidence>, rules: &Rules) -> LossVerdict {
    let best_k = best(evidence.cells.iter());
    let smallest_k = evidence.cells.keys().next().copied();
    let largest_k = evidence.cells.keys().last().copied();
    let pooled = pool(evidence.cells.values().map(|cell| &cell.test));
    let difference = |after: usize, before: usize| {
        compare(&evidence.cells[&after].test, &evidence.cells[&before].test, pooled, rules)
    };
    let at = |best: usize, keys: Range<usize>| -> Vec<AtK> {
        let cells = evidence.cells.range(keys);
        cells
            .map(|(negatives, cell)| AtK {
                negatives: *negatives,
                difference: difference(*negatives, best),
                loss_difference: mean_difference(&cell.loss, &evidence.cells[&best].loss),
                drops: false,
            })
            .collect()
    };
    let smaller = best_k.map_or_else(Vec::new, |best| at(best, 0..best));
    let larger = best_k.map_or_else(Vec::new, |best| at(best, best + 1..usize::MAX));
    let range = smallest_k.zip(largest_k).filter(|(smallest, largest)| smallest < largest);
    let reference = largest_k.and_then(|largest| {
        compare(&evidence.cells[&largest].test, &evidence.cells[&largest].reference, None, rules)
    });
    let control = control.and_then(|control| control.cells.values().last());
    let against_control = largest_k.zip(control).and_then(|(largest, control)| {
        let settings = evidence.cells.values().chain([control]).map(|cell| &cell.test);
        compare(&evidence.cells[&largest].test, &control.test, pool(settings), rules)
    });
    LossVerdict {
        series: evidence.series.clone(),
        label: evidence.series.to_string(),
        verdict: Verdict::Undecided,
        reason: String::new(),
        best_k,
        smallest_k,
        largest_k,
        larger,
        smaller,
        onset_k: None,
        range: range.and_then(|(smallest, largest)| difference(largest, smallest)),
        against_reference: reference,
        against_control,
        equivalence: None,
        over_training: largest_k
            .and_then(|largest| over_training::tests(&evidence.steps, largest, rules)),
        step_seconds: None,
    }
}

/// The K with the best mean on validation; the smallest of equals.
pub(super) fn best<'a>(
    cells: impl Iterator<Item = (&'a usize, &'a CellEvidence)>,
) -> Option<usize> {
    let mut best: Option<(usize, f64)> = None;
    for (negatives, cell) in cells {
        if let Some(value) = cell.validation
            && best.is_none_or(|(_, least)| value > least)
        {
            best = Some((*negatives, value));
        }
    }
    best.map(|(negatives, _)| negatives)
}

fn mean_difference(after: &BySeed, before: &BySeed) -> Option<f64> {
    paired_difference(after, before).map(|found| found.mean)
}

/// Holm's correction over the primary comparisons of all losses: the largest K against the one that
/// validation picks, against the smallest, against the reference and against the control, where the
/// sweep has one. All count for every loss, also where two are one: the size of the family then does
/// not depend on which K is picked.
fn correct_primary(evidence: &[Evidence], losses: &mut [LossVerdict], rules: &Rules) -> usize {
    let counts = evidence.iter().map(|loss| {
        let over_negatives = if loss.cells.len() > 1 { 2 } else { 0 };
        over_negatives + 1 + usize::from(control_of(loss, evidence).is_some())
    });
    let planned = counts.sum();
    let mut tests: Vec<&mut Difference> = Vec::new();
    for loss in losses.iter_mut() {
        // Where the smallest K is the best, the range is the last of the larger ones.
        let apart = loss.best_k != loss.smallest_k;
        tests.extend(loss.larger.last_mut().and_then(|at| at.difference.as_mut()));
        tests.extend(loss.range.as_mut().filter(|_| apart));
        tests.extend(loss.against_reference.as_mut());
        tests.extend(loss.against_control.as_mut());
    }
    let size = correct(&mut tests, planned, rules);
    for loss in losses.iter_mut().filter(|loss| loss.best_k == loss.smallest_k) {
        loss.range = loss.larger.last().and_then(|at| at.difference);
    }
    size
}

/// Holm's correction over the other pairs of K of every loss.
///
/// The tests made are those against the K that validation picks, and validation shares the variance of
/// a training with the test split. Counting all pairs keeps the level whichever K is picked.
fn correct_over_negatives(
    evidence: &[Evidence],
    losses: &mut [LossVerdict],
    rules: &Rules,
) -> usize {
    let counts = evidence.iter().map(|evidence| evidence.cells.len());
    let pairs = counts.map(|count| count * count.saturating_sub(1) / 2).sum();
    let between = losses.iter_mut().flat_map(|loss| {
        // The last of the larger ones is primary; so is the first of the smaller ones where the
        // largest K is the best, as the range with the opposite sign.
        let count = loss.larger.len().saturating_sub(1);
        let first = usize::from(loss.larger.is_empty()).min(loss.smaller.len());
        let between = loss.larger[..count].iter_mut().chain(&mut loss.smaller[first..]);
        between.filter_map(|at| at.difference.as_mut())
    });
    let size = correct(&mut between.collect::<Vec<_>>(), pairs, rules);
    for loss in losses.iter_mut().filter(|loss| loss.larger.is_empty()) {
        let first = loss.smaller.first_mut().and_then(|at| at.difference.as_mut());
        if let Some((found, range)) = first.zip(loss.range.as_ref()) {
            found.p_holm = range.p_holm;
            found.minimum_detectable_in_family = range.minimum_detectable_in_family;
        }
    }
    size
}

fn correct_equivalence(evidence: &[Evidence], losses: &mut [LossVerdict], rules: &Rules) -> usize {
    for (evidence, loss) in evidence.iter().zip(losses.iter_mut()) {
        loss.equivalence = equivalence(evidence, loss, rules);
    }
    let mut tests: Vec<&mut Equivalence> =
        losses.iter_mut().filter_map(|loss| loss.equivalence.as_mut()).collect();
    let adjusted = holm(&tests.iter().map(|test| test.p).collect::<Vec<_>>());
    tests.iter_mut().zip(adjusted).for_each(|(test, p)| test.p_holm = p);
    tests.len()
}

fn equivalence(evidence: &Evidence, loss: &LossVerdict, rules: &Rules) -> Option<Equivalence> {
    let (from_k, difference) = loss.headline()?;
    let margin = margin(evidence, loss, rules)?;
    let p = difference.equivalence(margin);
    Some(Equivalence { from_k, margin, p, p_holm: p })
}

/// The margin of indifference at the largest K; none where its reference has no results.
fn margin(evidence: &Evidence, loss: &LossVerdict, rules: &Rules) -> Option<f64> {
    let largest = evidence.cells.get(&loss.largest_k?)?;
    largest.reference_mean.map(|reference| rules.margin_share * reference)
}

fn conclude(evidence: &Evidence, loss: &mut LossVerdict, rules: &Rules) {
    for at in &mut loss.larger {
        let falls = at.difference.is_some_and(|difference| difference.falls(rules.alpha));
        at.drops = falls && at.loss_difference.is_some_and(|difference| difference <= 0.0);
    }
    let (verdict, reason) = judge(evidence, loss, rules);
    if matches!(verdict, Verdict::Collapse | Verdict::SmallDrop) {
        loss.onset_k = loss.larger.iter().find(|at| at.drops).map(|at| at.negatives);
    }
    (loss.verdict, loss.reason) = (verdict, reason.to_owned());
}

/// The conclusion over K, with the reason.
fn judge(evidence: &Evidence, loss: &LossVerdict, rules: &Rules) -> (Verdict, &'static str) {
    if is_control(&loss.series.loss) {
        return (Verdict::Control, "one run whatever K");
    }
    if evidence.cells.is_empty() || loss.best_k.is_none() {
        return (Verdict::Undecided, "no results on the validation split");
    }
    if loss.smallest_k == loss.largest_k {
        return (Verdict::NotApplicable, "one K has results, so nothing can be said over K");
    }
    if evidence.lacks_ranks {
        return (Verdict::Undecided, "no per-user ranks");
    }
    let margin = margin(evidence, loss, rules);
    let unknown = (Verdict::Undecided, "the margin is not known, as the reference has no results");
    if let Some((at, found)) = loss.larger.last().and_then(|at| Some((at, at.difference?)))
        && found.falls(rules.alpha)
    {
        return match (at.loss_difference, margin) {
            (None, _) => (
                Verdict::Undecided,
                "ranking is significantly lower than at K*, but the training loss is not known",
            ),
            (Some(loss), _) if loss > 0.0 => (
                Verdict::Undecided,
                "ranking is significantly lower than at K*, but the normalised training loss is \
                 higher too, so this is a worse fit",
            ),
            (_, None) => unknown,
            (_, Some(margin)) if found.difference < -margin => (
                Verdict::Collapse,
                "ranking is significantly lower than at K*, by more than the margin, while the \
                 normalised training loss is not higher",
            ),
            _ => (
                Verdict::SmallDrop,
                "ranking is significantly lower than at K*, but by no more than the margin, while \
                 the normalised training loss is not higher",
            ),
        };
    }
    if let Some(range) = loss.range.filter(|range| range.rises(rules.alpha)) {
        return match margin {
            None => unknown,
            Some(margin) if range.difference > margin => (
                Verdict::Improves,
                "ranking at the largest K is significantly higher than at the smallest, by more \
                 than the margin",
            ),
            Some(_) => (
                Verdict::SmallRise,
                "ranking at the largest K is significantly higher than at the smallest, but by no \
                 more than the margin",
            ),
        };
    }
    let within = loss.equivalence.is_some_and(|test| test.p_holm < rules.alpha);
    match loss.headline().filter(|_| within).map(|(_, found)| found.holds_zero()) {
        Some(true) => (Verdict::Equivalent, "the difference is within the margin"),
        Some(false) => (
            Verdict::Undecided,
            "the difference is within the margin, but its interval excludes zero",
        ),
        None => (Verdict::Undecided, "neither a significant change nor equivalence"),
    }
}
