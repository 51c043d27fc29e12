//! Which of several comparisons are significant, in words.

use crate::page::prose::{Prose, prose};
use crate::verdict::{Difference, relation, with_interval};

/// So many names are read at a glance; more are a number, and the table has them all.
const FEW: usize = 6;

/// A comparison by its name; none where it could not be made.
pub(crate) type Named<'a> = (String, Option<&'a Difference>);

/// `significantly lower for …; higher for …; n.s. for …`: those with an effect by name and number,
/// `ways` being the words for less and more.
pub(crate) fn outcomes(found: &[Named<'_>], alpha: f64, ways: [&str; 2]) -> Prose {
    let [less, more] = ways;
    let falls = |found: &Difference| found.falls(alpha);
    let rises = |found: &Difference| found.rises(alpha);
    let unclear = |found: &Difference| !falls(found) && !rises(found) && !identical(found);
    let mut parts = Vec::new();
    parts
        .extend(effects(found, &falls).map(|names| prose!("significantly {} for {}", less, names)));
    parts
        .extend(effects(found, &rises).map(|names| prose!("significantly {} for {}", more, names)));
    let unclear: Vec<&str> = names(found, &|found| found.is_some_and(unclear));
    parts.extend(match unclear.len() {
        0 => None,
        count if count > FEW && count == found.len() => {
            Some(prose!("no significant difference for any of the {}", count))
        }
        count if count > FEW => {
            Some(prose!("no significant difference for {} of {}", count, found.len()))
        }
        _ => Some(prose!("no significant difference for {}", unclear.join("; "))),
    });
    let same = names(found, &|found| found.is_some_and(identical));
    parts.extend((!same.is_empty()).then(|| prose!("identical rankings for {}", same.join("; "))));
    let untested = names(found, &|found| found.is_none());
    parts.extend((!untested.is_empty()).then(|| prose!("not tested for {}", untested.join("; "))));
    Prose::join(parts, ", ")
}

/// No resample differs, so no user does; the error may still hold the variation of other K.
fn identical(found: &Difference) -> bool {
    found.percentile_interval == (0.0, 0.0)
}

fn names<'f>(found: &'f [Named<'_>], wanted: &dyn Fn(Option<&Difference>) -> bool) -> Vec<&'f str> {
    found.iter().filter(|(_, found)| wanted(*found)).map(|(name, _)| name.as_str()).collect()
}

fn effects(found: &[Named<'_>], wanted: &dyn Fn(&Difference) -> bool) -> Option<String> {
    let showing = found.iter().filter_map(|(name, found)| Some((name, (*found)?)));
    let showing = showing.filter(|(_, found)| wanted(found));
    let names: Vec<String> = showing
        .map(|(name, found)| {
            format!("{name} ({}, {})", with_interval(found), relation(found.p_holm))
        })
        .collect();
    (!names.is_empty()).then(|| names.join("; "))
}
