//! Every loss and K with the setting chosen for it.

use prefsweep_store::{axis_name, value_name};

use crate::grid::{Entry, Grid};
use crate::names::loss_name;
use crate::numbers::{self, NOTHING, p_value};
use crate::verdict::{Tuned, TunedCell, Verdicts, with_interval};

/// One row per loss and K.
pub(super) fn table(verdicts: &Verdicts, tuned: &Tuned) -> Grid {
    let measure = &verdicts.measure;
    let mut header = vec!["loss".to_owned(), "K".to_owned()];
    header.extend(tuned.axes.iter().map(|axis| axis_name(axis).to_owned()));
    header.extend([
        format!("validation {measure}"),
        format!("test {measure}"),
        "test − reference (95 % interval)".to_owned(),
        "p (Holm)".to_owned(),
    ]);
    let row = |cell: &TunedCell| -> Vec<Entry> {
        let mut row: Vec<Entry> =
            vec![loss_name(&cell.series.loss).into(), cell.negatives.to_string().into()];
        row.extend(cell.series.axes.values().map(|value| Entry::from(value_name(value))));
        let found = cell.against_reference.as_ref();
        row.extend([
            numbers::metric(cell.validation).into(),
            numbers::metric(cell.test).into(),
            found.map_or(NOTHING.to_owned(), with_interval).into(),
            found.map_or(NOTHING.to_owned(), |found| p_value(found.p_holm)).into(),
        ]);
        row
    };
    let caption = format!(
        "Every loss and K at the setting that is best for it on validation, of {}: mean {measure} at \
         the end of training, full-sort evaluation, and the difference to the reference.",
        tuned.settings
    );
    let rows = tuned.cells.iter().map(row).collect();
    Grid { name: "tuned", caption, header, words: 1, rows }
}
