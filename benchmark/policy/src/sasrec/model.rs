//! The model: from windows and weights to hidden states.

use std::sync::Arc;

use burn::Tensor;
use prefsweep_datasets::{FeatureKind, InvalidSetting};

use super::fused::Continuer;
use super::layout::{BlockHandles, Experts, Handles};
use super::settings::SasrecConfig;
use super::{composed, fused};
use crate::catalogue::Catalogue;
use crate::dropout::drop;
use crate::features::FeaturesConfig;
use crate::parameters::{Gradients, Handle, Layout, Parameters};
use crate::pass::Pass;
use crate::policy::{Policy, PolicySettings};
use crate::routes::Routes;
use crate::tensors::{indices, replicas_of, select_rows};
use crate::windows::Windows;

/// SASRec for some catalogue; its weights are kept apart.
#[derive(Clone, Debug)]
pub struct Sasrec {
    settings: SasrecConfig,
    n_items: usize,
    layout: Layout,
    handles: Handles,
    fused: bool,
}

impl Sasrec {
    /// The model for a catalogue.
    ///
    /// # Panics
    /// When the catalogue lacks features that the settings name.
    #[must_use]
    pub fn new<'a>(settings: &SasrecConfig, catalogue: impl Into<Catalogue<'a>>) -> Self {
        let catalogue = catalogue.into();
        let mut layout = Layout::default();
        let handles = Handles::add(&mut layout, settings, catalogue);
        let n_items = catalogue.n_items;
        Self { settings: settings.clone(), n_items, layout, handles, fused: true }
    }

    /// The same model without fused operations, to compare with.
    #[must_use]
    pub fn without_fused_operations(mut self) -> Self {
        self.fused = false;
        self
    }

    fn fuses(&self, weights: &Parameters) -> bool {
        self.fused && fused::available(&weights[self.handles.items].device())
    }

    /// The blocks that have experts.
    fn experts(&self) -> impl Iterator<Item = (&BlockHandles, Experts)> {
        self.handles.blocks.iter().filter_map(|block| Some((block, block.experts?)))
    }

    /// Panics when a window is longer than the longest that the model sees.
    fn assert_fits(&self, windows: &Windows) {
        assert!(windows.deepest() <= self.settings.max_len, "a window is too long for the model");
    }
}

impl Policy for Sasrec {
    fn layout(&self) -> &Layout {
        &self.layout
    }

    fn items(&self) -> Handle {
        self.handles.items
    }

    fn n_items(&self) -> usize {
        self.n_items
    }

    fn dim(&self) -> usize {
        self.settings.dim
    }

    fn max_len(&self) -> usize {
        self.settings.max_len
    }

    fn hidden(&self, weights: &Parameters, windows: &Arc<Windows>, pass: &mut Pass) -> Tensor<2> {
        self.assert_fits(windows);
        let (items, positions) = (&weights[self.handles.items], &weights[self.handles.positions]);
        if self.fuses(weights) {
            let heads = self.settings.heads;
            let mut x = fused::embed(items, positions, windows, pass.dropout.as_mut());
            for (index, block) in self.handles.blocks.iter().enumerate() {
                x = fused::block(x, weights, (index, block), windows, heads, pass);
            }
            let norm = self.handles.norm;
            return fused::layer_norm(x, &weights[norm.gain], &weights[norm.bias]);
        }
        let device = items.device().without_autodiff();
        let padded = windows.padded(self.padding());
        let embedded = items.clone().select(0, indices(&padded, &device));
        let padded = self.padded_hidden(embedded.unsqueeze_dim(0), weights, windows, pass);
        select_rows(padded.squeeze_dim(0), &windows.rows_in_table())
    }

    fn last_hidden(&self, weights: &Parameters, windows: &Arc<Windows>) -> Tensor<2> {
        let Some((last, before)) = self.handles.blocks.split_last().filter(|_| self.fuses(weights))
        else {
            let last: Vec<u32> = windows.last_rows().map(|row| row as u32).collect();
            return select_rows(self.hidden(weights, windows, &mut Pass::default()), &last);
        };
        self.assert_fits(windows);
        assert!(!windows.branches(), "a window that branches has no last item");
        let heads = self.settings.heads;
        let (items, positions) = (&weights[self.handles.items], &weights[self.handles.positions]);
        let mut x = fused::embed(items, positions, windows, None);
        for block in before.iter().enumerate() {
            x = fused::block(x, weights, block, windows, heads, &mut Pass::default());
        }
        x = fused::last_block(x, weights, last, windows, heads);
        let norm = self.handles.norm;
        fused::layer_norm(x, &weights[norm.gain], &weights[norm.bias])
    }

    fn continuer(&self, weights: &Parameters) -> Option<Continuer> {
        Some(Continuer::new(weights, &self.handles, self.settings.heads))
    }

    fn padded_hidden(
        &self,
        embedded: Tensor<3>,
        weights: &Parameters,
        windows: &Windows,
        pass: &mut Pass,
    ) -> Tensor<3> {
        self.assert_fits(windows);
        let [replicas, _, dim] = embedded.dims();
        let positions = replicas_of(&weights[self.handles.positions], replicas);
        let embedded = embedded * (dim as f64).sqrt();
        let x = composed::add_positions(embedded, positions, windows);
        let mut x = drop(x, &mut pass.dropout);
        let mask = composed::mask(windows, &x.device().without_autodiff());
        for block in self.handles.blocks.iter().enumerate() {
            x = composed::block(x, weights, block, (windows, &mask), self.settings.heads, pass);
        }
        composed::layer_norm(x, weights, self.handles.norm)
    }

    fn routes(&self, weights: &Parameters, windows: &Arc<Windows>) -> Vec<Routes> {
        if self.routers().is_empty() {
            return Vec::new();
        }
        let mut pass = Pass::routed();
        let _ = self.hidden(weights, windows, &mut pass);
        pass.routes.unwrap_or_default()
    }

    fn routers(&self) -> Vec<Handle> {
        self.experts().map(|(_, experts)| experts.router).collect()
    }

    fn compose(&self, weights: &mut Parameters) {
        if let Some(composed) = &self.handles.composed {
            composed.compose(weights);
        }
    }

    fn hand_on(&self, weights: &Parameters, gradients: &mut Gradients) {
        if let Some(composed) = &self.handles.composed {
            composed.hand_on(weights, gradients);
        }
    }

    fn active_parameters(&self) -> usize {
        let unused = self.experts().map(|(block, experts)| {
            let layers = [block.inner, block.outer];
            let layers = layers.into_iter().flat_map(|layer| [layer.weight, layer.bias]);
            let all: usize = layers.map(|handle| self.layout[handle].count()).sum();
            all / experts.count * (experts.count - experts.active)
        });
        self.parameters() - unused.sum::<usize>()
    }
}

impl PolicySettings for SasrecConfig {
    fn build(&self, catalogue: Catalogue<'_>) -> Arc<dyn Policy> {
        Arc::new(Sasrec::new(self, catalogue))
    }

    fn max_len(&self) -> usize {
        self.max_len
    }

    fn dim(&self) -> usize {
        self.dim
    }

    fn has_experts(&self) -> bool {
        self.experts.is_some()
    }

    fn features(&self) -> Vec<FeatureKind> {
        self.features.as_ref().map(FeaturesConfig::kinds).unwrap_or_default()
    }

    fn check(&self, at: &str) -> Result<(), InvalidSetting> {
        self.first_invalid(at)
    }
}
