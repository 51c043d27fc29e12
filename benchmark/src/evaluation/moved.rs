//! How far one step really moves probabilities.
//!
//! Gradient weights say how a loss pulls; what a step does to the probabilities follows from all weights that
//! the policy shares between items. So it is measured: the same items at the same positions, right before and
//! right after a step, without dropout.

use std::sync::Arc;

use prefsweep_datasets::Item;
use prefsweep_policy::{Parameters, Policy, Windows, score_positions, score_titles};
use serde::{Deserialize, Serialize};

use super::log_sum::log_sum;

/// Positions of a batch that are measured at most.
const POSITIONS: usize = 256;

/// Scores that are held at once.
const SCORES: usize = 1 << 24;

/// Mean change of probabilities by one step, over positions (and negatives).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Moved {
    /// Of the positive.
    pub positive: f64,
    /// Of one negative.
    pub negative: f64,
}

/// Probabilities of the items of some positions before a step, row-major `[positions, 1 + K]`.
#[derive(Clone, Debug)]
pub struct Probabilities {
    values: Vec<f64>,
    items: usize,
}

impl Probabilities {
    /// The policy's probabilities of `items`, `[rows, 1 + K]` with the positive first, at the first of the `rows` of
    /// the windows.
    ///
    /// # Panics
    /// When there are no rows, or not as many items for each.
    #[must_use]
    pub fn of(
        policy: &dyn Policy,
        weights: &Parameters,
        windows: &Arc<Windows>,
        rows: &[u32],
        items: &[Item],
    ) -> Self {
        let of_row = items.len() / rows.len();
        assert_eq!(items.len(), rows.len() * of_row, "as many items for every row");
        let rows = &rows[..rows.len().min(POSITIONS)];
        let items = &items[..rows.len() * of_row];
        let windows = &Arc::new(leading(windows, rows));
        let values = if policy.titles().is_some() {
            let scores = score_titles(policy, weights, windows, rows, items);
            scores.iter().map(|&score| f64::from(score).exp()).collect()
        } else {
            let together = (SCORES / policy.n_items()).max(1);
            let mut values = Vec::with_capacity(items.len());
            for (rows, items) in rows.chunks(together).zip(items.chunks(together * of_row)) {
                let scores = score_positions(policy, weights, windows, rows);
                let rows = scores.chunks_exact(policy.n_items()).zip(items.chunks_exact(of_row));
                values.extend(rows.flat_map(|(scores, items)| softmax_of(scores, items)));
            }
            values
        };
        Self { values, items: of_row }
    }

    /// How far they moved to those `after` a step.
    ///
    /// # Panics
    /// When those are not of the same items.
    #[must_use]
    pub fn to(&self, after: &Self) -> Moved {
        assert_eq!((self.values.len(), self.items), (after.values.len(), after.items));
        let (mut positive, mut negative) = (0.0, 0.0);
        for (index, (before, after)) in self.values.iter().zip(&after.values).enumerate() {
            let sum = if index % self.items == 0 { &mut positive } else { &mut negative };
            *sum += after - before;
        }
        let positions = (self.values.len() / self.items) as f64;
        Moved {
            positive: positive / positions,
            negative: negative / (positions * (self.items - 1) as f64),
        }
    }
}

/// The leading windows that have these rows, ascending: the others need not be read.
fn leading(windows: &Windows, rows: &[u32]) -> Windows {
    let end = rows.last().map_or(0, |&row| row as usize + 1);
    let mut found = Windows::default();
    for &length in &windows.lengths {
        let from = found.items.len();
        if from >= end {
            break;
        }
        found.push(&windows.items[from..from + length]);
    }
    found
}

/// The softmax of all scores at some items.
fn softmax_of<'a>(scores: &'a [f32], items: &'a [Item]) -> impl Iterator<Item = f64> + 'a {
    let log_sum = log_sum(scores);
    items.iter().map(move |&item| (f64::from(scores[item as usize]) - log_sum).exp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probabilities_are_those_of_the_softmax() {
        let found: Vec<f64> = softmax_of(&[0.0, 2.0_f32.ln(), 5.0_f32.ln()], &[2, 0]).collect();
        assert!((found[0] - 5.0 / 8.0).abs() < 1e-7 && (found[1] - 1.0 / 8.0).abs() < 1e-7);
    }

    #[test]
    fn only_windows_with_measured_rows_are_read() {
        let mut windows = Windows::default();
        for items in [&[1, 2, 3][..], &[4], &[5, 6]] {
            windows.push(items);
        }
        let lengths = |rows: &[u32]| leading(&windows, rows).lengths;
        assert_eq!(lengths(&[0, 2]), [3]);
        assert_eq!(lengths(&[1, 3]), [3, 1]);
        assert_eq!(leading(&windows, &[0, 5]), windows);
    }

    #[test]
    fn changes_are_means_over_positions_and_negatives() {
        let of = |values: &[f64]| Probabilities { values: values.to_vec(), items: 3 };
        let before = of(&[0.5, 0.1, 0.2, 0.3, 0.4, 0.1]);
        let after = of(&[0.7, 0.0, 0.1, 0.3, 0.5, 0.0]);
        let Moved { positive, negative } = before.to(&after);
        assert!((positive - 0.1).abs() < 1e-12);
        assert!((negative - (-0.1 - 0.1 + 0.1 - 0.1) / 4.0).abs() < 1e-12);
    }
}
