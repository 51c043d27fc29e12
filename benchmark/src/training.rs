//! What both training stages share.

/// Told after every step: steps done, steps in all.
pub type Progress<'a> = &'a mut dyn FnMut(usize, usize);

/// A number that should be finite is not; training cannot go on.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{what} became {value} at step {step}")]
pub struct NotFinite {
    /// Which number.
    pub what: &'static str,
    /// The step, from 0.
    pub step: usize,
    /// Its value.
    pub value: f64,
}
