//! What a modifier is applied to.

use prefsweep_store::Identify;

use crate::loss::Loss;

/// A loss that a modifier is applied to.
pub trait Base: Identify {
    /// The loss.
    fn as_loss(&self) -> &dyn Loss;

    /// Its name in YAML.
    fn name(&self) -> &'static str;
}
