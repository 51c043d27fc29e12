//! What both training stages share.

use serde::{Deserialize, Serialize};

/// How far a run has come.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Steps {
    /// Steps done.
    pub done: usize,
    /// Steps in all.
    pub of: usize,
    /// The training loss that was last recorded, of a reference or of a cell that is trained alone; none before the
    /// first record. It is never computed for this.
    pub loss: Option<f64>,
}

/// Told after every step.
pub type Progress<'a> = &'a mut dyn FnMut(Steps);

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

impl NotFinite {
    /// Checks some numbers of a step.
    ///
    /// # Errors
    /// The first that is not finite.
    pub(super) fn check<const N: usize>(
        step: usize,
        numbers: [(&'static str, f64); N],
    ) -> Result<(), Self> {
        for (what, value) in numbers {
            if !value.is_finite() {
                return Err(Self { what, step, value });
            }
        }
        Ok(())
    }
}
