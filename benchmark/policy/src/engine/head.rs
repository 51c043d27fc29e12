//! The part of a step behind the hidden states, on the host: scores of items, or the softmax over the
//! catalogue, with gradients in closed form. No matrix of positions times items times dim is made.

use rayon::prelude::*;

use crate::kernels::{
    By, Matrix, Output, add_scaled, dot, log_sum_exp_rows, product, softmax_rows, vectorised,
};

/// Scores of all items that are held at once: few enough to stay in the cache.
const SCORES: usize = 1 << 19;

/// Of how many states, out of `states`, the scores of all items are held at once.
fn rows_at_once(n_items: usize, states: usize) -> usize {
    (SCORES / n_items).clamp(16, states.max(16))
}

/// The mean of `-log p(target)` with `p` the softmax of the products of a state (`[P, dim]`) with
/// all `items` (`[n, dim]`), and its gradients with respect to states and items.
///
/// The scores are computed and used up part by part, while they are in the cache.
pub(super) fn softmax_loss(
    states: &[f32],
    items: &[f32],
    targets: &[u32],
    dim: usize,
) -> (f64, [Vec<f32>; 2]) {
    let n_items = items.len() / dim;
    let table = Matrix::new(items, dim);
    let mut loss = 0.0;
    let mut state_gradient = vec![0.0; states.len()];
    let mut items_gradient = vec![0.0; n_items * dim];
    let together = rows_at_once(n_items, targets.len());
    let mut scores = vec![0.0; together.min(targets.len()) * n_items];
    let scale = (1.0 / targets.len() as f64) as f32;
    let parts = states.chunks(together * dim).zip(state_gradient.chunks_mut(together * dim));
    for ((states, state_gradient), targets) in parts.zip(targets.chunks(together)) {
        let rows = Matrix::new(states, dim);
        let scores = &mut scores[..targets.len() * n_items];
        product(scores, Output::Replaced, 1.0, rows, table.turned(), By::AllThreads);
        scores.par_chunks_mut(8 * n_items).for_each(|rows| softmax_rows(rows, n_items));
        let shares = scores.chunks_exact_mut(n_items).zip(states.chunks_exact(dim));
        for ((shares, state), &target) in shares.zip(targets) {
            let share = shares[target as usize];
            // A share that is not a number stays so, for the caller to see.
            loss -= if share < f32::MIN_POSITIVE {
                log_share(state, items, shares, target)
            } else {
                f64::from(share).ln()
            };
            shares[target as usize] -= 1.0;
        }
        let error = Matrix::new(scores, n_items);
        product(state_gradient, Output::Replaced, scale, error, table, By::AllThreads);
        product(&mut items_gradient, Output::AddedTo, scale, error.turned(), rows, By::AllThreads);
    }
    (loss / targets.len() as f64, [state_gradient, items_gradient])
}

/// `log p(target)` of a target whose share of `shares` is too small for 32 bits: that of the likeliest item, and how
/// far the target's score is below that item's. The scores are computed again, since shares have taken their place.
fn log_share(state: &[f32], items: &[f32], shares: &[f32], target: u32) -> f64 {
    let all = (0_u32..).zip(shares);
    let (likeliest, share) = all.max_by(|a, b| a.1.total_cmp(b.1)).expect("the target is one");
    let scores = dot_rows(state, items, &[likeliest, target], state.len());
    f64::from(*share).ln() + f64::from(scores[1]) - f64::from(scores[0])
}

/// For each row of `states` (`[P, dim]`) its products with the rows of `embeddings` named by
/// `items` (`[P, n]`).
#[must_use]
pub fn dot_rows(states: &[f32], embeddings: &[f32], items: &[u32], dim: usize) -> Vec<f32> {
    let each = items.len() / (states.len() / dim);
    let mut products = Vec::with_capacity(items.len());
    vectorised(
        #[inline(always)]
        || {
            for (state, items) in states.chunks_exact(dim).zip(items.chunks_exact(each)) {
                for &item in items {
                    products.push(dot(state, &embeddings[item as usize * dim..][..dim]));
                }
            }
        },
    );
    products
}

/// Gradients of [`dot_rows`] with respect to `states` and `embeddings`, given that of the
/// products.
pub(super) fn dot_rows_backward(
    error: &[f32],
    states: &[f32],
    embeddings: &[f32],
    items: &[u32],
    dim: usize,
) -> [Vec<f32>; 2] {
    let each = items.len() / (states.len() / dim);
    let mut states_gradient = vec![0.0_f32; states.len()];
    let mut embeddings_gradient = vec![0.0_f32; embeddings.len()];
    vectorised(
        #[inline(always)]
        || {
            let rows = states.chunks_exact(dim).zip(states_gradient.chunks_exact_mut(dim));
            let scored = error.chunks_exact(each).zip(items.chunks_exact(each));
            for ((state, state_gradient), (errors, items)) in rows.zip(scored) {
                for (&error, &item) in errors.iter().zip(items) {
                    let range = item as usize * dim..(item as usize + 1) * dim;
                    add_scaled(state_gradient, error, &embeddings[range.clone()]);
                    add_scaled(&mut embeddings_gradient[range], error, state);
                }
            }
        },
    );
    [states_gradient, embeddings_gradient]
}

/// For each of `states` (`[P, dim]`) the logarithm of the sum of the exponentials of its products with
/// all `items` (`[n, dim]`, without a row for the padding).
#[must_use]
pub fn log_normalisers(states: &[f32], items: &[f32], dim: usize) -> Vec<f32> {
    let n_items = items.len() / dim;
    let items = Matrix::new(items, dim);
    let mut found = vec![0.0; states.len() / dim];
    let together = rows_at_once(n_items, found.len());
    let mut scores = vec![0.0; together.min(found.len()) * n_items];
    for (states, found) in states.chunks(together * dim).zip(found.chunks_mut(together)) {
        let scores = &mut scores[..found.len() * n_items];
        let states = Matrix::new(states, dim);
        product(scores, Output::Replaced, 1.0, states, items.turned(), By::AllThreads);
        let rows = scores.par_chunks_mut(8 * n_items).zip(found.par_chunks_mut(8));
        rows.for_each(|(scores, found)| log_sum_exp_rows(scores, n_items, found));
    }
    found
}

/// Adds the gradients of [`log_normalisers`], given `error`, that of its result, to those of states and
/// items: an item's score gets the item's softmax times the error.
///
/// The scores are computed again, part by part: kept ones would be P times n numbers.
pub(super) fn log_normalisers_backward(
    error: &[f32],
    states: &[f32],
    items: &[f32],
    dim: usize,
    [states_gradient, items_gradient]: &mut [Vec<f32>; 2],
) {
    let n_items = items.len() / dim;
    let items = Matrix::new(items, dim);
    let together = rows_at_once(n_items, error.len());
    let mut scores = vec![0.0; together.min(error.len()) * n_items];
    let parts = states.chunks(together * dim).zip(states_gradient.chunks_mut(together * dim));
    for ((states, states_gradient), error) in parts.zip(error.chunks(together)) {
        let states = Matrix::new(states, dim);
        let scores = &mut scores[..error.len() * n_items];
        product(scores, Output::Replaced, 1.0, states, items.turned(), By::AllThreads);
        let rows = scores.par_chunks_mut(8 * n_items).zip(error.par_chunks(8));
        rows.for_each(|(scores, error)| {
            softmax_rows(scores, n_items);
            for (shares, error) in scores.chunks_exact_mut(n_items).zip(error) {
                for share in shares {
                    *share *= error;
                }
            }
        });
        let shares = Matrix::new(scores, n_items);
        product(states_gradient, Output::AddedTo, 1.0, shares, items, By::AllThreads);
        let turned = shares.turned();
        product(items_gradient, Output::AddedTo, 1.0, turned, states, By::AllThreads);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIM: usize = 3;

    /// Some numbers in `-size..size`.
    fn some(length: usize, size: f32) -> Vec<f32> {
        (0..length).map(|at| ((at * 7919 % 1013) as f32 / 506.0 - 1.0) * size).collect()
    }

    fn score(state: &[f32], item: &[f32]) -> f64 {
        state.iter().zip(item).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
    }

    fn assert_near(found: &[f32], expected: &[f64]) {
        let largest = expected.iter().fold(0.0_f64, |largest, x| largest.max(x.abs()));
        assert_eq!(found.len(), expected.len());
        for (found, expected) in found.iter().zip(expected) {
            assert!((f64::from(*found) - expected).abs() < 1e-5 * largest, "{found} {expected}");
        }
    }

    /// So many items that the states are taken part by part.
    #[test]
    fn log_normalisers_over_a_large_catalogue_are_those_of_the_definition() {
        let (samples, n_items) = (37, 40_000);
        assert!(rows_at_once(n_items, samples) < samples);
        let (states, items) = (some(samples * DIM, 2.0), some(n_items * DIM, 2.0));
        let error = some(samples, 1.0);
        let found = log_normalisers(&states, &items, DIM);
        let mut gradients = [vec![0.0; states.len()], vec![0.0; items.len()]];
        log_normalisers_backward(&error, &states, &items, DIM, &mut gradients);

        let mut exact = [vec![0.0; states.len()], vec![0.0; items.len()]];
        for (row, (state, error)) in states.chunks_exact(DIM).zip(&error).enumerate() {
            let scores: Vec<f64> = items.chunks_exact(DIM).map(|item| score(state, item)).collect();
            let sum: f64 = scores.iter().map(|score| score.exp()).sum();
            assert!((f64::from(found[row]) - sum.ln()).abs() < 1e-5, "{} {}", found[row], sum.ln());
            for (item, score) in scores.iter().enumerate() {
                let through = f64::from(*error) * score.exp() / sum;
                for column in 0..DIM {
                    exact[0][row * DIM + column] += through * f64::from(items[item * DIM + column]);
                    exact[1][item * DIM + column] += through * f64::from(state[column]);
                }
            }
        }
        for (found, exact) in gradients.iter().zip(&exact) {
            assert_near(found, exact);
        }
    }

    /// More than 87 below the largest score a share is 0 in 32 bits.
    #[test]
    fn the_softmax_loss_of_a_target_far_below_is_that_of_the_definition() {
        let n_items = 200;
        let (states, items) = (some(40 * DIM, 20.0), some(n_items * DIM, 20.0));
        let mut far = 0;
        for (state, target) in states.chunks_exact(DIM).zip((0_u32..200).step_by(5)) {
            let scores: Vec<f64> = items.chunks_exact(DIM).map(|item| score(state, item)).collect();
            let largest = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let sum: f64 = scores.iter().map(|score| (score - largest).exp()).sum();
            let expected = largest + sum.ln() - scores[target as usize];
            let (loss, _) = softmax_loss(state, &items, &[target], DIM);
            assert!((loss - expected).abs() < 1e-5 * expected.max(100.0), "{loss} {expected}");
            far += usize::from(expected > 88.0);
        }
        assert!((5..36).contains(&far), "{far} of 40");
        // What is not a number stays so.
        let (loss, _) = softmax_loss(&[f32::NAN; DIM], &items, &[0], DIM);
        assert!(loss.is_nan(), "{loss}");
    }

    /// `-log p(target)` is the log-normaliser less the target's score.
    #[test]
    fn the_softmax_loss_is_a_log_normaliser_less_a_score() {
        let (samples, n_items) = (37, 40_000);
        let (states, items) = (some(samples * DIM, 2.0), some(n_items * DIM, 2.0));
        let targets: Vec<u32> = (0..samples as u32).map(|row| row * 1000).collect();
        let (loss, gradients) = softmax_loss(&states, &items, &targets, DIM);

        let scores = dot_rows(&states, &items, &targets, DIM);
        let normalisers = log_normalisers(&states, &items, DIM);
        let losses = normalisers.iter().zip(&scores).map(|(z, score)| f64::from(z - score));
        let expected = losses.sum::<f64>() / samples as f64;
        assert!((loss - expected).abs() < 1e-5 * expected, "{loss} {expected}");
        let error = vec![1.0 / samples as f32; samples];
        let away: Vec<f32> = error.iter().map(|error| -error).collect();
        let mut parts = dot_rows_backward(&away, &states, &items, &targets, DIM);
        log_normalisers_backward(&error, &states, &items, DIM, &mut parts);
        for (found, parts) in gradients.iter().zip(&parts) {
            assert_near(found, &parts.iter().map(|&part| f64::from(part)).collect::<Vec<_>>());
        }
    }
}
