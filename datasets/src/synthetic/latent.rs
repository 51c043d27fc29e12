//! Latents and popularity of the synthetic catalogue.

use rand::RngExt;
use rand::seq::SliceRandom;
use rand_distr::StandardNormal;

use super::config::SyntheticConfig;
use crate::random::{Stream, stream};

/// The items of the model.
pub(crate) struct Catalogue {
    /// Item latents, shape `[items][latent_dim]`.
    pub(crate) latents: Vec<Vec<f64>>,
    /// Log-popularity, shape `[items]`; the most popular item has 0.
    pub(crate) log_popularity: Vec<f64>,
}

impl Catalogue {
    pub(crate) fn draw(config: &SyntheticConfig) -> Self {
        let latents = (0..config.items as u64)
            .map(|item| {
                let mut stream = stream(config.seed, "synthetic item", &[item]);
                standard_normal(&mut stream, config.latent_dim)
            })
            .collect();
        Self { latents, log_popularity: log_popularity(config) }
    }
}

fn log_popularity(config: &SyntheticConfig) -> Vec<f64> {
    let mut ranks: Vec<usize> = (1..=config.items).collect();
    ranks.shuffle(&mut stream(config.seed, "synthetic popularity", &[]));
    ranks.iter().map(|&rank| -config.popularity_exponent * (rank as f64).ln()).collect()
}

/// A vector of independent standard normal numbers.
pub(crate) fn standard_normal(stream: &mut Stream, length: usize) -> Vec<f64> {
    (0..length).map(|_| stream.sample(StandardNormal)).collect()
}

/// The scalar product, summed in order.
pub(crate) fn dot(left: &[f64], right: &[f64]) -> f64 {
    left.iter().zip(right).map(|(left, right)| left * right).sum()
}
