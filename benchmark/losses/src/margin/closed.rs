//! The closed form of every margin loss.

use super::compared::{Compared, Values};
use super::contract::{Choose, MarginForm};
use super::numbers::{Margins, values};
use super::raised::raise;
use crate::inputs::{ClosedForm, Sample};

/// Loss and gradient of one sample.
pub(super) fn closed_form(
    form: &MarginForm,
    chooser: Option<&dyn Choose>,
    sample: &Sample<'_>,
    beta: f64,
) -> ClosedForm {
    let Values { a, slopes } = values(form, sample);
    let chosen = chooser.map(|chooser| chooser.choose(sample.policy, sample.keys, beta));
    let offsets = offsets(form, sample);
    let mut margins = Margins {
        form,
        a: &a,
        slopes: slopes.as_deref(),
        beta,
        strengths: chosen.as_ref().map(|chosen| &chosen.strengths[..]),
        offsets: offsets.as_deref(),
        coefficients: None,
    };
    let balanced = form.balance.map(|balance| margins.balanced(balance, sample));
    margins.coefficients = balanced.as_ref().map(|(coefficients, _)| &coefficients[..]);
    let mut found = margins.weigh();
    if form.compared == Compared::LogRatio {
        found.at_reference = Some(margins.at_reference());
    }
    if let Some(raised) = chooser.and_then(|chooser| chooser.raised(sample.policy)) {
        raise(&margins, &mut found, &raised);
    }
    found.coefficients = balanced.map(|(_, sums)| sums);
    found.strengths = chosen.filter(|chosen| chosen.adaptive).map(|chosen| chosen.strengths);
    add_likelihood(form, sample, &mut found);
    found
}

/// The offset of each negative, where they differ.
fn offsets(form: &MarginForm, sample: &Sample<'_>) -> Option<Vec<f64>> {
    let counts = sample.log_counts.filter(|_| form.adds_log_counts);
    let offsets = form.offset.each(sample);
    let Some(counts) = counts else { return offsets };
    let offset = |index: usize| match &offsets {
        Some(offsets) => offsets[index],
        None => form.offset.constant(),
    };
    Some(counts.iter().enumerate().map(|(index, count)| offset(index) - count).collect())
}

fn add_likelihood(form: &MarginForm, sample: &Sample<'_>, found: &mut ClosedForm) {
    let mut weight = form.likelihood;
    if weight == 0.0 {
        return;
    }
    if let Some(lengths) = sample.lengths.filter(|_| form.likelihood_per_length) {
        weight /= lengths[0];
    }
    let needed = |value: Option<f64>| value.expect("the loss says that it needs it");
    found.loss += weight * (needed(sample.log_normaliser) - sample.policy[0]);
    found.positive_weight += weight;
    if let Some(at_reference) = &mut found.at_reference {
        let normaliser = needed(sample.reference_log_normaliser);
        at_reference.loss += weight * (normaliser - sample.reference[0]);
        at_reference.positive_weight += weight;
    }
}
