//! From the items most similar to the positive.

use std::sync::Arc;

use prefsweep_datasets::{InvalidSetting, Item};
use prefsweep_store::{Identify, Identity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::draws::for_each_position;
use super::sampler::{Draw, Sampler, Source};
use crate::data::{Batch, Seen, SimilarItems};

/// Uniformly from the `neighbours` items that are most similar to the positive, without those that
/// the user has seen; where too few remain, the rest is drawn uniformly from all unseen items.
///
/// Similarity is the cosine of the items' users in training: of the number of users who have both,
/// over the geometric mean of the numbers who have either.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Similarity {
    /// How many items are counted as similar; fewer where fewer share a user with the positive.
    #[schemars(range(min = 1))]
    pub neighbours: usize,
}

impl Default for Similarity {
    fn default() -> Self {
        Self { neighbours: 100 }
    }
}

impl Identify for Similarity {
    fn identify(&self, identity: &mut Identity) {
        identity.field("neighbours", &self.neighbours);
    }
}

impl Sampler for Similarity {
    fn check(&self, _negatives: usize) -> Result<(), InvalidSetting> {
        InvalidSetting::at_least("similarity.neighbours", self.neighbours, 1)
    }

    fn prepare<'a>(&self, source: Source<'a>) -> Box<dyn Draw + 'a> {
        let lists = source.neighbourhoods.of(source.dataset, self.neighbours);
        Box::new(FromNeighbours { seen: source.seen, lists })
    }
}

struct FromNeighbours<'a> {
    seen: &'a Seen,
    lists: Arc<SimilarItems>,
}

impl Draw for FromNeighbours<'_> {
    fn draw(&self, batch: &Batch, k: usize, seed: u64) -> Vec<Item> {
        let mut free = Vec::new();
        for_each_position(batch, k, self.seen, seed, |position, draws| {
            draws.among(&self.lists[position.target as usize], &mut free);
        })
    }
}
