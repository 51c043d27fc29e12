//! Closed forms by automatic differentiation, in double precision and a whole batch at once.

use burn::Tensor;
use burn::tensor::{DType, Device, TensorData};

use crate::inputs::{AtReference, ClosedForm, LossInputs, Needs, Sample};

/// Which scores of a sample are differentiated, and their log-normaliser.
type Scores = dyn Fn(&Sample<'_>) -> (Vec<f64>, Option<f64>);
/// Numbers of a sample's negatives or items.
type PerNegative<'a> = dyn Fn(&Sample<'a>) -> Option<&'a [f64]>;

/// Loss and gradient of every sample, where `per_sample` is the loss on tensors.
///
/// All samples have the same number of negatives.
///
/// # Panics
/// When there are no samples, or they lack a log-normaliser that the loss needs.
#[must_use]
pub fn by_differentiation<'a>(
    needs: Needs,
    per_sample: &dyn Fn(LossInputs) -> Tensor<1>,
    samples: &[Sample<'a>],
) -> Vec<ClosedForm> {
    let items = samples[0].policy.len();
    let differentiate = |of: &Scores| {
        let scores: Vec<f64> = samples.iter().flat_map(|sample| of(sample).0).collect();
        let leaf = tensor(scores, items).autodiff().require_grad();
        let needed = |value: Option<f64>| value.expect("a log-normaliser that the loss needs");
        let normalisers = |each: &dyn Fn(&Sample<'_>) -> Option<f64>| {
            tensor(samples.iter().map(|sample| needed(each(sample))).collect(), 1)
        };
        let per_negative = |each: &PerNegative<'a>| {
            let row = |sample| each(sample).expect("what the loss says that it needs");
            tensor(samples.iter().flat_map(row).copied().collect(), items - 1)
        };
        let per_item = |each: &PerNegative<'a>| {
            let rows: Option<Vec<&[f64]>> = samples.iter().map(each).collect();
            Some(tensor(rows?.concat(), items))
        };
        let losses = per_sample(LossInputs {
            scores: leaf.clone(),
            log_normaliser: needs
                .log_normaliser
                .then(|| normalisers(&|sample| of(sample).1).autodiff()),
            reference: needs.reference.then(|| {
                tensor(samples.iter().flat_map(|sample| sample.reference).copied().collect(), items)
            }),
            reference_log_normaliser: (needs.reference && needs.log_normaliser)
                .then(|| normalisers(&|sample| sample.reference_log_normaliser)),
            log_counts: needs.log_counts.then(|| per_negative(&|sample| sample.log_counts)),
            keys: needs.keys.then(|| per_negative(&|sample| sample.keys)),
            lengths: per_item(&|sample| sample.lengths),
            ratings: per_item(&|sample| sample.ratings),
            catalogue: samples[0].catalogue,
            on_host: true,
        });
        let gradient = leaf.grad(&losses.clone().sum().backward()).expect("scores enter the loss");
        (values(losses), values(gradient))
    };
    let (losses, gradients) =
        differentiate(&|sample| (sample.policy.to_vec(), sample.log_normaliser));
    let at_reference = needs.reference.then(|| {
        differentiate(&|sample| (sample.reference.to_vec(), sample.reference_log_normaliser))
    });
    let form = |(index, gradient): (usize, &[f64])| ClosedForm {
        loss: losses[index],
        positive_weight: -gradient[0],
        negative_weights: gradient[1..].to_vec(),
        at_reference: at_reference.as_ref().map(|(losses, gradients)| AtReference {
            loss: losses[index],
            positive_weight: -gradients[index * items],
        }),
        strengths: None,
        coefficients: None,
    };
    gradients.chunks_exact(items).enumerate().map(form).collect()
}

fn tensor(values: Vec<f64>, columns: usize) -> Tensor<2> {
    let rows = values.len() / columns;
    let data = TensorData::new(values, [rows, columns]);
    Tensor::from_data(data, (&Device::flex(), DType::F64))
}

fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f64> {
    tensor.inner().try_into_vec_as().expect("tensors here are 64-bit floats")
}
