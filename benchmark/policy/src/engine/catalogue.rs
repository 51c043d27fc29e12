//! Log-normalisers over the catalogue on a device, with their gradients in closed form.

use burn::Tensor;

/// The softmax over all items at every position of one replica.
pub(super) struct Catalogue {
    /// `[P, dim]`.
    states: Tensor<2>,
    /// `[n_items, dim]`.
    items: Tensor<2>,
    /// `[P, n_items]`.
    shares: Tensor<2>,
    /// `log sum exp` of the scores, `[P, 1]`.
    pub(super) log_normaliser: Tensor<2>,
}

impl Catalogue {
    pub(super) fn new(states: Tensor<2>, items: Tensor<2>) -> Self {
        let scores = states.clone().matmul(items.clone().transpose());
        let largest = scores.clone().max_dim(1);
        let shares = (scores - largest.clone()).exp();
        let sum = shares.clone().sum_dim(1);
        let log_normaliser = sum.clone().log() + largest;
        Self { states, items, shares: shares / sum, log_normaliser }
    }

    /// The gradients of states and items, from that of the log-normalisers, `[P, 1]`: an item's score
    /// gets the item's softmax times the error.
    pub(super) fn gradients(self, error: Tensor<2>) -> [Tensor<2>; 2] {
        let errors = self.shares * error;
        [errors.clone().matmul(self.items), errors.transpose().matmul(self.states)]
    }
}
