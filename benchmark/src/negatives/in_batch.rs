//! From the other positives of the batch.

use prefsweep_datasets::Item;
use prefsweep_store::{Identify, Identity};
use rand::RngExt;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::draws::for_each_position;
use super::sampler::{Draw, Sampler, Source};
use crate::data::{Batch, Seen};

/// Each draw takes the positive of a position of the same batch; an item that is the positive of
/// several positions is the more likely. Where the batch has too few unseen ones, the rest is
/// drawn uniformly.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InBatch {}

impl Identify for InBatch {
    fn identify(&self, _identity: &mut Identity) {}
}

impl Sampler for InBatch {
    fn prepare<'a>(&self, source: Source<'a>) -> Box<dyn Draw + 'a> {
        Box::new(FromBatch(source.seen))
    }
}

struct FromBatch<'a>(&'a Seen);

impl Draw for FromBatch<'_> {
    fn draw(&self, batch: &Batch, k: usize, seed: u64) -> Vec<Item> {
        let mut positives: Vec<Item> = batch.positions.iter().map(|p| p.target).collect();
        // The draws then depend on what is in the batch, not on its order.
        positives.sort_unstable();
        for_each_position(batch, k, self.0, seed, |_, draws| {
            draws.weighted(
                |stream| positives[stream.random_range(0..positives.len())],
                || positives.iter().map(|&item| (item, 1.0)),
            );
        })
    }
}
