//! What choosing a setting does to the numbers.

use crate::names::series_name;
use crate::numbers::{self, plural};
use crate::page::{Prose, prose};
use crate::verdict::{Tuned, TunedCell};

/// The optimism that is left, and how the tests are corrected.
pub(super) fn caution(tuned: &Tuned, axes: &Prose) -> Prose {
    let mut sentences = vec![prose!(
        "The validation means are the best of {} and hence too high; test took no part in the choice, \
         so what validation users happen to like does not inflate it.",
        tuned.settings
    )];
    if tuned.seeds.is_empty() {
        sentences.push(prose!(
            "Run-to-run variance shows on both, though, so that a little optimism remains, of the same \
             kind on both sides of a comparison of losses, but not in the reference, of which nothing \
             was chosen."
        ));
    }
    let others = mean(tuned, |cell| cell.test_chosen_on_others);
    if let Some((all, others)) = mean(tuned, |cell| Some(cell.test)).zip(others) {
        sentences.push(prose!(
            "How much: the mean of the test column is {}, and {} where each seed gets the setting that \
             the other seeds choose.",
            numbers::metric(all),
            numbers::metric(others)
        ));
    }
    let edge = tuned.cells.iter().filter(|cell| !cell.at_edge.is_empty()).count();
    if edge > 0 {
        sentences.push(prose!(
            "In {} of {} a chosen value of {} is the smallest or the largest that was tried, so that a \
             wider choice might contain a better one.",
            edge,
            tuned.cells.len(),
            axes
        ));
    }
    if !tuned.left_out.is_empty() {
        let names = tuned
            .left_out
            .iter()
            .map(|at| format!("{}, K = {}", series_name(&at.series), at.negatives));
        sentences.push(prose!(
            "Left out, as not every setting has every seed: {}.",
            names.collect::<Vec<_>>().join("; ")
        ));
    }
    sentences.push(prose!(
        "Secondary, p after Holm's correction over two families: all claims, {}, and the reference, \
         {}. Tests and intervals are made as those of the first page; they take the choice as given.",
        plural(tuned.families.claims, "comparison"),
        plural(tuned.families.against_reference, "comparison")
    ));
    Prose::join(sentences, " ")
}

/// Over all cells; none where one of them has no value.
fn mean(tuned: &Tuned, value: impl Fn(&TunedCell) -> Option<f64>) -> Option<f64> {
    let values: Option<Vec<f64>> = tuned.cells.iter().map(value).collect();
    values.map(|values| values.iter().sum::<f64>() / values.len() as f64)
}
