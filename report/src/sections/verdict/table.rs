//! The verdict's table: one row per loss.

use crate::grid::Grid;
use crate::numbers::{self, NOTHING, plus_minus};
use crate::sections::evidence::Evidence;
use crate::sections::verdict::levels::Level;
use crate::verdict::{Difference, LossVerdict, p_value, with_interval};

/// Best and largest K with the measure there, the differences and their tests.
pub(super) fn table(found: &Evidence<'_>) -> Grid {
    let verdicts = found.verdicts;
    let measure = &verdicts.measure;
    let axes = verdicts.axes();
    let header = axes.header([
        "loss",
        "verdict",
        "K*",
        &format!("{measure} at K*"),
        "largest K",
        &format!("{measure} there"),
        "compared K",
        "difference (95 % interval)",
        "p (Holm)",
        "largest K − reference (95 % interval)",
        "p (Holm)",
    ]);
    let number = |k: Option<usize>| k.map_or(NOTHING.to_owned(), |k| k.to_string());
    let rows = verdicts.losses.iter().enumerate().map(|(series, loss)| {
        let [best, largest] = Level::both(found, series, loss);
        let (from, headline) = loss.headline().unzip();
        let compared = from.zip(loss.largest_k).map(|(from, to)| format!("{from} → {to}"));
        let mut row = axes.series(&loss.series, NOTHING);
        row.extend([
            word(loss).into(),
            number(loss.best_k).into(),
            plus_minus(best.measure, numbers::metric).into(),
            number(loss.largest_k).into(),
            plus_minus(largest.measure, numbers::metric).into(),
            compared.unwrap_or(NOTHING.to_owned()).into(),
        ]);
        for found in [headline, loss.against_reference.as_ref()] {
            let text = |write: fn(&Difference) -> String| found.map_or(NOTHING.to_owned(), write);
            row.push(text(with_interval).into());
            row.push(text(|found| p_value(found.p_holm)).into());
        }
        row
    });
    let caption = format!(
        "{}: verdict over the number of negatives K. K* is best on validation; test {measure}, \
         full-sort evaluation, end of training (mean ± half-width of the 95 % t interval over seeds); \
         differences paired by seed and user.",
        found.dataset()
    );
    let rows = rows.collect();
    Grid { name: "verdict", caption, header, words: 2 + axes.len(), rows }
}

/// The verdict, marked where it rests on a single seed.
pub(super) fn word(loss: &LossVerdict) -> String {
    let one = loss.headline().is_some_and(|(_, found)| found.seeds == 1);
    format!("{}{}", loss.verdict.word(), if one { " (one seed)" } else { "" })
}
