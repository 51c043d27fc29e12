//! How a stage trains the experts of a policy that has some.

use crate::parameters::Gradients;
use crate::policy::Policy;

/// How a stage trains the experts of a policy that has some; nothing to one that has none.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Routing {
    /// Weight of the load balancing. It enters the gradients, not the losses of outcomes.
    pub balance: f64,
    /// Whether routers stay as they are. Gradients still flow through them.
    pub frozen: bool,
}

impl Routing {
    /// Leaves out the gradients of what is not trained.
    pub(super) fn freeze(self, policy: &dyn Policy, gradients: &mut Gradients) {
        if self.frozen {
            for router in policy.routers() {
                gradients[router] = None;
            }
        }
    }
}
