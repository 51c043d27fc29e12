//! Popularity: items by how often they occur in training, the same for every user.

use prefsweep_datasets::{Dataset, Item};

use super::method::{ItemScorer, Method};

/// The number of training interactions of an item.
#[derive(Clone, Copy, Debug)]
pub struct Popularity;

impl Method for Popularity {
    fn name(&self) -> &'static str {
        "popularity"
    }

    fn title(&self) -> &'static str {
        "popularity"
    }

    fn fit(&self, dataset: &Dataset) -> Box<dyn ItemScorer> {
        Box::new(Counts(dataset.train_popularity().into_iter().map(f64::from).collect()))
    }
}

struct Counts(Vec<f64>);

impl ItemScorer for Counts {
    fn score(&self, _history: &[Item], scores: &mut [f64]) {
        scores.copy_from_slice(&self.0);
    }
}
