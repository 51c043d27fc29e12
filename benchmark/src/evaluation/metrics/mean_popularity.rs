//! Mean popularity of what is recommended.

use prefsweep_datasets::Dataset;
use prefsweep_store::Direction;

use super::metric::{Metric, mean};
use crate::evaluation::lists::TopLists;

/// How often the recommended items occur in training, mean over all places of all lists.
#[derive(Clone, Copy, Debug)]
pub struct MeanPopularity;

impl Metric for MeanPopularity {
    fn name(&self) -> &'static str {
        "mean_popularity"
    }

    fn title(&self) -> &'static str {
        "mean popularity"
    }

    fn meaning(&self) -> &'static str {
        "training interactions of a recommended item, mean over all lists, 0 or above"
    }

    fn direction(&self) -> Direction {
        Direction::Neither
    }

    fn of_lists(&self, lists: &TopLists, dataset: &Dataset) -> Option<f64> {
        let counts = dataset.train_popularity();
        let items: Vec<u32> = lists.items().collect();
        Some(mean(items.iter().map(|&item| f64::from(counts[item as usize]))))
    }
}
