//! Catalogue coverage.

use std::collections::HashSet;

use prefsweep_datasets::Dataset;
use prefsweep_store::Direction;

use super::metric::Metric;
use crate::evaluation::lists::TopLists;

/// The share of the catalogue that is recommended to anybody.
#[derive(Clone, Copy, Debug)]
pub struct Coverage;

impl Metric for Coverage {
    fn name(&self) -> &'static str {
        "coverage"
    }

    fn title(&self) -> &'static str {
        "coverage"
    }

    fn meaning(&self) -> &'static str {
        "share of the catalogue's items that are in any user's list of recommendations, 0 to 1"
    }

    fn direction(&self) -> Direction {
        Direction::Neither
    }

    fn of_lists(&self, lists: &TopLists, dataset: &Dataset) -> Option<f64> {
        let items: HashSet<u32> = lists.items().collect();
        Some(items.len() as f64 / dataset.n_items as f64)
    }
}
