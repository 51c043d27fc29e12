//! Settings of the synthetic generator.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::cluster_config::ClusterConfig;
use crate::setting::{InvalidSetting, require};

const MAX_USERS: usize = 1_000_000;
const MAX_ITEMS: usize = 1_000_000;
const MAX_LATENT_DIM: usize = 1024;
const MAX_LENGTH: usize = 10_000;
const MAX_WEIGHT: f64 = 100.0;

/// Maximum number of entries of the true preference `[users, items]`, 4 bytes each.
const MAX_PREFERENCE: usize = 200_000_000;

/// Settings of the synthetic generator; all have defaults.
///
/// A user's next item is drawn from a softmax over the unseen items; the fields describe the three
/// terms of the logit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SyntheticConfig {
    /// Number of users.
    #[schemars(range(min = 1, max = MAX_USERS))]
    pub users: usize,
    /// Size of the catalogue; at least `max_length` and the candidate negatives together, and without
    /// `clusters` `users` times `items` at most 200 million.
    #[schemars(range(min = 1, max = MAX_ITEMS))]
    pub items: usize,
    /// Dimension of the latent vectors of users and items.
    #[schemars(range(min = 1, max = MAX_LATENT_DIM))]
    pub latent_dim: usize,
    /// Minimum sequence length; at least the dataset's `min_interactions`.
    #[schemars(range(min = 3, max = MAX_LENGTH))]
    pub min_length: usize,
    /// Maximum sequence length; lengths are uniform from `min_length` to this, both included.
    #[schemars(range(min = 3, max = MAX_LENGTH))]
    pub max_length: usize,
    /// Zipf exponent: the log-popularity of the item of rank r is minus this times ln r.
    #[schemars(range(min = 0.0, max = MAX_WEIGHT))]
    pub popularity_exponent: f64,
    /// Weight of the taste utility, which has unit variance over users and items.
    #[schemars(range(min = 0.0, max = MAX_WEIGHT))]
    pub taste_weight: f64,
    /// Weight of the similarity to the last items.
    #[schemars(range(min = 0.0, max = MAX_WEIGHT))]
    pub recency_weight: f64,
    /// Weight of the log-popularity.
    #[schemars(range(min = 0.0, max = MAX_WEIGHT))]
    pub popularity_weight: f64,
    /// How many of the last items the similarity uses.
    #[schemars(range(min = 1, max = MAX_LENGTH))]
    pub recent: usize,
    /// Seed of all random numbers of the data.
    pub seed: u64,
    /// For large catalogues another world: items in clusters in place of latent vectors, without a stored true
    /// preference. Of the settings above it has users, items, lengths, `popularity_exponent` and seed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clusters: Option<ClusterConfig>,
}

impl Default for SyntheticConfig {
    fn default() -> Self {
        Self {
            users: 800,
            items: 600,
            latent_dim: 8,
            min_length: 15,
            max_length: 40,
            popularity_exponent: 1.0,
            taste_weight: 2.0,
            recency_weight: 1.0,
            popularity_weight: 0.5,
            recent: 3,
            seed: 7,
            clusters: None,
        }
    }
}

impl SyntheticConfig {
    /// Checks every value, given the dataset's `min_interactions` and candidate `negatives`.
    pub(crate) fn validate(
        &self,
        min_interactions: usize,
        negatives: usize,
    ) -> Result<(), InvalidSetting> {
        within("synthetic.users", self.users, 1, MAX_USERS)?;
        within("synthetic.items", self.items, 1, MAX_ITEMS)?;
        within("synthetic.latent_dim", self.latent_dim, 1, MAX_LATENT_DIM)?;
        within("synthetic.recent", self.recent, 1, MAX_LENGTH)?;
        self.validate_lengths(min_interactions)?;
        self.validate_catalogue(negatives)?;
        match &self.clusters {
            Some(clusters) => {
                self.validate_without_latents()?;
                clusters.validate(self.items, self.max_length)?;
            }
            None => self.validate_preference()?,
        }
        weight("synthetic.popularity_exponent", self.popularity_exponent)?;
        weight("synthetic.taste_weight", self.taste_weight)?;
        weight("synthetic.recency_weight", self.recency_weight)?;
        weight("synthetic.popularity_weight", self.popularity_weight)
    }

    fn validate_lengths(&self, min_interactions: usize) -> Result<(), InvalidSetting> {
        require(
            (min_interactions..=MAX_LENGTH).contains(&self.min_length),
            "synthetic.min_length",
            self.min_length,
            format_args!("from min_interactions ({min_interactions}) to {MAX_LENGTH}"),
        )?;
        require(
            (self.min_length..=MAX_LENGTH).contains(&self.max_length),
            "synthetic.max_length",
            self.max_length,
            format_args!("from min_length ({}) to {MAX_LENGTH}", self.min_length),
        )
    }

    fn validate_catalogue(&self, negatives: usize) -> Result<(), InvalidSetting> {
        let fewest = self.max_length.saturating_add(negatives);
        require(
            self.items >= fewest,
            "synthetic.items",
            self.items,
            format_args!(
                "at least {fewest}: max_length ({}) plus candidates.negatives ({negatives}), so \
                 that every user has enough unseen items",
                self.max_length
            ),
        )
    }

    /// What has no meaning in a world of clusters keeps its default.
    fn validate_without_latents(&self) -> Result<(), InvalidSetting> {
        let usual = Self::default();
        let numbers = [
            ("latent_dim", self.latent_dim as f64, usual.latent_dim as f64),
            ("taste_weight", self.taste_weight, usual.taste_weight),
            ("recency_weight", self.recency_weight, usual.recency_weight),
            ("popularity_weight", self.popularity_weight, usual.popularity_weight),
            ("recent", self.recent as f64, usual.recent as f64),
        ];
        for (key, found, usual) in numbers {
            let allowed = "nothing beside clusters, which have no latent vectors";
            require(found == usual, &format!("synthetic.{key}"), found, allowed)?;
        }
        Ok(())
    }

    /// The true preference of all users must fit into memory.
    fn validate_preference(&self) -> Result<(), InvalidSetting> {
        require(
            self.users.saturating_mul(self.items) <= MAX_PREFERENCE,
            "synthetic.items",
            self.items,
            format_args!(
                "at most {} with {} users, since users times items is limited to {MAX_PREFERENCE} \
                 by the stored true preference; synthetic.clusters stores none",
                MAX_PREFERENCE / self.users,
                self.users
            ),
        )
    }
}

fn within(key: &str, found: usize, least: usize, most: usize) -> Result<(), InvalidSetting> {
    let allowed = format_args!("{least} to {most}");
    require((least..=most).contains(&found), key, found, allowed)
}

fn weight(key: &str, found: f64) -> Result<(), InvalidSetting> {
    let allowed = format_args!("0 to {MAX_WEIGHT}");
    require((0.0..=MAX_WEIGHT).contains(&found), key, found, allowed)
}
