//! A first-order Markov chain: items by how often they followed the history's last item in training.
//!
//! Maximum-likelihood transition probabilities, as the chain that Rendle, Freudenthaler and
//! Schmidt-Thieme factorise in "Factorizing personalized Markov chains for next-basket recommendation"
//! (WWW 2010), here unfactorised. Dividing by the number of transitions from an item does not change the
//! order after it, so that counts stand for probabilities.
//!
//! Backoff: items that followed equally often are ordered by their popularity in training; those that
//! never followed come below all that did, by popularity too. Items with equal counts and equal popularity
//! tie.

use prefsweep_datasets::{Dataset, Item};

use super::method::{ItemScorer, Method};

/// Transitions from the last item.
#[derive(Clone, Copy, Debug)]
pub struct Markov;

impl Method for Markov {
    fn name(&self) -> &'static str {
        "markov"
    }

    fn title(&self) -> &'static str {
        "first-order Markov"
    }

    fn fit(&self, dataset: &Dataset) -> Box<dyn ItemScorer> {
        Box::new(Chain::new(dataset))
    }
}

/// The order of all items after each item.
///
/// A score is a place in this order from below, equal for items that tie: whole numbers up to twice the
/// size of the catalogue, so that no digits are lost however large the counts are.
struct Chain {
    /// The place of every item by popularity alone, from 0.
    popularity: Vec<f64>,
    /// Item and place of those that followed, by the item that they followed.
    followed: Vec<Vec<(Item, f64)>>,
}

impl Chain {
    fn new(dataset: &Dataset) -> Self {
        let counts = dataset.train_popularity();
        let all: Vec<(Item, u32)> = (0..).zip(counts.iter().copied()).collect();
        let mut popularity = vec![0.0; dataset.n_items];
        for (item, place) in places(all, 0.0) {
            popularity[item as usize] = place;
        }
        let mut pairs: Vec<(Item, Item)> = (0..dataset.n_users())
            .flat_map(|user| dataset.train(user).windows(2).map(|pair| (pair[0], pair[1])))
            .collect();
        pairs.sort_unstable();
        let mut followed: Vec<Vec<(Item, f64)>> = vec![Vec::new(); dataset.n_items];
        for from_one in pairs.chunk_by(|a, b| a.0 == b.0) {
            let transitions = from_one.chunk_by(|a, b| a.1 == b.1).map(|same| {
                let to = same[0].1;
                (to, (same.len(), counts[to as usize]))
            });
            // Above every place by popularity alone.
            let first = dataset.n_items as f64;
            followed[from_one[0].0 as usize] = places(transitions.collect(), first);
        }
        Self { popularity, followed }
    }
}

/// The place of every item by its key from below, from `first`; items with equal keys share one.
fn places<K: Ord + Copy>(mut items: Vec<(Item, K)>, first: f64) -> Vec<(Item, f64)> {
    items.sort_unstable_by_key(|&(item, key)| (key, item));
    let mut placed = Vec::with_capacity(items.len());
    for (place, same) in items.chunk_by(|a, b| a.1 == b.1).enumerate() {
        placed.extend(same.iter().map(|&(item, _)| (item, first + place as f64)));
    }
    placed
}

impl ItemScorer for Chain {
    fn score(&self, history: &[Item], scores: &mut [f64]) {
        scores.copy_from_slice(&self.popularity);
        if let Some(&last) = history.last() {
            for &(item, place) in &self.followed[last as usize] {
                scores[item as usize] = place;
            }
        }
    }
}
