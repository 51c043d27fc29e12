//! Which engine computes on which backend.

use super::device::DeviceEngine;
use super::host::HostEngine;
use super::interface::Engine;
use crate::device::Backend;
use crate::optimizer::Settings;
use crate::parameters::Weights;
use crate::policy::Policy;

/// The engine for a backend, with one replica for each of `optimizers`, all of which start from the
/// same weights.
///
/// # Panics
/// When there is more than one replica on the CPU, or none.
#[must_use]
pub fn engine<'a>(
    backend: Backend,
    policy: &'a dyn Policy,
    start: &Weights,
    optimizers: Vec<Settings>,
) -> Box<dyn Engine + 'a> {
    let weights = start.to_parameters(&backend.device());
    if !backend.is_cpu() {
        return Box::new(DeviceEngine::new(policy, &weights, optimizers));
    }
    let [optimizer] = optimizers[..] else {
        panic!("{} replicas on the CPU, which trains one at a time", optimizers.len());
    };
    Box::new(HostEngine::new(policy, weights, optimizer))
}
