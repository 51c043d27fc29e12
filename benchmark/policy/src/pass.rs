//! One pass through a policy: what happens besides computing its function.

use burn::Tensor;

use crate::dropout::Dropout;
use crate::routes::Routes;

/// One pass through a policy. The default is that of evaluation: no dropout, nothing kept.
#[derive(Debug, Default)]
pub struct Pass {
    pub(crate) dropout: Option<Dropout>,
    /// Weight of the load balancing of experts.
    pub(crate) balance: f64,
    /// The weighted balance term, where its gradient is left to automatic differentiation; fused blocks add
    /// its gradient themselves.
    pub(crate) balanced: Option<Tensor<1>>,
    /// The routes of every block with experts, where they are asked for.
    pub(crate) routes: Option<Vec<Routes>>,
}

impl Pass {
    /// A pass of training. `balance` is the weight of the load balancing of experts, which enters gradients
    /// but no loss that is recorded: `balance E sum_e f_e P_e` with the share `f_e` of assignments (a
    /// constant) and the mean probability `P_e` of an expert over all positions, summed over blocks.
    #[must_use]
    pub fn training(dropout: Option<Dropout>, balance: f64) -> Self {
        Self { dropout, balance, ..Self::default() }
    }

    /// One that keeps which experts every position uses.
    pub(crate) fn routed() -> Self {
        Self { routes: Some(Vec::new()), ..Self::default() }
    }

    /// What is to be differentiated for the gradients of `sum`: with the balance term, as far as that is not
    /// yet in the gradients.
    #[must_use]
    pub fn with_balance(self, sum: Tensor<1>) -> Tensor<1> {
        match self.balanced {
            Some(balanced) => sum + balanced,
            None => sum,
        }
    }

    /// Adds a block's balance term.
    pub(crate) fn add_balanced(&mut self, term: Tensor<1>) {
        self.balanced = Some(match self.balanced.take() {
            Some(sum) => sum + term,
            None => term,
        });
    }
}
