//! Weights of negatives that are raised to what they would be alone.

use burn::Tensor;
use burn::tensor::TensorData;

use super::contract::{Choose, MarginForm};
use super::numbers::{Margins, values};
use crate::formulas::{numbers, sigmoid};
use crate::inputs::{ClosedForm, Sample};

/// What is added to the weight of each negative that is `raised` to what it would be alone.
fn added_weights(margins: &Margins<'_>, found: &ClosedForm, raised: &[bool]) -> Vec<f64> {
    let (a, beta) = (margins.a, margins.beta);
    let added = raised.iter().enumerate().map(|(index, raised)| {
        let alone = beta * sigmoid(margins.offset(index) - beta * (a[0] - a[index + 1]));
        if *raised { (alone - found.negative_weights[index]).max(0.0) } else { 0.0 }
    });
    added.collect()
}

/// Adds to the negatives' weights and, in sum, to the positive's.
pub(super) fn raise(margins: &Margins<'_>, found: &mut ClosedForm, raised: &[bool]) {
    let added = added_weights(margins, found, raised);
    for (weight, added) in found.negative_weights.iter_mut().zip(&added) {
        *weight += added;
    }
    found.positive_weight += added.iter().sum::<f64>();
    if let Some(at_reference) = &mut found.at_reference {
        let each = at_reference.positive_weight / raised.len() as f64;
        let count = raised.iter().filter(|raised| **raised).count() as f64;
        let alone = margins.beta * sigmoid(margins.form.offset.constant());
        at_reference.positive_weight += count * (alone - each).max(0.0);
    }
}

/// [`added_weights`] of a batch, `[P, K]`, constants; None where no weight is raised.
///
/// They are computed on the host: this is an experiment about causes, not one about speed.
pub(super) fn raised_weights(
    form: &MarginForm,
    chooser: &dyn Choose,
    scores: &Tensor<2>,
    reference: Option<&Tensor<2>>,
    beta: f64,
) -> Option<Tensor<2>> {
    let [samples, items] = scores.dims();
    chooser.raised(&vec![0.0; items])?;
    let options = (&scores.clone().inner().device(), scores.dtype());
    let policy = numbers(scores.clone().inner());
    let reference = reference.map_or_else(|| vec![0.0; policy.len()], |r| numbers(r.clone()));
    let rows = policy.chunks_exact(items).zip(reference.chunks_exact(items));
    let added = rows.flat_map(|(policy, reference)| {
        let a = values(form, &Sample { policy, reference, ..Sample::default() }).a;
        let chosen = chooser.choose(policy, None, beta);
        let margins = Margins {
            form,
            a: &a,
            slopes: None,
            beta,
            strengths: Some(&chosen.strengths),
            offsets: None,
            coefficients: None,
        };
        let raised = chooser.raised(policy).expect("weights are raised");
        added_weights(&margins, &margins.weigh(), &raised)
    });
    let added = TensorData::new(added.collect::<Vec<f64>>(), [samples, items - 1]);
    Some(Tensor::from_data(added, options))
}
