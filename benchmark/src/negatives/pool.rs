//! From the items with the highest scores.

use rand::RngExt;
use recpo_datasets::Item;

use super::Seen;
use super::draws::position_stream;
use crate::batches::{Batch, Position};

/// How [`from_pool`] draws.
#[derive(Clone, Copy, Debug)]
pub struct Pool {
    /// Items in the pool.
    pub size: usize,
    /// None: uniform; otherwise by the softmax of the scores at this temperature.
    pub temperature: Option<f64>,
}

/// `k` distinct items for each position from the `pool.size` unseen items with the highest
/// `scores` (row-major `[positions, n_items]`); row-major `[positions, k]`.
#[must_use]
pub fn from_pool(
    batch: &Batch,
    k: usize,
    pool: Pool,
    scores: &[f32],
    seen: &Seen,
    seed: u64,
) -> Vec<Item> {
    let mut negatives = Vec::with_capacity(batch.positions.len() * k);
    let mut from = FromPool::new(pool, seen, seed, batch.epoch);
    for (position, scores) in batch.positions.iter().zip(scores.chunks_exact(seen.n_items())) {
        from.draw(position, scores, k, &mut negatives);
    }
    negatives
}

/// The same for one position after the other.
pub(super) struct FromPool<'a> {
    pool: Pool,
    seen: &'a Seen,
    seed: u64,
    epoch: u64,
    best: Vec<(f32, Item)>,
}

impl<'a> FromPool<'a> {
    pub(super) fn new(pool: Pool, seen: &'a Seen, seed: u64, epoch: u64) -> Self {
        Self { pool, seen, seed, epoch, best: Vec::new() }
    }

    /// Adds the negatives of one position, whose `scores` of all items are given.
    pub(super) fn draw(
        &mut self,
        position: &Position,
        scores: &[f32],
        k: usize,
        negatives: &mut Vec<Item>,
    ) {
        let free = |item| item != position.target && !self.seen.contains(position.user, item);
        best(scores, self.pool.size, free, &mut self.best);
        let candidates = &mut self.best;
        let size = candidates.len();
        let mut stream = position_stream(self.seed, "pool", self.epoch, position);
        match self.pool.temperature {
            None => {
                for chosen in 0..k.min(size) {
                    candidates.swap(chosen, stream.random_range(chosen..size));
                }
                negatives.extend(candidates[..k.min(size)].iter().map(|(_, item)| *item));
            }
            // Gumbel keys: the k largest are a draw without replacement by the softmax.
            Some(temperature) => {
                let mut keyed: Vec<(f64, Item)> = candidates
                    .iter()
                    .map(|&(score, item)| {
                        let uniform: f64 = stream.random_range(f64::MIN_POSITIVE..1.0);
                        let gumbel = -(-uniform.ln()).ln();
                        (f64::from(score) / temperature + gumbel, item)
                    })
                    .collect();
                keyed.sort_unstable_by(|a, b| b.0.total_cmp(&a.0));
                negatives.extend(keyed[..k.min(size)].iter().map(|(_, item)| *item));
            }
        }
    }
}

/// Scores that are looked at together.
const BLOCK: usize = 32;

/// The `size` free items with the highest scores, best first; ties by item id.
///
/// Items are collected while they are above a threshold; whenever twice as many as needed are at
/// hand, the worse half goes and the threshold rises to the worst that stays.
fn best(scores: &[f32], size: usize, free: impl Fn(Item) -> bool, found: &mut Vec<(f32, Item)>) {
    found.clear();
    let mut threshold = None;
    for (block, scores) in scores.chunks(BLOCK).enumerate() {
        // Most blocks are below the threshold as a whole, which takes a few instructions to see.
        // Equal scores are below it: their ids are higher than those found before.
        if threshold.is_some_and(|least| scores.iter().fold(true, |all, &s| all & (s <= least))) {
            continue;
        }
        for (item, &score) in (block * BLOCK..).zip(scores) {
            let item = item as Item;
            if threshold.is_some_and(|least| score <= least) || !free(item) {
                continue;
            }
            // Both zeros are the same score.
            found.push((score + 0.0, item));
            if found.len() == size.saturating_mul(2) {
                let (_, worst, _) = found.select_nth_unstable_by(size - 1, descending);
                threshold = Some(worst.0);
                found.truncate(size);
            }
        }
    }
    found.sort_unstable_by(descending);
    found.truncate(size);
}

fn descending(a: &(f32, Item), b: &(f32, Item)) -> std::cmp::Ordering {
    b.0.total_cmp(&a.0).then(a.1.cmp(&b.1))
}
