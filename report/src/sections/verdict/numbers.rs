//! Verdict, levels and tests of every loss in plain numbers.

use crate::grid::{Entry, Grid};
use crate::numbers::{plain, plain_estimate};
use crate::sections::evidence::Evidence;
use crate::sections::verdict::levels::Level;
use crate::verdict::{Difference, LossVerdict};

/// One row per loss.
pub(super) fn table(found: &Evidence<'_>) -> Grid {
    let axes = found.verdicts.axes();
    let mut header =
        axes.header(["loss", "verdict", "best_k", "largest_k", "onset_k", "from_k", "to_k"]);
    header.push("measure".to_owned());
    for name in ["best", "largest"] {
        for what in ["measure", "loss_normalised"] {
            header.extend(["mean", "half_width"].map(|part| format!("{what}_at_{name}_{part}")));
        }
    }
    header.push("loss_normalised_difference".to_owned());
    for name in ["difference", "largest_minus_reference", "largest_minus_control"] {
        header
            .extend(["", "_low", "_high", "_p_holm", "_seeds"].map(|part| format!("{name}{part}")));
    }
    header.push("minimum_detectable".to_owned());
    let row = |(series, loss): (usize, &LossVerdict)| {
        let (from, headline) = loss.headline().unzip();
        let mut row = axes.series(&loss.series, "");
        row.push(loss.verdict.word().into());
        let to = from.and(loss.largest_k);
        row.extend([loss.best_k, loss.largest_k, loss.onset_k, from, to].map(whole));
        row.push(found.verdicts.measure.clone().into());
        for level in Level::both(found, series, loss) {
            row.extend(plain_estimate(level.measure).map(Entry::from));
            row.extend(plain_estimate(level.loss).map(Entry::from));
        }
        row.push(plain(loss.larger.last().and_then(|at| at.loss_difference)).into());
        let baselines = [&loss.against_reference, &loss.against_control].map(Option::as_ref);
        for found in [headline].into_iter().chain(baselines) {
            let of = |pick: fn(&Difference) -> f64| Entry::from(plain(found.map(pick)));
            row.extend([
                of(|found| found.difference),
                of(|found| found.interval.0),
                of(|found| found.interval.1),
                of(|found| found.p_holm),
                whole(found.map(|found| found.seeds)),
            ]);
        }
        row.push(plain(headline.map(|found| found.minimum_detectable)).into());
        row
    };
    let rows = found.verdicts.losses.iter().enumerate().map(row).collect();
    Grid { name: "verdict", caption: String::new(), header, words: 1, rows }
}

fn whole(number: Option<usize>) -> Entry {
    number.map(|number| number.to_string()).unwrap_or_default().into()
}
