//! What scores items: the contract of policies.

use std::fmt::Debug;
use std::sync::Arc;

use burn::Tensor;
use prefsweep_datasets::InvalidSetting;
use prefsweep_store::Identify;

use crate::parameters::{Handle, Layout, Parameter, Parameters};
use crate::pass::Pass;
use crate::routes::Routes;
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
    fn hidden(&self, weights: &Parameters, windows: &Arc<Windows>, pass: &mut Pass) -> Tensor<2>;

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
        pass: &mut Pass,
    ) -> Tensor<3>;

    /// Which experts every position of every window uses: one entry for each block that has experts.
    /// `weights` are without autodiff.
    ///
    /// # Panics
    /// When a window is longer than [`max_len`](Self::max_len).
    fn routes(&self, weights: &Parameters, windows: &Arc<Windows>) -> Vec<Routes> {
        let _ = (weights, windows);
        Vec::new()
    }

    /// The parameters that decide which experts are used.
    fn routers(&self) -> Vec<Handle> {
        Vec::new()
    }

    /// Number of scalars of all parameters.
    fn parameters(&self) -> usize {
        self.layout().iter().map(Parameter::count).sum()
    }

    /// Number of scalars without those of experts that a position does not use.
    fn active_parameters(&self) -> usize {
        self.parameters()
    }

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

    /// Whether some block has sparse experts.
    fn has_experts(&self) -> bool {
        false
    }

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
