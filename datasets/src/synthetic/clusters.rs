//! The generator for large catalogues: a step costs the logarithm of a cluster's size, whatever the catalogue.
//!
//! A random permutation deals the items to the clusters. Inside a cluster popularity follows Zipf's law: the item of
//! rank r has weight r to the power of −`popularity_exponent`. A user has `favourites` distinct clusters, drawn
//! uniformly, and starts in one of them. Before every other item the user stays in the cluster with probability
//! `stay`; leaves it with probability `follow` for the next cluster in a fixed cycle, or else for one of the
//! favourites. The item is drawn by popularity among those of the cluster that the user has not had. The cycle
//! is what a model of sequences can learn beside the clusters.
//!
//! Every user has a random stream of its own; arithmetic is in f64 in a fixed order.

use rand::RngExt;
use rand::seq::SliceRandom;

use super::cluster_config::ClusterConfig;
use super::config::SyntheticConfig;
use crate::indices::Item;
use crate::random::{Stream, draw, stream};

/// Draws of an item that the user has had, in a row, before the next rank is taken that is left.
const PATIENCE: usize = 16;

/// Items in clusters.
pub(super) struct Clusters {
    /// The items, cluster after cluster, the most popular of each first.
    items: Vec<Item>,
    /// Where each cluster begins, and the end of the last.
    starts: Vec<usize>,
    /// Sums of the weights of the first ranks, shape `[largest cluster]`.
    cumulative: Vec<f64>,
}

impl Clusters {
    pub(super) fn new(config: &SyntheticConfig, clusters: &ClusterConfig) -> Self {
        let mut items: Vec<Item> = (0..config.items as Item).collect();
        items.shuffle(&mut stream(config.seed, "synthetic clusters", &[]));
        let starts: Vec<usize> = (0..=clusters.count)
            .map(|cluster| (cluster as u64 * config.items as u64 / clusters.count as u64) as usize)
            .collect();
        let weights = (1..=config.items.div_ceil(clusters.count))
            .map(|rank| (rank as f64).powf(-config.popularity_exponent));
        let cumulative = weights
            .scan(0.0, |sum, weight| {
                *sum += weight;
                Some(*sum)
            })
            .collect();
        Self { items, starts, cumulative }
    }

    /// The items of all users, oldest first; no user has an item twice.
    pub(super) fn sequences(
        &self,
        config: &SyntheticConfig,
        clusters: &ClusterConfig,
    ) -> Vec<Vec<Item>> {
        let mut had = vec![false; config.items];
        let of_user = |user| {
            let sequence = self.sequence(config, clusters, user, &mut had);
            for &item in &sequence {
                had[item as usize] = false;
            }
            sequence
        };
        (0..config.users as u64).map(of_user).collect()
    }

    fn sequence(
        &self,
        config: &SyntheticConfig,
        clusters: &ClusterConfig,
        user: u64,
        had: &mut [bool],
    ) -> Vec<Item> {
        let mut stream = stream(config.seed, "synthetic cluster user", &[user]);
        let favourites = draw(clusters.count, clusters.favourites, &mut stream);
        let favourites = favourites.expect("no more favourites than clusters");
        let favourite = |stream: &mut Stream| {
            favourites[stream.random_range(0..favourites.len() as u64) as usize]
        };
        let lengths = config.min_length as u64..=config.max_length as u64;
        let length = stream.random_range(lengths) as usize;
        let mut cluster = favourite(&mut stream);
        let mut sequence = Vec::with_capacity(length);
        while sequence.len() < length {
            if !sequence.is_empty() && stream.random::<f64>() >= clusters.stay {
                cluster = if stream.random::<f64>() < clusters.follow {
                    (cluster + 1) % clusters.count
                } else {
                    favourite(&mut stream)
                };
            }
            let item = self.draw(cluster, had, &mut stream);
            had[item as usize] = true;
            sequence.push(item);
        }
        sequence
    }

    /// An item of a cluster that the user has not had; there is one.
    fn draw(&self, cluster: usize, had: &[bool], stream: &mut Stream) -> Item {
        let items = &self.items[self.starts[cluster]..self.starts[cluster + 1]];
        let cumulative = &self.cumulative[..items.len()];
        let mut rank = 0;
        for _ in 0..PATIENCE {
            let target = stream.random::<f64>() * cumulative[items.len() - 1];
            rank = cumulative.partition_point(|&sum| sum <= target).min(items.len() - 1);
            if !had[items[rank] as usize] {
                return items[rank];
            }
        }
        let mut left = items[rank..].iter().chain(&items[..rank]);
        *left.find(|&&item| !had[item as usize]).expect("a cluster holds the longest sequence")
    }
}
