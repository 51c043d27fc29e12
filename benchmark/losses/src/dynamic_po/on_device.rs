//! Boundary sets and margin strengths as tensors, for a device that should not be waited for.
//!
//! The same functions as those on the host, in single precision and without sorting: a cluster is
//! named by its least score, and all pairs of scores are tried as the two cuts.

use burn::Tensor;
use burn::tensor::activation::sigmoid;

use super::choice::{Choice, Margin, Selection};
use crate::formulas::split;
use crate::margin::ChosenTensors;

/// Largest tensor that is made for them, in numbers: 6,400 positions with K = 50.
const LARGEST: usize = 1 << 24;

/// Whether the selection can be computed here, and the scores, `[P, 1 + K]`, are few enough: clustering
/// takes tensors of P x K x K numbers.
pub(super) fn fits(choice: Choice, scores: &Tensor<2>) -> bool {
    let [samples, items] = scores.dims();
    matches!(choice.selection, Selection::Dynamic | Selection::All)
        && samples * items * items <= LARGEST
}

/// Strengths and which negatives enter; `scores` are the policy's, `[P, 1 + K]`, without gradient.
pub(super) fn choose(choice: Choice, scores: Tensor<2>, beta: f64) -> ChosenTensors {
    let (positive, negatives) = split(scores);
    let boundary = boundary_set(&positive, &negatives);
    let strengths = match choice.margin {
        Margin::Fixed => negatives.ones_like() * beta,
        Margin::Dual => {
            let easy_mean = easy_mean(&negatives, &boundary);
            let (d1, d2) = (positive - negatives.clone(), negatives - easy_mean);
            let scale = (d1.clone().abs() + d2.clone().abs()).clamp_min(f32::MIN_POSITIVE);
            // (1 + tanh x) / 2 = sigmoid(2 x), and Vulkan promises little about tangents.
            let x = ((d1 - d2 - choice.c) / scale).clamp(-40.0, 40.0);
            (sigmoid(x * 2.0) + 0.5) * beta
        }
    };
    let used = match choice.selection {
        Selection::Dynamic => boundary,
        Selection::All => boundary.ones_like(),
        Selection::Random | Selection::Easiest => unreachable!("these do not fit"),
    };
    ChosenTensors { strengths: strengths * used.clone(), used }
}

/// 1 for the negatives at or above the positive or, if there are none, those in the top cluster.
fn boundary_set(positive: &Tensor<2>, negatives: &Tensor<2>) -> Tensor<2> {
    let at_least = |threshold: Tensor<2>| (negatives.clone() - threshold).greater_equal_elem(0.0);
    let violators = at_least(positive.clone()).float();
    let without = violators.clone().max_dim(1).equal_elem(0.0).float();
    violators + at_least(top_cluster_minimum(negatives)).float() * without
}

/// Mean score of the negatives outside the boundary set, or of all if there is none, `[P, 1]`.
fn easy_mean(negatives: &Tensor<2>, boundary: &Tensor<2>) -> Tensor<2> {
    let easy = boundary.clone().neg() + 1.0;
    let without = easy.clone().max_dim(1).equal_elem(0.0).float();
    let easy = easy + without;
    (negatives.clone() * easy.clone()).sum_dim(1) / easy.sum_dim(1)
}

/// Least score of the highest of at most three clusters, `[P, 1]`.
///
/// Least squares within clusters are the largest sum over clusters of `sum^2 / size` of centred
/// scores. Empty clusters take part with zero: another cut through scores that differ is always
/// better, so that they win only where fewer scores differ than there are clusters.
fn top_cluster_minimum(scores: &Tensor<2>) -> Tensor<2> {
    let [samples, k] = scores.dims();
    if k <= 3 {
        return scores.clone().max_dim(1);
    }
    let centred = scores.clone() - scores.clone().mean_dim(1);
    let (thresholds, members) =
        (centred.clone().reshape([samples, k, 1]), centred.reshape([samples, 1, k]));
    let at_least = (members.clone() - thresholds).greater_equal_elem(0.0).float();
    let sizes = at_least.clone().sum_dim(2);
    let sums = (at_least * members.clone()).sum_dim(2);
    let gain = |sums: Tensor<3>, sizes: Tensor<3>| sums.square() / sizes.clamp_min(1.0);

    // The top cluster begins at the threshold of the row, the middle one at that of the column.
    let (all_sizes, all_sums) = (sizes.clone().swap_dims(1, 2), sums.clone().swap_dims(1, 2));
    let bottom_sizes = all_sizes.clone().neg() + k as f64;
    let bottom = gain(members.sum_dim(2) - all_sums.clone(), bottom_sizes);
    let middle_sizes = all_sizes - sizes.clone();
    let impossible = middle_sizes.clone().lower_elem(0.0);
    let below = gain(all_sums - sums.clone(), middle_sizes) + bottom;
    let below = below.mask_fill(impossible, -1.0).max_dim(2);
    let gains = (gain(sums, sizes) + below).reshape([samples, k]);

    // Of equally good cuts the lowest, as on the host.
    let worse = (gains.clone() - gains.max_dim(1)).lower_elem(0.0);
    scores.clone().mask_fill(worse, f32::MAX).min_dim(1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tensor(rows: &[Vec<f32>]) -> Tensor<2> {
        let data = burn::tensor::TensorData::new(rows.concat(), [rows.len(), rows[0].len()]);
        Tensor::from_data(data, &burn::tensor::Device::flex())
    }

    fn host(tensor: Tensor<2>) -> Vec<f32> {
        tensor.try_into_vec_as().unwrap()
    }

    /// Rows of scores of one length, many of them violated by no negative.
    fn rows() -> impl Strategy<Value = Vec<Vec<f32>>> {
        let row = |k| {
            (proptest::collection::vec(-4.0_f32..4.0, 1 + k), any::<bool>()).prop_map(
                |(mut row, above)| {
                    row[0] += if above { 8.0 } else { 0.0 };
                    row
                },
            )
        };
        (1_usize..25).prop_flat_map(move |k| proptest::collection::vec(row(k), 1..6))
    }

    proptest! {
        #[test]
        fn tensors_and_host_agree(rows in rows(), c in -3.0_f64..6.0, beta in 0.1_f64..2.0) {
            for selection in [Selection::Dynamic, Selection::All] {
                for margin in [Margin::Dual, Margin::Fixed] {
                    let choice = Choice { selection, margin, c };
                    let ChosenTensors { strengths, used } = choose(choice, tensor(&rows), beta);
                    let found = host(strengths);
                    let used = host(used);
                    let k = rows[0].len() - 1;
                    for (index, row) in rows.iter().enumerate() {
                        let row: Vec<f64> = row.iter().map(|&score| f64::from(score)).collect();
                        let expected = choice.strengths(&row, None, beta);
                        for (item, expected) in expected.into_iter().enumerate() {
                            let place = index * k + item;
                            prop_assert!((f64::from(found[place]) - expected).abs() < 1e-4);
                            prop_assert_eq!(used[place] > 0.0, expected > 0.0);
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn equal_scores_are_one_cluster() {
        let least = |row: Vec<f32>| host(top_cluster_minimum(&tensor(&[row])));
        assert_eq!(least(vec![2.0]), [2.0]);
        assert_eq!(least(vec![2.0, 2.0, 2.0, 2.0]), [2.0]);
        assert_eq!(least(vec![3.0, -1.0]), [3.0]);
        assert_eq!(least(vec![0.0, 0.1, 5.0, 5.1, 9.0, 9.2]), [9.0]);
        assert_eq!(least(vec![5.0, 5.0, 1.0, 1.0, 1.0]), [5.0]);
    }
}
