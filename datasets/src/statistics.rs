//! Descriptive statistics of a dataset.

use serde::{Deserialize, Serialize};

use crate::dataset::Dataset;

/// Descriptive statistics over all interactions, held-out ones included.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
pub struct Statistics {
    /// Number of users.
    pub users: usize,
    /// Size of the catalogue.
    pub items: usize,
    /// Number of interactions.
    pub interactions: usize,
    /// Interactions divided by users times items, in 0..=1.
    pub density: f64,
    /// Mean sequence length.
    pub mean_length: f64,
    /// Median sequence length; the mean of the middle two when their number is even.
    pub median_length: f64,
    /// Shortest sequence.
    pub min_length: usize,
    /// Longest sequence.
    pub max_length: usize,
    /// Gini coefficient of item popularity: 0 when all items are equally popular, near 1 when few
    /// items have nearly all interactions. Items without interactions count.
    pub popularity_gini: f64,
}

/// Computes the statistics of a dataset; all are zero if it is empty.
#[must_use]
pub fn statistics(dataset: &Dataset) -> Statistics {
    let mut lengths: Vec<usize> = dataset.sequences.iter().map(Vec::len).collect();
    lengths.sort_unstable();
    let users = dataset.n_users();
    let interactions = dataset.n_interactions();
    Statistics {
        users,
        items: dataset.n_items,
        interactions,
        density: ratio(interactions, users * dataset.n_items),
        mean_length: ratio(interactions, users),
        median_length: median(&lengths),
        min_length: lengths.first().copied().unwrap_or(0),
        max_length: lengths.last().copied().unwrap_or(0),
        popularity_gini: gini(popularity(dataset)),
    }
}

fn ratio(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

fn median(sorted: &[usize]) -> f64 {
    match sorted.len() {
        0 => 0.0,
        n if n % 2 == 1 => sorted[n / 2] as f64,
        n => (sorted[n / 2 - 1] + sorted[n / 2]) as f64 / 2.0,
    }
}

/// How often each item occurs, held-out interactions included.
pub(crate) fn popularity(dataset: &Dataset) -> Vec<u64> {
    let mut counts = vec![0; dataset.n_items];
    for &item in dataset.sequences.iter().flatten() {
        counts[item as usize] += 1;
    }
    counts
}

/// The Gini coefficient of some counts: 0 if all are equal or zero, towards 1 if few have it all;
/// Σ_i (2i − n − 1) x_i / (n Σ_i x_i), with x sorted ascending and i from 1.
#[must_use]
pub fn gini(mut counts: Vec<u64>) -> f64 {
    counts.sort_unstable();
    let n = counts.len() as f64;
    let total: f64 = counts.iter().map(|&count| count as f64).sum();
    if total == 0.0 {
        return 0.0;
    }
    let weighted: f64 = counts
        .iter()
        .enumerate()
        .map(|(index, &count)| (2.0 * (index as f64 + 1.0) - n - 1.0) * count as f64)
        .sum();
    weighted / (n * total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gini_of_known_distributions() {
        assert_eq!(gini(vec![3, 3, 3]), 0.0);
        assert_eq!(gini(vec![0, 0, 0, 8]), 0.75);
        // Mean absolute difference of 1, 2, 3 is 8/9; divided by twice the mean: 2/9.
        assert!((gini(vec![3, 1, 2]) - 2.0 / 9.0).abs() < 1e-15);
        // Mean absolute difference over twice the mean: (|1-3| * 2) / (2 * 2^2 * 2).
        assert_eq!(gini(vec![3, 1]), 0.25);
        assert_eq!(gini(vec![0; 4]), 0.0);
        assert_eq!(gini(Vec::new()), 0.0);
    }

    #[test]
    fn median_of_even_and_odd_numbers() {
        assert_eq!(median(&[1, 2, 9]), 2.0);
        assert_eq!(median(&[1, 2, 4, 9]), 3.0);
    }
}
