//! From the items with the highest scores.

use prefsweep_datasets::Item;
use prefsweep_policy::kernels::{LANES, vectorised};
use rand::RngExt;

use super::draws::position_stream;
use crate::data::{Batch, Position, Seen};

/// How [`from_pool`] draws.
#[derive(Clone, Copy, Debug)]
pub struct Pool {
    /// Items in the pool.
    pub size: usize,
    /// None: uniform; otherwise by the softmax of the scores at this temperature.
    pub temperature: Option<f64>,
    /// The k best items, without a draw.
    pub deterministic: bool,
}

/// `k` distinct items for each position from the `pool.size` unseen items with the highest
/// `scores` (row-major `[positions, n_items]`); row-major `[positions, k]`. Scores of seen items
/// are overwritten.
#[must_use]
pub fn from_pool(
    batch: &Batch,
    k: usize,
    pool: Pool,
    scores: &mut [f32],
    seen: &Seen,
    seed: u64,
) -> Vec<Item> {
    let mut negatives = Vec::with_capacity(batch.positions.len() * k);
    let mut best = Best::default();
    for (position, scores) in batch.positions.iter().zip(scores.chunks_exact_mut(seen.n_items())) {
        let candidates = best.of(position, scores, pool.size, seen);
        let size = candidates.len();
        if pool.deterministic {
            negatives.extend(candidates[..k.min(size)].iter().map(|(_, item)| *item));
            continue;
        }
        let mut stream = position_stream(seed, "pool", batch.epoch, position);
        match pool.temperature {
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
                let highest = |a: &(f64, Item), b: &(f64, Item)| b.0.total_cmp(&a.0);
                if k < size {
                    keyed.select_nth_unstable_by(k, highest);
                    keyed.truncate(k);
                }
                keyed.sort_unstable_by(highest);
                negatives.extend(keyed.iter().map(|(_, item)| *item));
            }
        }
    }
    negatives
}

/// Finds the best items of one position after the other.
#[derive(Default)]
pub(super) struct Best {
    columns: Vec<f32>,
    keys: Vec<u64>,
    found: Vec<(f32, Item)>,
}

impl Best {
    /// The `size` unseen items with the highest `scores`, best first; ties by item id. The scores
    /// of seen items are overwritten.
    pub(super) fn of(
        &mut self,
        position: &Position,
        scores: &mut [f32],
        size: usize,
        seen: &Seen,
    ) -> &mut [(f32, Item)] {
        for item in seen.of_user(position.user).chain([position.target]) {
            scores[item as usize] = f32::NEG_INFINITY;
        }
        let free = |item| item != position.target && !seen.contains(position.user, item);
        best(scores, size, free, &mut self.columns, &mut self.keys);
        self.found.clear();
        self.found.extend(self.keys.iter().map(|&key| of_key(key)));
        &mut self.found
    }
}

/// The keys of the `size` free items with the highest scores, best first; ties by item id. Items
/// that are not free have the score of negative infinity.
///
/// The highest of every `columns`-th score, for each remainder, is the score of an item, so the
/// `size` best of these bound the scores of the `size` best items from below: one more pass finds
/// the few items that are not below this bound.
fn best(
    scores: &[f32],
    size: usize,
    free: impl Fn(Item) -> bool,
    columns: &mut Vec<f32>,
    keys: &mut Vec<u64>,
) {
    columns.clear();
    columns.resize(COLUMNS_PER_ITEM.saturating_mul(size).min(scores.len()), f32::NEG_INFINITY);
    keys.clear();
    vectorised(
        #[inline(always)]
        || {
            for row in scores.chunks(columns.len()) {
                for (highest, &score) in columns.iter_mut().zip(row) {
                    *highest = if score > *highest { score } else { *highest };
                }
            }
            let least = if size < columns.len() {
                *columns.select_nth_unstable_by(size - 1, |a, b| b.total_cmp(a)).1
            } else {
                f32::NEG_INFINITY
            };
            for (block, scores) in scores.chunks(LANES).enumerate() {
                if scores.iter().fold(true, |all, &score| all & (score < least)) {
                    continue;
                }
                for (item, &score) in (block * LANES..).zip(scores) {
                    // Scores that are not numbers stay, to be noticed in the loss.
                    if score < least || !free(item as Item) {
                        continue;
                    }
                    // Both zeros are the same score.
                    keys.push(key(score + 0.0, item as Item));
                }
            }
        },
    );
    keys.sort_unstable();
    keys.truncate(size);
}

/// An integer for an item and its score, smaller for a higher score in the order of
/// [`f32::total_cmp`], then for a smaller item: integers are sorted in half the time of pairs.
fn key(score: f32, item: Item) -> u64 {
    let bits = score.to_bits();
    let falling = if score.is_sign_negative() { bits } else { bits ^ (u32::MAX >> 1) };
    u64::from(falling) << 32 | u64::from(item)
}

/// The score and the item of a [`key`].
fn of_key(key: u64) -> (f32, Item) {
    let falling = (key >> 32) as u32;
    let negative = falling >> 31 == 1;
    let bits = if negative { falling } else { falling ^ (u32::MAX >> 1) };
    (f32::from_bits(bits), key as Item)
}

/// Columns for each item that is looked for. With more of them the bound is closer.
const COLUMNS_PER_ITEM: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_have_the_order_of_scores_and_then_of_items() {
        let scores = [f32::INFINITY, 3.5, 3.4999998, 1e-40, 0.0, -1e-40, -2.0, f32::NEG_INFINITY];
        let pairs: Vec<(f32, Item)> = scores
            .into_iter()
            .flat_map(|score| [(score, 0), (score, 7), (score, Item::MAX)])
            .collect();
        let mut keys: Vec<u64> =
            pairs.iter().rev().map(|&(score, item)| key(score, item)).collect();
        keys.sort_unstable();
        assert_eq!(keys.into_iter().map(of_key).collect::<Vec<_>>(), pairs);
        assert!(key(f32::NAN, 0) < key(f32::INFINITY, 0));
    }
}
