//! Scores of all items for evaluation.

use std::sync::Arc;

use crate::device::Backend;
use crate::kernels::{By, Matrix, Output, product};
use crate::parameters::Parameters;
use crate::pass::Pass;
use crate::policy::Policy;
use crate::sasrec::Continuer;
use crate::tensors::{select_rows, to_host};
use crate::titles::{Titles, score_catalogue, score_exactly};
use crate::windows::Windows;

/// Scores of all items at some positions of windows of items, row-major `[P, n_items]`, without dropout; `rows` are
/// the positions, among all items of the windows.
///
/// # Panics
/// When a window is longer than the longest that the policy sees, or a row is in none.
#[must_use]
pub fn score_positions(
    policy: &dyn Policy,
    weights: &Parameters,
    windows: &Arc<Windows>,
    rows: &[u32],
) -> Vec<f32> {
    if let Some(titles) = policy.titles() {
        let mut scores = Vec::new();
        let histories = titles.histories(windows, rows);
        score_catalogue(&continuer(policy, weights), titles, &histories, &mut scores);
        return scores;
    }
    let hidden = select_rows(policy.hidden(weights, windows, &mut Pass::default()), rows);
    to_host(policy.score_all(weights, hidden))
}

/// Scores of all items after some windows, again and again with the same weights.
#[derive(Debug)]
pub struct Scorer<'a> {
    policy: &'a dyn Policy,
    weights: &'a Parameters,
    /// The items' embeddings, where the host takes the products; one copy for all windows.
    items: Option<Vec<f32>>,
    /// Of a policy over titles.
    titles: Option<(&'a Titles, Continuer)>,
}

/// What continues histories for a policy over titles.
fn continuer(policy: &dyn Policy, weights: &Parameters) -> Continuer {
    policy.continuer(weights).expect("a policy over titles continues")
}

impl<'a> Scorer<'a> {
    /// What scores windows with these weights.
    #[must_use]
    pub fn new(policy: &'a dyn Policy, weights: &'a Parameters) -> Self {
        let on_host = Backend::of(&weights.device()) == Backend::Flex;
        let items = (on_host && policy.titles().is_none())
            .then(|| to_host(policy.item_embeddings(weights)));
        let titles = policy.titles().map(|titles| (titles, continuer(policy, weights)));
        Self { policy, weights, items, titles }
    }

    /// Scores of all items after each window, row-major `[windows, n_items]`, into `scores`.
    ///
    /// # Panics
    /// When a window is longer than the longest that the policy sees.
    pub fn score(&self, windows: &Arc<Windows>, scores: &mut Vec<f32>) {
        let Self { policy, weights, items, titles } = self;
        if let Some((titles, continuer)) = titles {
            score_catalogue(continuer, titles, &titles.last_histories(windows), scores);
            return;
        }
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

    /// Scores of some items after each window, of each its own; None where those of [`score`](Self::score) are exact for
    /// all items.
    ///
    /// # Panics
    /// When there are not items for every window, or a window is too long.
    #[must_use]
    pub fn score_exactly(&self, windows: &Windows, items: &[Vec<u32>]) -> Option<Vec<Vec<f32>>> {
        let (titles, continuer) = self.titles.as_ref()?;
        titles.beam()?;
        assert_eq!(windows.lengths.len(), items.len(), "items for every window");
        Some(score_exactly(continuer, titles, &titles.last_histories(windows), items))
    }

    /// The longest window that is looked at.
    #[must_use]
    pub fn max_len(&self) -> usize {
        self.policy.max_len()
    }
}
