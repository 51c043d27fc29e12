//! What scores items: the contract of policies.

use std::fmt::Debug;
use std::sync::Arc;

use burn::Tensor;
use prefsweep_datasets::InvalidSetting;
use prefsweep_store::Identify;

use crate::device::Backend;
use crate::dropout::Dropout;
use crate::kernels::{By, Matrix, Output, product};
use crate::parameters::{Handle, Layout, Parameters};
use crate::tensors::to_host;
use crate::windows::Windows;

/// An architecture that turns histories into hidden states, whose products with the embeddings of
/// items are scores. Its weights are kept apart: they decide where it is computed and whether gradients
/// are recorded.
pub trait Policy: Debug + Send + Sync {
    /// Names, shapes and initial distributions of all parameters.
    fn layout(&self) -> &Layout;

    /// The table of items, `[n_items + 1, dim]`; the last row is the padding of short windows.
    fn items(&self) -> Handle;

    /// Number of items in the catalogue.
    fn n_items(&self) -> usize;

    /// Width of a hidden state.
    fn dim(&self) -> usize;

    /// The longest window.
    fn max_len(&self) -> usize;

    /// Hidden states of every position of every window, `[positions, dim]`.
    ///
    /// # Panics
    /// When a window is longer than [`max_len`](Self::max_len).
    fn hidden(
        &self,
        weights: &Parameters,
        windows: &Arc<Windows>,
        dropout: Option<&mut Dropout>,
    ) -> Tensor<2>;

    /// Hidden states of the last position of every window, `[windows, dim]`: what predicts the next
    /// item. `weights` are without autodiff.
    ///
    /// # Panics
    /// When a window is longer than [`max_len`](Self::max_len).
    fn last_hidden(&self, weights: &Parameters, windows: &Arc<Windows>) -> Tensor<2>;

    /// Hidden states of several replicas of the model at every place of the windows padded on the
    /// right to the longest, `[R, windows * longest, dim]`.
    ///
    /// `embedded` are the replicas' item embeddings there, of the same shape. Of `weights`, which hold
    /// one replica's rows below the other's, the items are not used.
    ///
    /// # Panics
    /// When a window is longer than [`max_len`](Self::max_len).
    fn padded_hidden(
        &self,
        embedded: Tensor<3>,
        weights: &Parameters,
        windows: &Windows,
        dropout: Option<&mut Dropout>,
    ) -> Tensor<3>;

    /// The item id that fills the end of short windows: the last row of the table.
    ///
    /// # Panics
    /// When the catalogue has more items than 32 bits can count.
    fn padding(&self) -> u32 {
        u32::try_from(self.n_items()).expect("item ids are 32-bit")
    }

    /// The item embeddings without the padding row, `[n_items, dim]`.
    fn item_embeddings(&self, weights: &Parameters) -> Tensor<2> {
        weights[self.items()].clone().slice([0..self.n_items(), 0..self.dim()])
    }

    /// Scores of all items, `[P, n_items]`, for hidden states `[P, dim]`.
    fn score_all(&self, weights: &Parameters, hidden: Tensor<2>) -> Tensor<2> {
        hidden.matmul(self.item_embeddings(weights).transpose())
    }
}

/// The settings of a policy, as in YAML.
pub trait PolicySettings: Identify {
    /// The policy for a catalogue of `n_items` items.
    fn build(&self, n_items: usize) -> Arc<dyn Policy>;

    /// The longest window that it sees.
    fn max_len(&self) -> usize;

    /// Width of its hidden states.
    fn dim(&self) -> usize;

    /// Whether the settings are possible; `at` is the dotted key below which they stand.
    ///
    /// # Errors
    /// The first setting that is not.
    fn check(&self, at: &str) -> Result<(), InvalidSetting>;

    /// The version of its numerics, from 1: raised when the same settings give other numbers.
    fn version(&self) -> u32 {
        1
    }
}

/// Scores of all items after some windows, again and again with the same weights.
#[derive(Debug)]
pub struct Scorer<'a> {
    policy: &'a dyn Policy,
    weights: &'a Parameters,
    /// The items' embeddings, where the host takes the products; one copy for all windows.
    items: Option<Vec<f32>>,
}

impl<'a> Scorer<'a> {
    /// What scores windows with these weights.
    #[must_use]
    pub fn new(policy: &'a dyn Policy, weights: &'a Parameters) -> Self {
        let on_host = Backend::of(&weights.device()) == Backend::Flex;
        let items = on_host.then(|| to_host(policy.item_embeddings(weights)));
        Self { policy, weights, items }
    }

    /// Scores of all items after each window, row-major `[windows, n_items]`, into `scores`.
    ///
    /// # Panics
    /// When a window is longer than the longest that the policy sees.
    pub fn score(&self, windows: &Arc<Windows>, scores: &mut Vec<f32>) {
        let Self { policy, weights, items } = self;
        let hidden = policy.last_hidden(weights, windows);
        let Some(items) = items else {
            *scores = to_host(policy.score_all(weights, hidden));
            return;
        };
        // Into the memory of the call before: fresh pages would cost as much as the product.
        scores.resize(windows.lengths.len() * policy.n_items(), 0.0);
        let (hidden, dim) = (to_host(hidden), policy.dim());
        let (hidden, items) = (Matrix::new(&hidden, dim), Matrix::new(items, dim));
        product(scores, Output::Replaced, 1.0, hidden, items.turned(), By::AllThreads);
    }

    /// The longest window that is looked at.
    #[must_use]
    pub fn max_len(&self) -> usize {
        self.policy.max_len()
    }
}
