//! Settings of the clusters of a large generated catalogue.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::setting::{InvalidSetting, require};

const MAX_CLUSTERS: usize = 1_000_000;

/// Clusters of items, for catalogues that are too large to keep the true preference of every user.
///
/// Users have a few favourite clusters, and walk from cluster to cluster; inside a cluster items are drawn by their
/// popularity. The true preference is not stored, so that nothing is known of false negatives.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClusterConfig {
    /// Number of clusters, of equal size up to one item; each has at least `max_length` items.
    #[schemars(range(min = 1, max = MAX_CLUSTERS))]
    pub count: usize,
    /// Distinct clusters that a user prefers.
    #[serde(default = "favourites")]
    #[schemars(range(min = 1, max = MAX_CLUSTERS))]
    pub favourites: usize,
    /// Probability that the next item is of the same cluster.
    #[serde(default = "stay")]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub stay: f64,
    /// Of those that are not: probability that it is of the next cluster, not of one of the favourites.
    #[serde(default = "follow")]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub follow: f64,
}

fn favourites() -> usize {
    5
}

fn stay() -> f64 {
    0.7
}

fn follow() -> f64 {
    0.5
}

impl ClusterConfig {
    /// Checks every value, given the size of the catalogue and the longest sequence.
    pub(super) fn validate(&self, items: usize, max_length: usize) -> Result<(), InvalidSetting> {
        let most = MAX_CLUSTERS.min(items / max_length);
        require(
            (1..=most).contains(&self.count),
            "synthetic.clusters.count",
            self.count,
            format_args!(
                "1 to {most}, so that each of {items} items' clusters has at least max_length \
                 ({max_length}) items"
            ),
        )?;
        require(
            (1..=self.count).contains(&self.favourites),
            "synthetic.clusters.favourites",
            self.favourites,
            format_args!("1 to the number of clusters ({})", self.count),
        )?;
        for (key, found) in
            [("synthetic.clusters.stay", self.stay), ("synthetic.clusters.follow", self.follow)]
        {
            require((0.0..=1.0).contains(&found), key, found, "0 to 1")?;
        }
        Ok(())
    }
}
