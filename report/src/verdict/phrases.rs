//! Differences and p values in words.

use super::compare::Difference;
use crate::numbers::{metric, signed};

/// `−0.0123 (−0.0200 to −0.0046)`.
pub(crate) fn with_interval(found: &Difference) -> String {
    let (low, high) = found.interval;
    let [mean, low, high] = [found.difference, low, high].map(|value| signed(value, metric));
    format!("{mean} ({low} to {high})")
}

/// A percentage.
pub(crate) fn tenths(value: f64) -> String {
    format!("{value:+.1}").replace('-', "−")
}

/// For a table.
pub(crate) fn p_value(value: f64) -> String {
    if value < 0.001 { "< 0.001".to_owned() } else { format!("{value:.3}") }
}

/// For a sentence.
pub(crate) fn relation(value: f64) -> String {
    if value < 0.001 { "p < 0.001".to_owned() } else { format!("p = {value:.3}") }
}
