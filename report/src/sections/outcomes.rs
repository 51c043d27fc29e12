//! Which of several comparisons are significant, in words.

use crate::numbers::p_relation;
use crate::page::{Prose, prose};
use crate::verdict::{Difference, with_interval};

/// So many names are read at a glance; more are a number, and the table has them all.
const FEW: usize = 6;

/// A comparison by its name; none where it could not be made.
pub(crate) type Named<'a> = (String, Option<&'a Difference>);

/// `significantly lower for …, no significant difference for …`: those with an effect by name and
/// number, `ways` being the words for less and more.
pub(crate) fn outcomes(found: &[Named<'_>], alpha: f64, ways: [&str; 2]) -> Prose {
    let [less, more] = ways;
    let falls = |found: &Difference| found.falls(alpha);
    let rises = |found: &Difference| found.rises(alpha);
    let unclear = |found: &Difference| !found.is_significant(alpha) && !identical(found);
    let parts = [
        effects(found, &falls).map(|names| prose!("significantly {} for {}", less, names)),
        effects(found, &rises).map(|names| prose!("significantly {} for {}", more, names)),
        names(found, &|found| found.is_some_and(unclear))
            .map(|names| prose!("no significant difference for {}", names)),
        names(found, &|found| found.is_some_and(identical))
            .map(|names| prose!("identical rankings for {}", names)),
        names(found, &|found| found.is_none()).map(|names| prose!("not tested for {}", names)),
    ];
    Prose::join(parts.into_iter().flatten(), ", ")
}

/// No resample differs, so no user does; the error may still hold the variation of other K.
fn identical(found: &Difference) -> bool {
    found.percentile_interval == (0.0, 0.0)
}

/// The comparisons by name, or by number where they are many.
fn names(found: &[Named<'_>], wanted: &dyn Fn(Option<&Difference>) -> bool) -> Option<String> {
    let here = found.iter().filter(|(_, found)| wanted(*found));
    let names: Vec<&str> = here.map(|(name, _)| name.as_str()).collect();
    match names.len() {
        0 => None,
        count if count > FEW && count == found.len() => Some(format!("all {count}")),
        count if count > FEW => Some(format!("{count} of {}", found.len())),
        _ => Some(names.join("; ")),
    }
}

fn effects(found: &[Named<'_>], wanted: &dyn Fn(&Difference) -> bool) -> Option<String> {
    let showing = found.iter().filter_map(|(name, found)| Some((name, (*found)?)));
    let showing = showing.filter(|(_, found)| wanted(found));
    let names: Vec<String> = showing
        .map(|(name, found)| {
            format!("{name} ({}, {})", with_interval(found), p_relation(found.p_holm))
        })
        .collect();
    (!names.is_empty()).then(|| names.join("; "))
}
