//! Best K against largest K, per series: the numbers behind the summary.
//!
//! The best K is the one with the highest mean measure on the *validation* split; everything
//! reported about it is measured on the *test* split, so choosing it does not flatter it.

use crate::findings::Findings;
use crate::statistics::{Change, Estimate, paired_difference};

/// One series, at its best and at its largest number of negatives.
#[derive(Debug, Clone)]
pub(crate) struct Comparison {
    /// Position among the series.
    pub(crate) series: usize,
    pub(crate) label: String,
    /// Chosen on the validation split.
    pub(crate) best: usize,
    pub(crate) largest: usize,
    /// The largest K of the plan, when it has no results.
    pub(crate) unreached: Option<usize>,
    pub(crate) metric_at_best: Option<Estimate>,
    pub(crate) metric_at_largest: Option<Estimate>,
    /// Largest minus best, paired by seed; none when best and largest are the same.
    pub(crate) metric_difference: Option<Estimate>,
    pub(crate) loss_at_best: Option<Estimate>,
    pub(crate) loss_at_largest: Option<Estimate>,
    pub(crate) loss_difference: Option<Estimate>,
    pub(crate) reference_at_best: Option<Estimate>,
    pub(crate) reference_at_largest: Option<Estimate>,
}

impl Comparison {
    /// What the paired difference of the metric allows to be said.
    pub(crate) fn metric_change(&self) -> Option<Change> {
        self.metric_difference.map(|difference| difference.change())
    }

    /// What the paired difference of the normalised training loss allows to be said.
    pub(crate) fn loss_change(&self) -> Option<Change> {
        self.loss_difference.map(|difference| difference.change())
    }

    /// Ranking falls while training loss falls.
    pub(crate) fn collapses(&self) -> bool {
        self.metric_change() == Some(Change::Falls) && self.loss_change() == Some(Change::Falls)
    }
}

/// One comparison per series that has any result on the validation split.
pub(crate) fn compare(findings: &Findings) -> Vec<Comparison> {
    (0..findings.sweep.series.len()).filter_map(|series| of_series(findings, series)).collect()
}

fn of_series(findings: &Findings, series: usize) -> Option<Comparison> {
    let selection = findings.selection();
    let main = findings.main();
    let (mut best, mut best_value) = (None, f64::NEG_INFINITY);
    for (negatives, group) in findings.of_series(series) {
        if let Some(found) = group.metric(&selection)
            && found.mean > best_value
        {
            (best, best_value) = (Some(negatives), found.mean);
        }
    }
    let best = best?;
    let largest = findings.of_series(series).map(|(negatives, _)| negatives).max()?;
    let planned = findings.sweep.planned_negatives(series).last().copied();
    let (at_best, at_largest) =
        (&findings.groups[&(series, best)], &findings.groups[&(series, largest)]);
    let apart = best != largest;
    let metric_difference = match (at_largest.by_seed(&main), at_best.by_seed(&main)) {
        (Some(after), Some(before)) if apart => paired_difference(after, before),
        _ => None,
    };
    let loss = "loss_normalised";
    let loss_difference = match (at_largest.last.get(loss), at_best.last.get(loss)) {
        (Some(after), Some(before)) if apart => paired_difference(after, before),
        _ => None,
    };
    Some(Comparison {
        series,
        label: findings.sweep.series[series].label.clone(),
        best,
        largest,
        unreached: planned.filter(|planned| *planned > largest),
        metric_at_best: at_best.metric(&main),
        metric_at_largest: at_largest.metric(&main),
        metric_difference,
        loss_at_best: at_best.training(loss),
        loss_at_largest: at_largest.training(loss),
        loss_difference,
        reference_at_best: findings.against_reference(series, best, &main),
        reference_at_largest: findings.against_reference(series, largest, &main),
    })
}
