//! What losses of single log-ratios share: those that are no functions of margins.
//!
//! Log-ratios are exact, with the normalisers of policy and reference.

use burn::Tensor;

use crate::formulas::split;
use crate::inputs::{AtReference, ClosedForm, LossInputs, Needs, Sample};

/// What they need.
pub(crate) const NEEDS: Needs = Needs {
    reference: true,
    log_normaliser: true,
    log_counts: false,
    keys: false,
    lengths: false,
    ratings: false,
    catalogue: false,
};

/// The loss of every sample, `[P]`: `loss` of the log-ratios of the positive, `[P, 1]`, and of the
/// negatives, `[P, K]`, plus `nll` times `-logp(w)`.
pub(crate) fn per_sample(
    inputs: LossInputs,
    nll: f64,
    loss: impl FnOnce(Tensor<2>, Tensor<2>) -> Tensor<1>,
) -> Tensor<1> {
    let LossInputs { scores, log_normaliser, reference, reference_log_normaliser, .. } = inputs;
    let needed = |tensor: Option<Tensor<2>>| tensor.expect("the loss says that it needs it");
    let policy = scores - needed(log_normaliser);
    let reference = needed(reference) - needed(reference_log_normaliser);
    let (positive, negatives) = split(policy.clone() - reference);
    let loss = loss(positive, negatives);
    match nll {
        0.0 => loss,
        weight => loss - (split(policy).0 * weight).squeeze_dim(1),
    }
}

/// The closed forms, where `loss` gives value and derivatives in the log-ratios, the positive first,
/// which it writes over the log-ratios.
pub(crate) fn closed_forms(
    samples: &[Sample<'_>],
    nll: f64,
    loss: impl Fn(&mut [f64]) -> f64,
) -> Vec<ClosedForm> {
    let needed = |value: Option<f64>| value.expect("the loss says that it needs it");
    let form = |sample: &Sample<'_>| {
        let normaliser = needed(sample.log_normaliser);
        let of_reference = needed(sample.reference_log_normaliser);
        let ratio = |(p, r): (&f64, &f64)| (p - normaliser) - (r - of_reference);
        let mut slopes: Vec<f64> = sample.policy.iter().zip(sample.reference).map(ratio).collect();
        let value = loss(&mut slopes);
        let positive_weight = nll - slopes[0];
        let negative_weights = slopes[1..].to_vec();
        slopes.fill(0.0);
        let at_reference = loss(&mut slopes);
        ClosedForm {
            loss: value - nll * (sample.policy[0] - normaliser),
            positive_weight,
            negative_weights,
            at_reference: Some(AtReference {
                loss: at_reference - nll * (sample.reference[0] - of_reference),
                positive_weight: nll - slopes[0],
            }),
            strengths: None,
            coefficients: None,
        }
    };
    samples.iter().map(form).collect()
}
