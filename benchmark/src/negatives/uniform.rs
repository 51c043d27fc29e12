//! Uniformly from what the user has not seen.

use prefsweep_datasets::Item;
use prefsweep_store::{Identify, Identity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::draws::{for_a_purpose, for_each_position};
use super::sampler::{Draw, Sampler, Source};
use crate::data::{Batch, Position, Seen};

/// Every item that the user has not interacted with in training is equally likely; the default.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Uniform {}

/// `k` distinct items for each position of the batch, uniform over the items that the user has
/// not interacted with in training; row-major `[positions, k]`.
///
/// At most [`Seen::fewest_unseen`] can be drawn. Draws for another `purpose` are others.
#[must_use]
pub fn uniform(batch: &Batch, k: usize, seen: &Seen, (seed, purpose): (u64, &str)) -> Vec<Item> {
    for_a_purpose(batch, k, seen, (seed, purpose), |_, _| ())
}

struct FromUnseen<'a>(&'a Seen);

impl Identify for Uniform {
    fn identify(&self, _identity: &mut Identity) {}
}

impl Sampler for Uniform {
    fn knows_probabilities(&self) -> bool {
        true
    }

    fn prepare<'a>(&self, source: Source<'a>) -> Box<dyn Draw + 'a> {
        Box::new(FromUnseen(source.seen))
    }
}

impl Draw for FromUnseen<'_> {
    fn draw(&self, batch: &Batch, k: usize, seed: u64) -> Vec<Item> {
        for_each_position(batch, k, self.0, seed, |_, _| ())
    }

    fn log_probabilities(&self, position: &Position, items: &[Item]) -> Option<Vec<f64>> {
        let unseen = self.0.unseen(position.user);
        Some(vec![-(unseen as f64).ln(); items.len()])
    }
}
