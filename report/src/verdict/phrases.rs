//! Differences in words.

use super::compare::Difference;
use crate::numbers::{metric, signed};

/// `−0.0123 (−0.0200 to −0.0046)`.
pub(crate) fn with_interval(found: &Difference) -> String {
    let (low, high) = found.interval;
    let [mean, low, high] = [found.difference, low, high].map(|value| signed(value, metric));
    format!("{mean} ({low} to {high})")
}
