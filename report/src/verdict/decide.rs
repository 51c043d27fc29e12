//! From evidence to verdicts: which tests are made, and what they allow to be said.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::compare::{Difference, compare, correct, pool};
use super::evidence::Evidence;
use super::loss_verdict::{AtK, Equivalence, LossVerdict, Verdict};
use super::over_training;
use super::rules::Rules;
use crate::statistics::{BySeed, holm, paired_difference};

/// Sizes of the families that Holm's correction covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Families {
    /// Primary: every loss at its largest K against K*, the smallest K and the reference, whether or
    /// not two of these are one.
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
        evidence.iter().map(|evidence| tests(evidence, rules)).collect();
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

/// All tests of one loss, uncorrected.
fn tests(evidence: &Evidence, rules: &Rules) -> LossVerdict {
    let best_k = best(evidence);
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
                collapse: false,
            })
            .collect()
    };
    let smaller = best_k.map_or_else(Vec::new, |best| at(best, 0..best));
    let larger = best_k.map_or_else(Vec::new, |best| at(best, best + 1..usize::MAX));
    let range = smallest_k.zip(largest_k).filter(|(smallest, largest)| smallest < largest);
    let reference = largest_k.and_then(|largest| {
        compare(&evidence.cells[&largest].test, &evidence.cells[&largest].reference, None, rules)
    });
    LossVerdict {
        series: evidence.series.clone(),
        label: evidence.series.to_string(),
        verdict: Verdict::Inconclusive,
        reason: String::new(),
        best_k,
        smallest_k,
        largest_k,
        larger,
        smaller,
        onset_k: None,
        range: range.and_then(|(smallest, largest)| difference(largest, smallest)),
        against_reference: reference,
        equivalence: None,
        over_training: largest_k
            .and_then(|largest| over_training::tests(&evidence.steps, largest, rules)),
    }
}

/// The K with the best mean on validation; the smallest of equals.
fn best(evidence: &Evidence) -> Option<usize> {
    let mut best: Option<(usize, f64)> = None;
    for (negatives, cell) in &evidence.cells {
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
/// validation picks, against the smallest, and against the reference. All three count for every loss,
/// also where two are one: the size of the family then does not depend on which K is picked.
fn correct_primary(evidence: &[Evidence], losses: &mut [LossVerdict], rules: &Rules) -> usize {
    let counts = evidence.iter().map(|evidence| if evidence.cells.len() > 1 { 3 } else { 1 });
    let planned = counts.sum();
    let mut tests: Vec<&mut Difference> = Vec::new();
    for loss in losses.iter_mut() {
        // Where the smallest K is the best, the range is the last of the larger ones.
        let apart = loss.best_k != loss.smallest_k;
        tests.extend(loss.larger.last_mut().and_then(|at| at.difference.as_mut()));
        tests.extend(loss.range.as_mut().filter(|_| apart));
        tests.extend(loss.against_reference.as_mut());
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
    let reference = evidence.cells[&loss.largest_k?].reference_mean?;
    let margin = rules.margin_share * reference;
    let p = difference.equivalence(margin);
    Some(Equivalence { from_k, margin, p, p_holm: p })
}

impl LossVerdict {
    /// The comparison of the table: the largest K against the best one, or against the smallest
    /// where the largest is the best.
    pub(crate) fn headline(&self) -> Option<(usize, &Difference)> {
        let at_largest = self.larger.last().map(|at| at.difference.as_ref());
        match at_largest {
            Some(difference) => self.best_k.zip(difference),
            None => self.smallest_k.zip(self.range.as_ref()),
        }
    }
}

fn conclude(evidence: &Evidence, loss: &mut LossVerdict, rules: &Rules) {
    for at in &mut loss.larger {
        let falls = at.difference.is_some_and(|difference| difference.falls(rules.alpha));
        at.collapse = falls && at.loss_difference.is_some_and(|difference| difference <= 0.0);
    }
    let (verdict, reason) = judge(evidence, loss, rules);
    if verdict == Verdict::Collapse {
        loss.onset_k = loss.larger.iter().find(|at| at.collapse).map(|at| at.negatives);
    }
    (loss.verdict, loss.reason) = (verdict, reason);
}

fn judge(evidence: &Evidence, loss: &LossVerdict, rules: &Rules) -> (Verdict, String) {
    let inconclusive = |reason: &str| (Verdict::Inconclusive, reason.to_owned());
    if evidence.cells.is_empty() || loss.best_k.is_none() {
        return inconclusive("no results on the validation split");
    }
    if loss.smallest_k == loss.largest_k {
        let reason = "one K has results, so nothing can be said over K";
        return (Verdict::NotApplicable, reason.to_owned());
    }
    if evidence.lacks_ranks {
        return inconclusive("no per-user ranks");
    }
    if loss.larger.last().is_some_and(|at| at.collapse) {
        let reason = "ranking is lower than at K* while the normalised training loss is not higher";
        return (Verdict::Collapse, reason.to_owned());
    }
    let falls = |at: &AtK| at.difference.is_some_and(|found| found.falls(rules.alpha));
    if loss.larger.last().is_some_and(falls) {
        return inconclusive(
            "ranking is lower than at K*, but the normalised training loss is higher too, so \
             this is a worse fit rather than collapse",
        );
    }
    if loss.range.is_some_and(|range| range.rises(rules.alpha)) {
        let reason = "ranking at the largest K is higher than at the smallest";
        return (Verdict::Improves, reason.to_owned());
    }
    if loss.equivalence.is_some_and(|test| test.p_holm < rules.alpha) {
        let reason = "the difference is within the margin";
        return (Verdict::Plateau, reason.to_owned());
    }
    inconclusive("neither a significant change nor equivalence")
}
