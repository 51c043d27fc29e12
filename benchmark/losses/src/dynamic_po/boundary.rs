//! Boundary and easy sets, on the host and in double precision.

use pulp::Arch;

/// Which negatives form the boundary set.
pub(super) fn boundary_set(positive: f64, negatives: &[f64]) -> Vec<bool> {
    let violates = |score: &f64| *score >= positive;
    if negatives.iter().any(violates) {
        return negatives.iter().map(violates).collect();
    }
    let threshold = top_cluster_minimum(negatives, 3.min(negatives.len()));
    negatives.iter().map(|score| *score >= threshold).collect()
}

/// Mean score of the easy set: the negatives outside the boundary set, or all if there is none.
pub(super) fn easy_mean(negatives: &[f64], boundary: &[bool]) -> f64 {
    let easy: Vec<f64> =
        negatives.iter().zip(boundary).filter(|(_, inside)| !**inside).map(|(s, _)| *s).collect();
    let set = if easy.is_empty() { negatives } else { &easy };
    set.iter().sum::<f64>() / set.len() as f64
}

/// Least score of the highest cluster of an exact one-dimensional k-means.
///
/// Optimal clusters of points on a line are contiguous, so with at most three clusters all cuts
/// of the sorted scores can be tried: O(K^2), with prefix sums.
fn top_cluster_minimum(scores: &[f64], clusters: usize) -> f64 {
    let mut sorted = scores.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let n = sorted.len();
    if clusters < 2 {
        return sorted[0];
    }
    // Centred, so that the sums of squares lose no precision.
    let centre = sorted.iter().sum::<f64>() / n as f64;
    let (mut sums, mut squares) = (vec![0.0; n + 1], vec![0.0; n + 1]);
    for (index, score) in sorted.iter().enumerate() {
        let x = score - centre;
        sums[index + 1] = sums[index] + x;
        squares[index + 1] = squares[index] + x * x;
    }
    let cost = |from: usize, to: usize| {
        let (sum, square) = (sums[to] - sums[from], squares[to] - squares[from]);
        square - sum * sum / (to - from) as f64
    };
    // The cost of all scores below each cut as one cluster.
    let below: Vec<f64> = (0..n).map(|cut| if cut == 0 { 0.0 } else { cost(0, cut) }).collect();
    let mut best = (f64::INFINITY, 0);
    // Compiled for the best instructions that the processor has.
    Arch::new().dispatch(
        #[inline(always)]
        || {
            for top in clusters - 1..n {
                let above = cost(top, n);
                let least = match clusters {
                    2 => below[top] + above,
                    _ => least_split(&below, &sums, &squares, top, above),
                };
                if least < best.0 {
                    best = (least, top);
                }
            }
        },
    );
    sorted[best.1]
}

/// The least cost of two clusters below the cut `top`, and one above it that costs `above`.
///
/// The divisions are most of the work, so they run side by side.
#[inline(always)]
fn least_split(below: &[f64], sums: &[f64], squares: &[f64], top: usize, above: f64) -> f64 {
    const LANES: usize = 8;
    let total = |middle: usize| {
        let (sum, square) = (sums[top] - sums[middle], squares[top] - squares[middle]);
        below[middle] + (square - sum * sum / (top - middle) as f64) + above
    };
    let mut least = [f64::INFINITY; LANES];
    let mut first = 1;
    while first + LANES <= top {
        let totals: [f64; LANES] = std::array::from_fn(|lane| total(first + lane));
        for (least, total) in least.iter_mut().zip(totals) {
            *least = if total < *least { total } else { *least };
        }
        first += LANES;
    }
    let rest = (first..top).map(total);
    least.into_iter().chain(rest).fold(f64::INFINITY, |a, b| if b < a { b } else { a })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn clusters_split_at_the_gaps() {
        assert_eq!(top_cluster_minimum(&[0.0, 0.1, 5.0, 5.1, 9.0, 9.2], 3), 9.0);
        assert_eq!(top_cluster_minimum(&[3.0, -1.0, -1.1], 2), 3.0);
        assert_eq!(top_cluster_minimum(&[4.0], 1), 4.0);
    }

    #[test]
    fn violators_are_the_boundary_when_there_are_any() {
        assert_eq!(boundary_set(1.0, &[1.0, 0.9, 2.0]), [true, false, true]);
    }

    /// The same by its definition: the squared deviations of all contiguous clusters.
    fn by_definition(scores: &[f64], clusters: usize) -> f64 {
        let mut sorted = scores.to_vec();
        sorted.sort_by(f64::total_cmp);
        let spread = |part: &[f64]| {
            let mean = part.iter().sum::<f64>() / part.len() as f64;
            part.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>()
        };
        let n = sorted.len();
        let cuts = (clusters - 1..n).flat_map(|top| match clusters {
            2 => vec![(spread(&sorted[..top]) + spread(&sorted[top..]), top)],
            _ => (1..top)
                .map(|middle| {
                    let parts = [&sorted[..middle], &sorted[middle..top], &sorted[top..]];
                    (parts.map(spread).iter().sum(), top)
                })
                .collect(),
        });
        let best = cuts.min_by(|a: &(f64, usize), b| a.0.total_cmp(&b.0)).expect("a cut");
        sorted[best.1]
    }

    proptest! {
        /// Roots of distinct integers, whose clusterings hardly ever tie.
        #[test]
        fn clusters_are_the_best_of_all(
            scores in proptest::collection::hash_set(0_u32..1 << 20, 3..40), clusters in 2_usize..=3,
        ) {
            let scores: Vec<f64> = scores.into_iter().map(|score| f64::from(score).sqrt()).collect();
            prop_assert_eq!(
                top_cluster_minimum(&scores, clusters),
                by_definition(&scores, clusters)
            );
        }
    }
}
