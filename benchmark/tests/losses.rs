//! Every loss on every backend of the CPU, against an independent implementation's numbers.

#[path = "../losses/tests/independent/mod.rs"]
mod independent;

use self::independent::{assert_close, automatic, cases};
use prefsweep_policy::device::Backend;

#[test]
fn differentiated_losses_match_the_independent_implementation_on_every_backend() {
    let backends = [Backend::Flex, Backend::Ndarray].into_iter().filter(|b| b.is_built());
    for backend in backends {
        let device = backend.device();
        for case in cases() {
            for known in case.losses() {
                let (name, loss) = (known.name, &known.loss);
                for on_host in [true, false] {
                    let what = format!(
                        "{name} on {}, K = {}, on host: {on_host}",
                        backend.name(),
                        case.negatives
                    );
                    let (value, gradient) =
                        automatic(loss, &device, &known.sample, case.beta, on_host);
                    // 32-bit arithmetic on scores of size 10.
                    assert_close(value, case.loss[name], 2e-5, &what);
                    for (found, expected) in gradient.iter().zip(&case.grad_policy_logp[name]) {
                        assert_close(*found, *expected, 2e-5, &what);
                    }
                }
            }
        }
    }
}
