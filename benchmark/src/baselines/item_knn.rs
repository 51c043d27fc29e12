//! ItemKNN: the items most similar to those of the history, by the cosine of their columns in the
//! binary matrix of users and items.
//!
//! `cos(i, j) = |U_i ∩ U_j| / sqrt(|U_i| |U_j|)`, where `U_i` are the users with item i in training. Every
//! item has its 200 nearest neighbours other than itself, and an item's score is the sum of the cosines
//! of the history's distinct items that have it among their neighbours: Deshpande and Karypis,
//! "Item-based top-N recommendation algorithms" (ACM TOIS 2004), with its cosine and without the
//! normalisation of neighbours' similarities; cosines between items as in Sarwar, Karypis, Konstan and
//! Riedl, "Item-based collaborative filtering recommendation algorithms" (WWW 2001). Items without a
//! common user are no neighbours. Where several are equally near the edge, the smaller item ids are kept.
//!
//! One row of the matrix of items is held at a time, so that memory grows with the neighbours kept and
//! time with the sum of squared history lengths.

use prefsweep_datasets::{Dataset, Item};

use super::method::{ItemScorer, Method};
use crate::data::{CoOccurrence, distinct};

/// Neighbours per item.
const NEIGHBOURS: usize = 200;

/// Cosine similarities of the nearest items, summed over the history.
#[derive(Clone, Copy, Debug)]
pub struct ItemKnn;

impl Method for ItemKnn {
    fn name(&self) -> &'static str {
        "item_knn"
    }

    fn title(&self) -> &'static str {
        "ItemKNN"
    }

    fn settings(&self) -> &'static [(&'static str, f64)] {
        &[("neighbours", NEIGHBOURS as f64)]
    }

    fn fit(&self, dataset: &Dataset) -> Box<dyn ItemScorer> {
        Box::new(Neighbours::new(dataset, NEIGHBOURS))
    }
}

/// The nearest items of every item.
pub(super) struct Neighbours {
    /// Neighbour and cosine, item after item, the nearest first.
    neighbours: Vec<(Item, f32)>,
    /// Where each item's neighbours start, and the end of the last.
    starts: Vec<usize>,
}

impl Neighbours {
    /// At most `most` per item.
    pub(super) fn new(dataset: &Dataset, most: usize) -> Self {
        let pairs = CoOccurrence::new(dataset);
        let mut counter = pairs.counter();
        let (mut neighbours, mut starts) = (Vec::new(), vec![0]);
        for item in 0..dataset.n_items as Item {
            let cosine = |(other, common): (Item, u32)| {
                let sizes = pairs.users(item) as f64 * pairs.users(other) as f64;
                (other, (f64::from(common) / sizes.sqrt()) as f32)
            };
            let mut row: Vec<(Item, f32)> =
                pairs.with(item, &mut counter).into_iter().map(cosine).collect();
            row.sort_unstable_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
            row.truncate(most);
            neighbours.extend(row);
            starts.push(neighbours.len());
        }
        Self { neighbours, starts }
    }

    fn of(&self, item: Item) -> &[(Item, f32)] {
        &self.neighbours[self.starts[item as usize]..self.starts[item as usize + 1]]
    }
}

impl ItemScorer for Neighbours {
    fn score(&self, history: &[Item], scores: &mut [f64]) {
        scores.fill(0.0);
        for item in distinct(history) {
            for &(neighbour, cosine) in self.of(item) {
                scores[neighbour as usize] += f64::from(cosine);
            }
        }
    }
}
