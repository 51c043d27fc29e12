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
                keyed.sort_unstable_by(|a, b| b.0.total_cmp(&a.0));
                negatives.extend(keyed[..k.min(size)].iter().map(|(_, item)| *item));
            }
        }
    }
    negatives
}

/// Finds the best items of one position after the other.
#[derive(Default)]
pub(super) struct Best {
    columns: Vec<f32>,
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
        best(scores, size, free, &mut self.columns, &mut self.found);
        &mut self.found
    }
}

/// The `size` free items with the highest scores, best first; ties by item id. Items that are not
/// free have the score of negative infinity.
///
/// The highest of every `columns`-th score, for each remainder, is the score of an item, so the
/// `size` best of these bound the scores of the `size` best items from below: one more pass finds
/// the few items that are not below this bound.
fn best(
    scores: &[f32],
    size: usize,
    free: impl Fn(Item) -> bool,
    columns: &mut Vec<f32>,
    found: &mut Vec<(f32, Item)>,
) {
    columns.clear();
    columns.resize(COLUMNS_PER_ITEM.saturating_mul(size).min(scores.len()), f32::NEG_INFINITY);
    found.clear();
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
                    found.push((score + 0.0, item as Item));
                }
            }
        },
    );
    found.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    found.truncate(size);
}

/// Columns for each item that is looked for. With more of them the bound is closer.
const COLUMNS_PER_ITEM: usize = 4;
