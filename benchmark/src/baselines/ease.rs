//! EASE^R: the linear model that predicts every item from the others of a history, in closed form.
//!
//! Steck, "Embarrassingly shallow autoencoders for sparse data" (WWW 2019): with the binary matrix `X` of
//! users and items, `B` minimises `|X - X B|² + lambda |B|²` (Frobenius norms) under a zero diagonal. With
//! `G = XᵀX + lambda I` and `P = G⁻¹` that is `B_ij = -P_ij / P_jj` for i ≠ j, and the scores after a history are
//! the sum of the rows of `B` of its distinct items. `lambda` is 500, what that paper found best on
//! MovieLens 20M; it is not tuned here.
//!
//! Memory is 8 bytes and time some 2 floating-point operations per pair and triple of items: above 15,000
//! items (1.8 GB, 7·10¹² operations) it is left out.

use prefsweep_datasets::{Dataset, Item};

use super::inverse::invert;
use super::method::{ItemScorer, Method};
use crate::data::distinct;

/// Weight of the penalty on the squared entries of B.
const LAMBDA: f64 = 500.0;
/// The largest catalogue that it is computed for.
const MOST_ITEMS: usize = 15_000;

/// A linear autoencoder with a zero diagonal.
#[derive(Clone, Copy, Debug)]
pub struct Ease;

impl Method for Ease {
    fn name(&self) -> &'static str {
        "ease"
    }

    fn title(&self) -> &'static str {
        "EASE^R"
    }

    fn settings(&self) -> &'static [(&'static str, f64)] {
        &[("lambda", LAMBDA)]
    }

    fn skipped(&self, n_items: usize) -> Option<String> {
        (n_items > MOST_ITEMS).then(|| {
            format!(
                "{n_items} items: its matrix of all pairs of items is computed for at most \
                 {MOST_ITEMS}"
            )
        })
    }

    fn fit(&self, dataset: &Dataset) -> Box<dyn ItemScorer> {
        Box::new(Linear::new(dataset, LAMBDA))
    }
}

/// The matrix B.
pub(super) struct Linear {
    /// By row, `[n_items, n_items]`.
    weights: Vec<f64>,
    n_items: usize,
}

impl Linear {
    pub(super) fn new(dataset: &Dataset, lambda: f64) -> Self {
        let n_items = dataset.n_items;
        let mut weights = vec![0.0; n_items * n_items];
        for user in 0..dataset.n_users() {
            let history = distinct(dataset.train(user));
            for &item in &history {
                let row = &mut weights[item as usize * n_items..][..n_items];
                for &other in &history {
                    row[other as usize] += 1.0;
                }
            }
        }
        for item in 0..n_items {
            weights[item * n_items + item] += lambda;
        }
        invert(&mut weights, n_items);
        let diagonal: Vec<f64> = (0..n_items).map(|item| weights[item * n_items + item]).collect();
        for (item, row) in weights.chunks_exact_mut(n_items).enumerate() {
            for (weight, diagonal) in row.iter_mut().zip(&diagonal) {
                *weight = -*weight / diagonal;
            }
            row[item] = 0.0;
        }
        Self { weights, n_items }
    }

    /// B, by row.
    #[cfg(test)]
    pub(super) fn weights(&self) -> &[f64] {
        &self.weights
    }
}

impl ItemScorer for Linear {
    fn score(&self, history: &[Item], scores: &mut [f64]) {
        scores.fill(0.0);
        for item in distinct(history) {
            let row = &self.weights[item as usize * self.n_items..][..self.n_items];
            for (score, weight) in scores.iter_mut().zip(row) {
                *score += weight;
            }
        }
    }
}
