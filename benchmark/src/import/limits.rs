//! The largest numbers that are imported: what is beyond them would wrap or be rounded in the tables of the store.

/// The largest step, K, cut-off, and number of items.
pub(super) const MOST: u32 = u32::MAX;

/// The last place that a rank may share: up to it whole ranks are exact in single precision, which the store has, and
/// halves up to the half of it.
pub(super) const MOST_RANK: u32 = 1 << 24;

/// Below it every whole number is exact in double precision.
pub(super) const MOST_EXACT: f64 = 9e15;
