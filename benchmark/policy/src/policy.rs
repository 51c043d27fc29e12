//! What scores items: the contract of policies.

use std::fmt::Debug;
use std::sync::Arc;

use burn::Tensor;
use prefsweep_datasets::{FeatureKind, InvalidSetting};
use prefsweep_store::Identify;

use crate::catalogue::Catalogue;
use crate::parameters::{Gradients, Handle, Init, Layout, Parameter, Parameters};
use crate::pass::Pass;
use crate::routes::Routes;
use crate::sasrec::Continuer;
use crate::titles::Titles;
use crate::windows::Windows;

/// An architecture that turns windows of symbols into hidden states, whose products with the embeddings of
/// symbols are scores of the next one. Its weights are kept apart: they decide where it is computed and
/// whether gradients are recorded.
///
/// The symbols are the items of the catalogue. A policy over [titles](Self::titles) instead reads and writes
/// tokens: an item's score after a history is the log-probability of its title, a sum over tokens.
pub trait Policy: Debug + Send + Sync {
    /// Names, shapes and initial distributions of all parameters.
    fn layout(&self) -> &Layout;

    /// The table of symbols, `[symbols + 1, dim]`; the last row is the padding of short windows.
    fn items(&self) -> Handle;

    /// Number of items in the catalogue.
    fn n_items(&self) -> usize;

    /// Number of symbols.
    fn symbols(&self) -> usize {
        self.n_items()
    }

    /// How items are written with symbols; None where they are symbols themselves.
    fn titles(&self) -> Option<&Titles> {
        None
    }

    /// What reads histories once, to score many continuations of them; None where the policy has no such way.
    fn continuer(&self, weights: &Parameters) -> Option<Continuer> {
        let _ = weights;
        None
    }

    /// Width of a hidden state.
    fn dim(&self) -> usize;

    /// The longest window, in items.
    fn max_len(&self) -> usize;

    /// Hidden states of every position of every window of symbols, `[positions, dim]`.
    ///
    /// # Panics
    /// When a window is longer than the policy sees.
    fn hidden(&self, weights: &Parameters, windows: &Arc<Windows>, pass: &mut Pass) -> Tensor<2>;

    /// Hidden states of the last position of every window, `[windows, dim]`: what predicts the next
    /// item. `weights` are without autodiff.
    ///
    /// # Panics
    /// When a window is longer than the policy sees.
    fn last_hidden(&self, weights: &Parameters, windows: &Arc<Windows>) -> Tensor<2>;

    /// Hidden states of several replicas of the model at every place of the windows padded on the
    /// right to the longest, `[R, windows * longest, dim]`.
    ///
    /// `embedded` are the replicas' item embeddings there, of the same shape. Of `weights`, which hold
    /// one replica's rows below the other's, the items are not used.
    ///
    /// # Panics
    /// When a window is longer than the policy sees.
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

    /// Makes the parameters anew that are [composed](Init::Composed) of others, from weights without autodiff.
    fn compose(&self, weights: &mut Parameters) {
        let _ = weights;
    }

    /// Hands the gradients of composed parameters on to those that they are composed of.
    fn hand_on(&self, weights: &Parameters, gradients: &mut Gradients) {
        let _ = (weights, gradients);
    }

    /// Number of scalars of all parameters that are trained.
    fn parameters(&self) -> usize {
        let trained = self.layout().iter().filter(|parameter| parameter.init != Init::Composed);
        trained.map(Parameter::count).sum()
    }

    /// Number of scalars without those of experts that a position does not use.
    fn active_parameters(&self) -> usize {
        self.parameters()
    }

    /// The symbol that fills the end of short windows: the last row of the table.
    ///
    /// # Panics
    /// When there are more symbols than 32 bits can count.
    fn padding(&self) -> u32 {
        u32::try_from(self.symbols()).expect("item ids are 32-bit")
    }

    /// The embeddings of the symbols without the padding row, `[symbols, dim]`.
    fn item_embeddings(&self, weights: &Parameters) -> Tensor<2> {
        weights[self.items()].clone().slice([0..self.symbols(), 0..self.dim()])
    }

    /// Scores of all symbols, `[P, symbols]`, for hidden states `[P, dim]`.
    fn score_all(&self, weights: &Parameters, hidden: Tensor<2>) -> Tensor<2> {
        hidden.matmul(self.item_embeddings(weights).transpose())
    }
}

/// The settings of a policy, as in YAML.
pub trait PolicySettings: Identify {
    /// The policy for a catalogue.
    ///
    /// # Panics
    /// When it needs titles or features and the catalogue has none.
    fn build(&self, catalogue: Catalogue<'_>) -> Arc<dyn Policy>;

    /// Whether the policy reads titles: the catalogue needs them, and items have lengths.
    fn needs_titles(&self) -> bool {
        false
    }

    /// The longest window that it sees, in items.
    fn max_len(&self) -> usize;

    /// Width of its hidden states.
    fn dim(&self) -> usize;

    /// Whether some block has sparse experts.
    fn has_experts(&self) -> bool {
        false
    }

    /// The kinds of features of items that it needs.
    fn features(&self) -> Vec<FeatureKind> {
        Vec::new()
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
