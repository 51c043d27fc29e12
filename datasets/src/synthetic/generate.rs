//! The generator.
//!
//! A latent-factor sequence model: user `u` has a taste t_u and item `i` a latent v_i, both drawn
//! from N(0, I) in `d = latent_dim` dimensions, so that t_u·v_i/√d has mean 0 and variance 1. Item
//! popularity follows Zipf's law, log p_i = −`popularity_exponent` · ln(rank of i), with ranks a
//! random permutation of the items. The next item of a user is drawn from the softmax, over the
//! user's unseen items, of
//!
//! ```text
//! taste_weight · t_u·v_i/√d  +  recency_weight · m·v_i/√d  +  popularity_weight · log p_i
//! ```
//!
//! where m is the mean latent of the user's last `recent` items (of all items if there are fewer, zero
//! at the start). The terms that are constant along the sequence, the first and the third, are the
//! user's *true preference*. No part of the model refers to a training loss.
//!
//! Every item also has a dense vector, its latent with noise: what an image or a description would say of it.
//!
//! Every user and every item has its own random stream, so the data do not depend on threads or
//! order. Arithmetic is in f64 in a fixed order; only the last bit of `exp` and `ln` may depend on the
//! machine.

use super::clusters::Clusters;
use super::config::SyntheticConfig;
use super::latent::{Catalogue, seen_latents};
use super::sequence::generate_user;
use crate::dataset::Dataset;
use crate::features::ItemFeatures;
use crate::indices::Item;
use crate::registry::DatasetName;

/// Generates the dataset of a validated configuration.
pub(crate) fn generate(config: &SyntheticConfig) -> Dataset {
    match &config.clusters {
        Some(clusters) => {
            dataset(config, Clusters::new(config, clusters).sequences(config, clusters))
        }
        None => with_preference(config),
    }
}

/// The world of latent factors.
fn with_preference(config: &SyntheticConfig) -> Dataset {
    let catalogue = Catalogue::draw(config);
    let mut preference = Vec::with_capacity(config.users * config.items);
    let mut sequences = Vec::with_capacity(config.users);
    for user in 0..config.users {
        let (static_utility, sequence) = generate_user(config, &catalogue, user as u64);
        preference.extend(static_utility.iter().map(|&utility| utility as f32));
        sequences.push(sequence);
    }
    Dataset {
        features: ItemFeatures {
            dense: Some(seen_latents(config, &catalogue)),
            ..ItemFeatures::default()
        },
        preference: Some(preference),
        ..dataset(config, sequences)
    }
}

/// Sequences, with numbers for names.
fn dataset(config: &SyntheticConfig, sequences: Vec<Vec<Item>>) -> Dataset {
    let mut dataset = Dataset {
        name: DatasetName::Synthetic.as_str().to_owned(),
        n_items: config.items,
        rows_read: sequences.iter().map(Vec::len).sum(),
        sequences,
        user_ids: (0..config.users).map(|user| user.to_string()).collect(),
        item_ids: (0..config.items).map(|item| item.to_string()).collect(),
        ..Dataset::default()
    };
    dataset.fingerprint = dataset.content_fingerprint();
    dataset
}
