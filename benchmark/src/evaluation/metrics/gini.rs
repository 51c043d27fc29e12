//! Concentration of the recommendations.

use prefsweep_datasets::{Dataset, gini};
use prefsweep_store::Direction;

use super::metric::Metric;
use crate::evaluation::lists::TopLists;

/// The Gini coefficient of how often each item of the catalogue is recommended: 0 if all are equally
/// often, towards 1 if few have it all.
#[derive(Clone, Copy, Debug)]
pub struct Gini;

impl Metric for Gini {
    fn name(&self) -> &'static str {
        "gini"
    }

    fn title(&self) -> &'static str {
        "Gini"
    }

    fn meaning(&self) -> &'static str {
        "Gini coefficient of how often each item of the catalogue is recommended, 0 (evenly) to 1 (few items alone)"
    }

    fn direction(&self) -> Direction {
        Direction::Neither
    }

    fn of_lists(&self, lists: &TopLists, dataset: &Dataset) -> Option<f64> {
        let mut counts = vec![0_u64; dataset.n_items];
        for item in lists.items() {
            counts[item as usize] += 1;
        }
        Some(gini(counts))
    }
}
