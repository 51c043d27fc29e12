//! Which cells can be trained at once.

use prefsweep_losses::{Dpo, LossConfig, Sampling};

use crate::experiment::CellSpec;

/// Whether two cells can be trained at once, as replicas of one tensor program: they must see the same
/// batches and dropout.
#[must_use]
pub fn trained_together(one: &CellSpec, other: &CellSpec) -> bool {
    shared(one) == shared(other)
}

/// What must be the same.
fn shared(spec: &CellSpec) -> CellSpec {
    let mut shared = spec.clone();
    // All of these are one number per replica, or act on the host.
    shared.preference.beta = 0.0;
    shared.preference.learning_rate = 0.0;
    shared.preference.weight_decay = 0.0;
    shared.preference.gradient_clip = None;
    shared.negatives = 0;
    // Negatives out of the policies' own pools are drawn after each step, and differ.
    let own = spec.loss.as_loss().sampling() != Sampling::Configured;
    if !own {
        shared.loss = LossConfig::Dpo(Dpo::default());
    }
    shared
}
