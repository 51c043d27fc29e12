//! The numbers that stand beside the verdict: training loss at both K, onset, detectable effects.

use crate::grid::Grid;
use crate::numbers::{self, NOTHING, plus_minus, quantity};
use crate::sections::evidence::Evidence;
use crate::statistics::Estimate;
use crate::verdict::{LossVerdict, Verdict};

/// The measure and the normalised training loss of a loss at one K, means over seeds.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Level {
    pub(crate) measure: Option<Estimate>,
    pub(crate) loss: Option<Estimate>,
}

impl Level {
    pub(super) fn at(found: &Evidence<'_>, series: usize, negatives: Option<usize>) -> Self {
        let group = negatives.and_then(|k| found.findings.groups.get(&(series, k)));
        Self {
            measure: group.and_then(|group| group.metric(&found.findings.main())),
            loss: group.and_then(|group| group.training("loss_normalised")),
        }
    }

    /// At K* and at the largest K.
    pub(super) fn both(found: &Evidence<'_>, series: usize, loss: &LossVerdict) -> [Self; 2] {
        [loss.best_k, loss.largest_k].map(|negatives| Self::at(found, series, negatives))
    }
}

/// A number of negatives of a loss; nothing for the control, which has none.
pub(super) fn k_of(loss: &LossVerdict, negatives: Option<usize>) -> String {
    let shown = negatives.filter(|_| loss.verdict != Verdict::Control);
    shown.map_or(NOTHING.to_owned(), |negatives| negatives.to_string())
}

/// One row per loss.
pub(super) fn table(found: &Evidence<'_>) -> Grid {
    let axes = found.verdicts.axes();
    let header = axes.header([
        "loss",
        "K*",
        "normalised training loss at K*",
        "largest K",
        "normalised training loss there",
        "largest K − K*",
        "onset K",
        "MDE",
        "why",
    ]);
    let rows = found.verdicts.losses.iter().enumerate().map(|(series, loss)| {
        let [best, largest] = Level::both(found, series, loss);
        let difference = loss.larger.last().and_then(|at| at.loss_difference);
        let detectable = loss.headline().map(|(_, found)| found.minimum_detectable);
        let mut row = axes.named(&loss.series);
        row.extend([
            k_of(loss, loss.best_k).into(),
            plus_minus(best.loss, quantity).into(),
            k_of(loss, loss.largest_k).into(),
            plus_minus(largest.loss, quantity).into(),
            difference.map_or(NOTHING.to_owned(), |found| numbers::signed(found, quantity)).into(),
            k_of(loss, loss.onset_k).into(),
            detectable.map_or(NOTHING.to_owned(), numbers::metric).into(),
            loss.reason.clone().into(),
        ]);
        row
    });
    let caption = format!(
        "{}: normalised training loss at K* and at the largest K (mean ± half-width of the 95 % t \
         interval over seeds; their difference over common seeds), smallest K at which ranking \
         drops significantly while the loss is not higher, minimum detectable effect on {}, and why the \
         conclusion is what it is.",
        found.dataset(),
        found.verdicts.measure
    );
    let rows = rows.collect();
    Grid { name: "verdict-details", caption, header, words: axes.words(), rows }
}
