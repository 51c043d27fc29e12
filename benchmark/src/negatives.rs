//! Negatives for every trained position.
//!
//! The draws of a position depend on seed, epoch and position alone, and are made one after the
//! other, so that the first three of K = 20 are those of K = 3: cells that differ in K or in loss
//! are compared on the same random numbers.

use rand::RngExt;
use recpo_datasets::random::stream;
use recpo_datasets::{Dataset, Item};

use crate::batches::{Batch, Position};

/// Which items each user has interacted with in training.
#[derive(Debug)]
pub struct Seen {
    /// Distinct items by user, ascending.
    items: Vec<Item>,
    /// Where each user's items start, and the end of the last.
    starts: Vec<usize>,
    n_items: usize,
    fewest_unseen: usize,
}

impl Seen {
    /// Collects the training items of every user. Validation and test items are not excluded
    /// from negatives: training must not know them.
    #[must_use]
    pub fn new(dataset: &Dataset) -> Self {
        Self::of((0..dataset.n_users()).map(|user| dataset.train(user)), dataset.n_items)
    }

    fn of<'a>(histories: impl Iterator<Item = &'a [Item]>, n_items: usize) -> Self {
        let (mut all, mut starts, mut fewest_unseen) = (Vec::new(), vec![0], n_items);
        let mut items: Vec<Item> = Vec::new();
        for history in histories {
            items.clear();
            items.extend_from_slice(history);
            items.sort_unstable();
            items.dedup();
            fewest_unseen = fewest_unseen.min(n_items - items.len());
            all.extend_from_slice(&items);
            starts.push(all.len());
        }
        Self { items: all, starts, n_items, fewest_unseen }
    }

    /// Whether `user` has `item` in training.
    #[must_use]
    pub fn contains(&self, user: u32, item: Item) -> bool {
        let user = user as usize;
        self.items[self.starts[user]..self.starts[user + 1]].binary_search(&item).is_ok()
    }

    /// The fewest items that are left to draw from, over all users.
    #[must_use]
    pub fn fewest_unseen(&self) -> usize {
        self.fewest_unseen
    }
}

/// `k` distinct items for each position of the batch, uniform over the items that the user has
/// not interacted with in training; row-major `[positions, k]`.
///
/// At most [`Seen::fewest_unseen`] can be drawn.
#[must_use]
pub fn uniform(batch: &Batch, k: usize, seen: &Seen, seed: u64) -> Vec<Item> {
    let mut negatives = Vec::with_capacity(batch.positions.len() * k);
    for position in &batch.positions {
        let mut stream = position_stream(seed, "negatives", batch.epoch, position);
        let start = negatives.len();
        while negatives.len() - start < k {
            let item = stream.random_range(0..seen.n_items as Item);
            // A training target is among the seen items, so the positive is excluded with them.
            if !seen.contains(position.user, item) && !negatives[start..].contains(&item) {
                negatives.push(item);
            }
        }
    }
    negatives
}

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
    let mut best: Vec<(f32, Item)> = Vec::with_capacity(pool.size + 1);
    let mut candidates: Vec<Item> = Vec::with_capacity(pool.size);
    for (position, scores) in batch.positions.iter().zip(scores.chunks_exact(seen.n_items)) {
        best_unseen(position, scores, pool.size, seen, &mut best);
        candidates.clear();
        candidates.extend(best.iter().map(|(_, item)| *item));
        let size = candidates.len();
        let mut stream = position_stream(seed, "pool", batch.epoch, position);
        match pool.temperature {
            None => {
                for chosen in 0..k.min(size) {
                    candidates.swap(chosen, stream.random_range(chosen..size));
                }
            }
            // Gumbel keys: the k largest are a draw without replacement by the softmax.
            Some(temperature) => {
                let mut keyed: Vec<(f64, Item)> = candidates
                    .iter()
                    .map(|&item| {
                        let uniform: f64 = stream.random_range(f64::MIN_POSITIVE..1.0);
                        let gumbel = -(-uniform.ln()).ln();
                        (f64::from(scores[item as usize]) / temperature + gumbel, item)
                    })
                    .collect();
                keyed.sort_unstable_by(|a, b| b.0.total_cmp(&a.0));
                candidates.clear();
                candidates.extend(keyed.into_iter().map(|(_, item)| item));
            }
        }
        negatives.extend_from_slice(&candidates[..k.min(size)]);
    }
    negatives
}

/// The `size` unseen items with the highest scores, best first; ties by item id.
fn best_unseen(
    position: &Position,
    scores: &[f32],
    size: usize,
    seen: &Seen,
    best: &mut Vec<(f32, Item)>,
) {
    best.clear();
    for (item, &score) in scores.iter().enumerate() {
        let item = item as Item;
        let full = best.len() == size;
        // Most items are below the worst of a full pool: one comparison each.
        if full && score <= best[size - 1].0 {
            continue;
        }
        if seen.contains(position.user, item) || item == position.target {
            continue;
        }
        if full {
            best.pop();
        }
        let place = best.partition_point(|(other, _)| *other >= score);
        best.insert(place, (score, item));
    }
}

fn position_stream(
    seed: u64,
    purpose: &str,
    epoch: u64,
    position: &Position,
) -> recpo_datasets::random::Stream {
    stream(seed, purpose, &[epoch, u64::from(position.window), u64::from(position.offset)])
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;
    use crate::batches::{Window, collect};
    use crate::config::Targets;

    const ITEMS: usize = 30;

    fn seen(items: &[Item]) -> Seen {
        Seen::of(std::iter::once(items), ITEMS)
    }

    fn batch(epoch: u64) -> Batch {
        let window = Window { user: 0, inputs: vec![0, 1, 2], targets: vec![1, 2, 3] };
        collect(&[window], &[0], Targets::All, epoch)
    }

    proptest! {
        #[test]
        fn uniform_negatives_are_unseen_distinct_and_nested(
            seed in any::<u64>(), epoch in 0_u64..5, extra in proptest::collection::vec(4_u32..30, 0..8),
        ) {
            let history: Vec<Item> = [0, 1, 2, 3].into_iter().chain(extra).collect();
            let (seen, batch) = (seen(&history), batch(epoch));
            let many = uniform(&batch, 10, &seen, seed);
            let few = uniform(&batch, 3, &seen, seed);
            for (many, few) in many.chunks(10).zip(few.chunks(3)) {
                prop_assert_eq!(&many[..3], few);
                let distinct: HashSet<_> = many.iter().collect();
                prop_assert_eq!(distinct.len(), 10);
                prop_assert!(many.iter().all(|&item| !seen.contains(0, item)));
            }
        }

        #[test]
        fn pool_negatives_are_among_the_best_unseen_and_nested(
            seed in any::<u64>(),
            scores in proptest::collection::vec(-5.0_f32..5.0, 3 * ITEMS),
            temperature in proptest::option::of(0.1_f64..4.0),
        ) {
            let (seen, batch) = (seen(&[0, 1, 2, 3]), batch(0));
            let pool = Pool { size: 8, temperature };
            let many = from_pool(&batch, 8, pool, &scores, &seen, seed);
            let few = from_pool(&batch, 3, pool, &scores, &seen, seed);
            for row in 0..3 {
                let scores = &scores[row * ITEMS..(row + 1) * ITEMS];
                let many = &many[row * 8..(row + 1) * 8];
                prop_assert_eq!(&many[..3], &few[row * 3..(row + 1) * 3]);
                let worst = many.iter().map(|&i| scores[i as usize]).fold(f32::INFINITY, f32::min);
                let better = (4..ITEMS).filter(|&item| scores[item] > worst).count();
                prop_assert!(better < 8, "all eight are the eight best");
            }
        }
    }

    #[test]
    fn uniform_negatives_are_uniform() {
        let (seen, k) = (seen(&[0, 1, 2, 3]), 5);
        let mut counts = [0_u32; ITEMS];
        let epochs = 20_000;
        for epoch in 0..epochs {
            for item in uniform(&batch(epoch), k, &seen, 9) {
                counts[item as usize] += 1;
            }
        }
        let expected = f64::from(epochs as u32 * 3 * k as u32) / 26.0;
        // Draws without replacement vary less than a multinomial, so the usual chi-square bound is
        // on the safe side: 25 degrees of freedom, 99.9 % quantile 52.6.
        let chi_square: f64 =
            counts[4..].iter().map(|&count| (f64::from(count) - expected).powi(2) / expected).sum();
        assert!(chi_square < 52.6, "{chi_square}");
        assert_eq!(counts[..4], [0; 4]);
    }
}
