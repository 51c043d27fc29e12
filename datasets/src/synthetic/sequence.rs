//! One synthetic user: taste, true preference and the sequence drawn from them.

use rand::RngExt;

use super::config::SyntheticConfig;
use super::latent::{Catalogue, dot, standard_normal};
use crate::indices::Item;
use crate::random::{Stream, stream};

/// The user's true preference, shape `[items]`, and sequence, oldest first.
pub(crate) fn generate_user(
    config: &SyntheticConfig,
    catalogue: &Catalogue,
    user: u64,
) -> (Vec<f64>, Vec<Item>) {
    let mut stream = stream(config.seed, "synthetic user", &[user]);
    let taste = standard_normal(&mut stream, config.latent_dim);
    let preference = static_utility(config, catalogue, &taste);
    let length = stream.random_range(config.min_length as u64..=config.max_length as u64) as usize;

    let mut sequence: Vec<Item> = Vec::with_capacity(length);
    let mut seen = vec![false; config.items];
    let mut logits = vec![0.0; config.items];
    while sequence.len() < length {
        let recent = recent_latent(config, catalogue, &sequence);
        let scale = config.recency_weight / (config.latent_dim as f64).sqrt();
        for (item, logit) in logits.iter_mut().enumerate() {
            *logit = if seen[item] {
                f64::NEG_INFINITY
            } else {
                preference[item] + scale * dot(&recent, &catalogue.latents[item])
            };
        }
        let item = draw_softmax(&mut logits, &mut stream);
        seen[item] = true;
        sequence.push(item as Item);
    }
    (preference, sequence)
}

/// taste_weight · t·v_i/√d + popularity_weight · log p_i for every item.
fn static_utility(config: &SyntheticConfig, catalogue: &Catalogue, taste: &[f64]) -> Vec<f64> {
    let scale = config.taste_weight / (config.latent_dim as f64).sqrt();
    let items = catalogue.latents.iter().zip(&catalogue.log_popularity);
    items
        .map(|(latent, log_popularity)| {
            scale * dot(taste, latent) + config.popularity_weight * log_popularity
        })
        .collect()
}

/// Mean latent of the last `recent` items; zero if there are none.
fn recent_latent(config: &SyntheticConfig, catalogue: &Catalogue, sequence: &[Item]) -> Vec<f64> {
    let last = &sequence[sequence.len().saturating_sub(config.recent)..];
    let mut mean = vec![0.0; config.latent_dim];
    for &item in last {
        for (sum, value) in mean.iter_mut().zip(&catalogue.latents[item as usize]) {
            *sum += value / last.len() as f64;
        }
    }
    mean
}

/// Draws an index from the softmax of `logits` by inverting its distribution function.
///
/// At least one logit must be finite; minus infinity is never drawn. `logits` is overwritten.
fn draw_softmax(logits: &mut [f64], stream: &mut Stream) -> usize {
    let largest = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let mut total = 0.0;
    for logit in logits.iter_mut() {
        *logit = (*logit - largest).exp();
        total += *logit;
    }
    let target = stream.random::<f64>() * total;
    let mut cumulative = 0.0;
    let mut last = 0;
    for (index, &weight) in logits.iter().enumerate() {
        if weight > 0.0 {
            cumulative += weight;
            last = index;
            if target < cumulative {
                break;
            }
        }
    }
    last
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn softmax_draws_have_the_right_frequencies() {
        let mut stream = stream(3, "softmax test", &[]);
        let weights = [1.0_f64, 0.0, 2.0, 5.0];
        let mut counts = [0_u32; 4];
        for _ in 0..8000 {
            let mut logits = weights.map(|weight| weight.ln() + 700.0);
            counts[draw_softmax(&mut logits, &mut stream)] += 1;
        }
        for (count, weight) in counts.into_iter().zip(weights) {
            let expected = weight * 1000.0;
            assert!((f64::from(count) - expected).abs() <= 4.0 * expected.sqrt(), "{counts:?}");
        }
    }
}
