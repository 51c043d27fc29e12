//! By popularity in training.

use prefsweep_datasets::{Dataset, InvalidSetting, Item};
use prefsweep_store::{Identify, Identity};
use rand_distr::Distribution;
use rand_distr::weighted::WeightedAliasIndex;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::draws::for_each_position;
use super::sampler::{Draw, Sampler, Source};
use crate::data::{Batch, Position, Seen};

/// Each draw takes an item with a probability proportional to `count^exponent` among the items
/// that are left, where `count` is how often the item occurs in training. Items that never occur
/// come last, uniformly; for a loss that corrects by probabilities they count as the rarest that do occur.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Popularity {
    /// 1: as often as in the data; 0: uniformly.
    #[schemars(range(min = 0))]
    pub exponent: f64,
}

impl Default for Popularity {
    /// The exponent is that of word2vec: Mikolov et al., "Distributed Representations of Words and
    /// Phrases and their Compositionality" (2013).
    fn default() -> Self {
        Self { exponent: 0.75 }
    }
}

impl Identify for Popularity {
    fn identify(&self, identity: &mut Identity) {
        identity.field("exponent", &self.exponent);
    }
}

impl Sampler for Popularity {
    fn check(&self, _negatives: usize) -> Result<(), InvalidSetting> {
        InvalidSetting::not_negative("popularity.exponent", self.exponent)
    }

    fn knows_probabilities(&self) -> bool {
        true
    }

    fn prepare<'a>(&self, source: Source<'a>) -> Box<dyn Draw + 'a> {
        let weights = weights(source.dataset, self.exponent);
        let table = WeightedAliasIndex::new(weights.clone())
            .expect("weights are between 0 and 1, and that of the most popular item is 1");
        let total = weights.iter().sum();
        let positive = weights.iter().copied().filter(|weight| *weight > 0.0);
        let least = positive.reduce(f64::min).unwrap_or(1.0);
        Box::new(ByWeight { seen: source.seen, weights, total, least, table })
    }
}

/// `count^exponent` of every item, scaled so that the largest is 1.
fn weights(dataset: &Dataset, exponent: f64) -> Vec<f64> {
    let counts = dataset.train_popularity();
    let most = f64::from(counts.iter().copied().max().unwrap_or(0).max(1));
    counts.iter().map(|&count| (f64::from(count) / most).powf(exponent)).collect()
}

struct ByWeight<'a> {
    seen: &'a Seen,
    weights: Vec<f64>,
    /// Of all items.
    total: f64,
    /// The least above zero.
    least: f64,
    table: WeightedAliasIndex<f64>,
}

impl Draw for ByWeight<'_> {
    fn draw(&self, batch: &Batch, k: usize, seed: u64) -> Vec<Item> {
        for_each_position(batch, k, self.seen, seed, |_, draws| {
            draws.weighted(
                |stream| self.table.sample(stream) as Item,
                || (0..).zip(self.weights.iter().copied()),
            );
        })
    }

    fn log_probabilities(&self, position: &Position, items: &[Item]) -> Option<Vec<f64>> {
        let weight = |item: Item| self.weights[item as usize];
        let seen: f64 = self.seen.of_user(position.user).map(weight).sum();
        // Items that never occur are drawn where nothing else is left: a probability of zero would make their
        // corrected scores the largest of all.
        let left = (self.total - seen).max(self.least);
        let log = |&item: &Item| (weight(item).max(self.least) / left).ln();
        Some(items.iter().map(log).collect())
    }
}
