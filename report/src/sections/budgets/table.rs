//! Every compute-matched comparison with its numbers.

use crate::grid::{Entry, Grid};
use crate::names::loss_name;
use crate::numbers::{self, NOTHING, count, p_value, quantity};
use crate::verdict::{BudgetClaim, Budgets, Checkpoint, Verdicts, with_interval};

/// One row per claim, loss and budget.
pub(super) fn table(verdicts: &Verdicts, budgets: &Budgets) -> Grid {
    let measure = &verdicts.measure;
    let axes = verdicts.axes();
    let header = axes.header([
        "budget",
        "before",
        "steps",
        "after",
        "steps",
        "seconds per step",
        "before",
        "after",
        "difference (95 % interval)",
        "p (Holm)",
    ]);
    let side = |at: &Checkpoint| {
        format!("{}, K = {}", loss_name(&at.setting.series.loss), at.setting.negatives)
    };
    let row = |claim: &BudgetClaim| -> Vec<Entry> {
        let seconds = claim.before.seconds_per_step.zip(claim.after.seconds_per_step);
        let seconds = seconds.map_or(NOTHING.to_owned(), |(before, after)| {
            format!("{}, {}", quantity(before), quantity(after))
        });
        // Both sides have the same values on the axes.
        let values = &claim.after.setting.series.axes;
        let mut row = axes.row(claim.reading.title(), values, NOTHING);
        row.extend([
            side(&claim.before).into(),
            count(u64::from(claim.before.step)).into(),
            side(&claim.after).into(),
            count(u64::from(claim.after.step)).into(),
            seconds.into(),
            numbers::metric(claim.difference.before).into(),
            numbers::metric(claim.difference.after).into(),
            with_interval(&claim.difference).into(),
            p_value(claim.difference.p_holm).into(),
        ]);
        row
    };
    let caption = format!(
        "Test {measure} of every claim where both sides have consumed the same steps, negatives or \
         measured time."
    );
    let rows = budgets.claims.iter().map(row).collect();
    // What is read, and both sides with their steps: what a row is.
    let words = axes.len() + 5;
    Grid { name: "budgets", caption, header, words, rows }
}
