//! The draws of one position, without replacement.

use prefsweep_datasets::Item;
use prefsweep_datasets::random::{Stream, stream};
use rand::RngExt;

use crate::data::{Batch, Position, Seen};

/// Rejected proposals in a row before the remaining items are enumerated.
const PATIENCE: usize = 32;

/// The stream of a position.
pub(super) fn position_stream(seed: u64, purpose: &str, epoch: u64, position: &Position) -> Stream {
    stream(seed, purpose, &[epoch, u64::from(position.window), u64::from(position.offset)])
}

/// `k` items for each position of the batch, row-major `[positions, k]`: those that `choose` draws,
/// filled up uniformly.
pub(super) fn for_each_position(
    batch: &Batch,
    k: usize,
    seen: &Seen,
    seed: u64,
    choose: impl FnMut(&Position, &mut Draws<'_>),
) -> Vec<Item> {
    for_a_purpose(batch, k, seen, (seed, "negatives"), choose)
}

/// The same from streams of another purpose than the preference stage's.
pub(super) fn for_a_purpose(
    batch: &Batch,
    k: usize,
    seen: &Seen,
    (seed, purpose): (u64, &str),
    mut choose: impl FnMut(&Position, &mut Draws<'_>),
) -> Vec<Item> {
    let mut items = Vec::with_capacity(batch.positions.len() * k);
    for position in &batch.positions {
        let end = items.len() + k;
        let mut draws = Draws {
            stream: position_stream(seed, purpose, batch.epoch, position),
            seen,
            position: *position,
            start: items.len(),
            end,
            items: &mut items,
        };
        choose(position, &mut draws);
        draws.uniform();
    }
    items
}

/// The draws of one position so far.
pub(super) struct Draws<'a> {
    stream: Stream,
    seen: &'a Seen,
    /// Its positive is one of the items that the user has seen in training, and none of them in validation.
    position: Position,
    /// The items of all positions; those of this one begin at `start`.
    items: &'a mut Vec<Item>,
    start: usize,
    /// Where they will end.
    end: usize,
}

impl Draws<'_> {
    /// Draws what is still missing uniformly from the free items.
    fn uniform(&mut self) {
        while self.items.len() < self.end {
            let item = self.stream.random_range(0..self.seen.n_items() as Item);
            if self.is_free(item) {
                self.items.push(item);
            }
        }
    }

    /// Draws what is still missing, or as much as there is, uniformly from the free ones among
    /// distinct `candidates`.
    pub(super) fn among(&mut self, candidates: &[Item], free: &mut Vec<Item>) {
        free.clear();
        free.extend(candidates.iter().filter(|&&item| self.is_new(item)));
        for next in 0..free.len().min(self.end - self.items.len()) {
            let chosen = self.stream.random_range(next..free.len());
            free.swap(next, chosen);
            self.items.push(free[next]);
        }
    }

    /// Draws what is still missing, or as much as there is, each item with a probability
    /// proportional to its weight among those that are free.
    ///
    /// `propose` draws from all items by their `weights`. What it proposes is taken if it is free,
    /// which is the same as drawing from the free items by their share of the weight that is left.
    /// For users who leave little of it the items are gone through instead, to the same effect.
    pub(super) fn weighted<W: Iterator<Item = (Item, f64)>>(
        &mut self,
        propose: impl Fn(&mut Stream) -> Item,
        weights: impl Fn() -> W,
    ) {
        while self.items.len() < self.end {
            let mut found = None;
            for _ in 0..PATIENCE {
                let item = propose(&mut self.stream);
                if self.is_free(item) {
                    found = Some(item);
                    break;
                }
            }
            match found.or_else(|| self.one_by_one(weights())) {
                Some(item) => self.items.push(item),
                None => break,
            }
        }
    }

    fn one_by_one(&mut self, weights: impl Iterator<Item = (Item, f64)>) -> Option<Item> {
        let free: Vec<(Item, f64)> =
            weights.filter(|&(item, weight)| weight > 0.0 && self.is_free(item)).collect();
        let total: f64 = free.iter().map(|(_, weight)| weight).sum();
        let mut left = total * self.stream.random::<f64>();
        let chosen = free.iter().find(|(_, weight)| {
            left -= weight;
            left < 0.0
        });
        // Rounding may leave a little at the end.
        chosen.or(free.last()).map(|&(item, _)| item)
    }

    /// Whether an item is neither the positive nor seen by the user nor drawn already.
    fn is_free(&self, item: Item) -> bool {
        self.is_new(item) && !self.items[self.start..].contains(&item)
    }

    fn is_new(&self, item: Item) -> bool {
        item != self.position.target && !self.seen.contains(self.position.user, item)
    }
}
