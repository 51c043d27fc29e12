//! Latents and popularity of the synthetic catalogue.

use rand::RngExt;
use rand::seq::SliceRandom;
use rand_distr::StandardNormal;

use super::config::SyntheticConfig;
use crate::features::Vectors;
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

/// Deviation of the noise on what is seen of an item's latent.
const NOISE: f64 = 0.5;

/// What stands in for images: every item's latent with noise on it.
pub(crate) fn seen_latents(config: &SyntheticConfig, catalogue: &Catalogue) -> Vectors {
    let seen = catalogue.latents.iter().zip(0..).flat_map(|(latent, item)| {
        let mut stream = stream(config.seed, "synthetic vector", &[item]);
        let noise = standard_normal(&mut stream, config.latent_dim);
        latent.iter().zip(noise).map(|(latent, noise)| (latent + NOISE * noise) as f32)
    });
    Vectors { width: config.latent_dim, values: seen.collect(), missing: 0, unknown: 0 }
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
