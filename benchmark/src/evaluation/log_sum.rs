//! The softmax's denominator in double precision.

/// The logarithm of the softmax's denominator of the scores of all items.
pub(super) fn log_sum(row: &[f32]) -> f64 {
    let largest = f64::from(row.iter().copied().fold(f32::NEG_INFINITY, f32::max));
    let sum: f64 = row.iter().map(|&score| (f64::from(score) - largest).exp()).sum();
    largest + sum.ln()
}
