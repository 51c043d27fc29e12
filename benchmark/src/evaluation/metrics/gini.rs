//! Concentration of the recommendations.

use prefsweep_datasets::Dataset;
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

/// `sum_i (2 i - n - 1) x_i / (n sum_i x_i)` over the sorted counts, i from 1; 0 where all are zero.
fn gini(mut counts: Vec<u64>) -> f64 {
    counts.sort_unstable();
    let n = counts.len() as f64;
    let total: u64 = counts.iter().sum();
    if total == 0 {
        return 0.0;
    }
    let weighted = counts
        .iter()
        .enumerate()
        .map(|(i, &count)| (2.0 * (i + 1) as f64 - n - 1.0) * count as f64);
    weighted.sum::<f64>() / (n * total as f64)
}

#[cfg(test)]
mod tests {
    use super::gini;

    #[test]
    fn coefficients_are_those_of_the_definition() {
        assert_eq!(gini(vec![3, 3, 3]), 0.0);
        assert_eq!(gini(vec![0, 0, 0, 8]), 0.75);
        assert_eq!(gini(vec![0; 4]), 0.0);
        // Mean absolute difference over twice the mean: (|1-3| * 2) / (2 * 2^2 * 2).
        assert_eq!(gini(vec![3, 1]), 0.25);
    }
}
