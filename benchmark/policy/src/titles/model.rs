//! The policy: the transformer over tokens, and the titles.

use std::sync::Arc;

use burn::Tensor;
use prefsweep_datasets::InvalidSetting;

use super::catalogue::Titles;
use super::settings::TitlesConfig;
use crate::catalogue::Catalogue;
use crate::parameters::{Handle, Layout, Parameters};
use crate::pass::Pass;
use crate::policy::{Policy, PolicySettings};
use crate::sasrec::{Continuer, Sasrec};
use crate::windows::Windows;

/// A policy over the titles of some catalogue; its weights are kept apart.
#[derive(Clone, Debug)]
pub struct TitlePolicy {
    titles: Titles,
    transformer: Sasrec,
    max_len: usize,
}

impl TitlePolicy {
    /// The policy for items of these names.
    #[must_use]
    pub fn new(settings: &TitlesConfig, names: &[String]) -> Self {
        let TitlesConfig { vocabulary, longest, context, rank_by, exact_nodes, beam, .. } =
            *settings;
        let titles = Titles::new(names, vocabulary, longest, context);
        let titles = titles.ranked_by(rank_by).read_by(exact_nodes, beam);
        let transformer = Sasrec::new(&settings.transformer(), titles.vocabulary().len());
        Self { titles, transformer, max_len: settings.max_len }
    }

    /// The same policy without fused operations, to compare with.
    #[must_use]
    pub fn without_fused_operations(mut self) -> Self {
        self.transformer = self.transformer.without_fused_operations();
        self
    }
}

impl Policy for TitlePolicy {
    fn layout(&self) -> &Layout {
        self.transformer.layout()
    }

    fn items(&self) -> Handle {
        self.transformer.items()
    }

    fn n_items(&self) -> usize {
        self.titles.n_items()
    }

    fn symbols(&self) -> usize {
        self.titles.vocabulary().len()
    }

    fn titles(&self) -> Option<&Titles> {
        Some(&self.titles)
    }

    fn continuer(&self, weights: &Parameters) -> Option<Continuer> {
        self.transformer.continuer(weights)
    }

    fn dim(&self) -> usize {
        self.transformer.dim()
    }

    fn max_len(&self) -> usize {
        self.max_len
    }

    fn hidden(&self, weights: &Parameters, windows: &Arc<Windows>, pass: &mut Pass) -> Tensor<2> {
        self.transformer.hidden(weights, windows, pass)
    }

    fn last_hidden(&self, weights: &Parameters, windows: &Arc<Windows>) -> Tensor<2> {
        self.transformer.last_hidden(weights, windows)
    }

    fn padded_hidden(
        &self,
        embedded: Tensor<3>,
        weights: &Parameters,
        windows: &Windows,
        pass: &mut Pass,
    ) -> Tensor<3> {
        self.transformer.padded_hidden(embedded, weights, windows, pass)
    }
}

impl PolicySettings for TitlesConfig {
    fn build(&self, catalogue: Catalogue<'_>) -> Arc<dyn Policy> {
        let names = catalogue.names.expect("a policy over titles needs them");
        Arc::new(TitlePolicy::new(self, names))
    }

    fn needs_titles(&self) -> bool {
        true
    }

    fn max_len(&self) -> usize {
        self.max_len
    }

    fn dim(&self) -> usize {
        self.dim
    }

    fn check(&self, at: &str) -> Result<(), InvalidSetting> {
        self.first_invalid(at)
    }
}
