//! The verdict's table: one row per loss, effects first and the word last.

use crate::grid::Grid;
use crate::numbers::{self, NOTHING, plus_minus};
use crate::sections::evidence::Evidence;
use crate::sections::verdict::levels::{Level, k_of};
use crate::verdict::{CONTROL, Difference, LossVerdict, p_value, with_interval};

/// Best and largest K with the measure there, the differences, their tests and the conclusion.
pub(super) fn table(found: &Evidence<'_>) -> Grid {
    let verdicts = found.verdicts;
    let measure = &verdicts.measure;
    let axes = verdicts.axes();
    let mut header = axes.header([
        "loss",
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
    let has_control = verdicts.has_control();
    if has_control {
        header.extend([format!("largest K − {CONTROL} (95 % interval)"), "p (Holm)".to_owned()]);
    }
    header.push("conclusion".to_owned());
    let rows = verdicts.losses.iter().enumerate().map(|(series, loss)| {
        let [best, largest] = Level::both(found, series, loss);
        let (from, headline) = loss.headline().unzip();
        let compared = from.zip(loss.largest_k).map(|(from, to)| format!("{from} → {to}"));
        let mut row = axes.series(&loss.series, NOTHING);
        row.extend([
            k_of(loss, loss.best_k).into(),
            plus_minus(best.measure, numbers::metric).into(),
            k_of(loss, loss.largest_k).into(),
            plus_minus(largest.measure, numbers::metric).into(),
            compared.unwrap_or(NOTHING.to_owned()).into(),
        ]);
        let against = [headline, loss.against_reference.as_ref()];
        let control = has_control.then_some(loss.against_control.as_ref());
        for found in against.into_iter().chain(control) {
            let text = |write: fn(&Difference) -> String| found.map_or(NOTHING.to_owned(), write);
            row.push(text(with_interval).into());
            row.push(text(|found| p_value(found.p_holm)).into());
        }
        row.push(word(loss).into());
        row
    });
    let caption = format!(
        "{}: differences over the number of negatives K. K* is best on validation; test {measure}, \
         full-sort evaluation, end of training (mean ± half-width of the 95 % t interval over seeds); \
         differences paired by seed and user.",
        found.dataset()
    );
    let rows = rows.collect();
    Grid { name: "verdict", caption, header, words: 1 + axes.len(), rows }
}

/// The verdict, marked where it rests on a single seed.
pub(super) fn word(loss: &LossVerdict) -> String {
    let one = loss.headline().is_some_and(|(_, found)| found.seeds == 1);
    format!("{}{}", loss.verdict.word(), if one { " (one seed)" } else { "" })
}
