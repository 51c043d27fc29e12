//! Loops that the compiler turns into vector instructions, chosen at run time for the processor.
//!
//! Every sum has a fixed order, and a product is fused with an addition where the code says so, so
//! that a result does not depend on the instructions chosen. Rows are handled in blocks of sixteen
//! numbers, the width of the widest instructions.

use pulp::Arch;

/// Numbers in a block.
pub const LANES: usize = 16;

/// A block.
pub type Block = [f32; LANES];

/// Runs a loop compiled for the best instructions that the processor has.
#[inline]
pub fn vectorised<R>(work: impl FnOnce() -> R) -> R {
    Arch::new().dispatch(work)
}

/// The sum of a row, in sixteen partial sums.
#[inline(always)]
pub fn sum(row: &[f32]) -> f32 {
    let (blocks, rest) = row.as_chunks::<LANES>();
    let mut partial = [0.0_f32; LANES];
    for block in blocks {
        for lane in 0..LANES {
            partial[lane] += block[lane];
        }
    }
    add_up(partial, rest.iter().copied())
}

/// The sum of products of two rows, in sixteen partial sums.
#[inline(always)]
pub fn dot(a: &[f32], b: &[f32]) -> f32 {
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    let mut partial = [0.0_f32; LANES];
    for (a, b) in a.iter().zip(b) {
        for lane in 0..LANES {
            partial[lane] = a[lane].mul_add(b[lane], partial[lane]);
        }
    }
    add_up(partial, a_rest.iter().zip(b_rest).map(|(a, b)| a * b))
}

/// Halves are added until one number is left, which takes four steps instead of sixteen.
#[inline(always)]
fn add_up(partial: Block, rest: impl Iterator<Item = f32>) -> f32 {
    let eight: [f32; 8] = std::array::from_fn(|lane| partial[lane] + partial[lane + 8]);
    let four: [f32; 4] = std::array::from_fn(|lane| eight[lane] + eight[lane + 4]);
    let mut total = (four[0] + four[2]) + (four[1] + four[3]);
    for value in rest {
        total += value;
    }
    total
}

/// `y += a x`.
#[inline(always)]
pub fn add_scaled(y: &mut [f32], a: f32, x: &[f32]) {
    for (y, x) in y.iter_mut().zip(x) {
        *y = a.mul_add(*x, *y);
    }
}

/// The largest entry; "not a number" is passed over.
#[inline(always)]
fn largest(row: &[f32]) -> f32 {
    let (blocks, rest) = row.as_chunks::<LANES>();
    let mut lanes = [f32::NEG_INFINITY; LANES];
    for block in blocks {
        for lane in 0..LANES {
            lanes[lane] = if block[lane] > lanes[lane] { block[lane] } else { lanes[lane] };
        }
    }
    lanes.iter().chain(rest).copied().fold(f32::NEG_INFINITY, f32::max)
}

/// `exp(x)` for `x <= 0`, to about two units in the last place; 0 below -87.
///
/// The classic reduction `x = n ln 2 + r` and a polynomial of degree six in `r`, without branches,
/// so that loops over it are vectorised.
#[inline(always)]
fn exp(x: f32) -> f32 {
    const LOG2_E: f32 = std::f32::consts::LOG2_E;
    // ln 2 in two parts, the first of which has few bits, so that n times it is exact.
    const LN_2_HIGH: f32 = 0.693_359_4;
    const LN_2_LOW: f32 = -2.121_944_4e-4;
    // Adding and subtracting 1.5 * 2^23 rounds to the nearest integer.
    const ROUND: f32 = 12_582_912.0;
    // Comparisons are such that "not a number" passes through.
    let clamped = if x < -87.0 { -87.0 } else { x };
    let shifted = clamped.mul_add(LOG2_E, ROUND);
    let n = shifted - ROUND;
    let r = (clamped - n * LN_2_HIGH) - n * LN_2_LOW;
    let mut p: f32 = 1.0 / 720.0;
    for coefficient in [1.0 / 120.0, 1.0 / 24.0, 1.0 / 6.0, 0.5, 1.0, 1.0] {
        p = p.mul_add(r, coefficient);
    }
    // The low bits of the shifted number are n itself; 2^n is n + 127 in the exponent's place.
    let exponent = shifted.to_bits().wrapping_sub(ROUND.to_bits()).wrapping_add(127);
    let power = f32::from_bits(exponent << 23);
    if x < -87.0 { 0.0 } else { p * power }
}

/// Turns every row of `n` scores into its softmax.
pub fn softmax_rows(scores: &mut [f32], n: usize) {
    vectorised(
        #[inline(always)]
        || {
            for row in scores.chunks_exact_mut(n) {
                softmax(row);
            }
        },
    );
}

/// Turns scores into their softmax.
#[inline(always)]
pub(crate) fn softmax(row: &mut [f32]) {
    let (_, total) = exponentials(row);
    let scale = 1.0 / total;
    for share in row.iter_mut() {
        *share *= scale;
    }
}

/// The logarithm of the sum of the exponentials of every row of `n` scores; uses up the scores.
pub fn log_sum_exp_rows(scores: &mut [f32], n: usize, sums: &mut [f32]) {
    vectorised(
        #[inline(always)]
        || {
            for (row, log_sum) in scores.chunks_exact_mut(n).zip(sums) {
                let (largest, total) = exponentials(row);
                *log_sum = (f64::from(largest) + f64::from(total).ln()) as f32;
            }
        },
    );
}

/// Turns scores `s` into `exp(s - largest)`; returns the largest and the sum.
#[inline(always)]
fn exponentials(row: &mut [f32]) -> (f32, f32) {
    let largest = largest(row);
    let (blocks, rest) = row.as_chunks_mut::<LANES>();
    for block in blocks {
        for score in block {
            *score = exp(*score - largest);
        }
    }
    for score in rest {
        *score = exp(*score - largest);
    }
    (largest, sum(row))
}

/// The left factor of a product: entry `(row, column)` lies at `row * by_row + column * by_column`.
#[derive(Clone, Copy)]
pub(crate) struct Left<'a> {
    pub(crate) values: &'a [f32],
    pub(crate) by_row: usize,
    pub(crate) by_column: usize,
}

/// Rows of a product that are computed together.
pub(crate) const ROWS: usize = 4;
/// Blocks of a product that are computed together.
const BLOCKS: usize = 2;

/// `ROWS` rows of `left * right`, from row `first` on: `output[r][b] = sum_k left[r][k] right[k][b]`
/// for `k` in `inner` and `b` below `blocks`.
///
/// `right` and `output` have `width` blocks per row; rows of `output` start at `first`. The sums
/// run over `k` in order.
#[inline(always)]
pub(crate) fn product_rows(
    output: &mut [Block],
    left: Left<'_>,
    right: &[Block],
    width: usize,
    first: usize,
    inner: std::ops::Range<usize>,
    blocks: usize,
) {
    let mut start = 0;
    while start + BLOCKS <= blocks {
        let sums = tile::<BLOCKS>(left, right, width, first, inner.clone(), start);
        for (row, sums) in sums.iter().enumerate() {
            output[(first + row) * width + start..][..BLOCKS].copy_from_slice(sums);
        }
        start += BLOCKS;
    }
    if start < blocks {
        let sums = tile::<1>(left, right, width, first, inner, start);
        for (row, [sums]) in sums.iter().enumerate() {
            output[(first + row) * width + start] = *sums;
        }
    }
}

/// `ROWS` times `B` blocks of a product, whose sums stay in registers.
#[inline(always)]
fn tile<const B: usize>(
    left: Left<'_>,
    right: &[Block],
    width: usize,
    first: usize,
    inner: std::ops::Range<usize>,
    start: usize,
) -> [[Block; B]; ROWS] {
    let mut sums = [[[0.0_f32; LANES]; B]; ROWS];
    for k in inner {
        let right: &[Block; B] = right[k * width + start..].first_chunk().expect("B blocks");
        let from = first * left.by_row + k * left.by_column;
        let left: [f32; ROWS] = std::array::from_fn(|row| left.values[from + row * left.by_row]);
        for row in 0..ROWS {
            for block in 0..B {
                for lane in 0..LANES {
                    sums[row][block][lane] =
                        left[row].mul_add(right[block][lane], sums[row][block][lane]);
                }
            }
        }
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exp_is_within_a_few_units_in_the_last_place() {
        for step in 0..=870_000 {
            let x = -(step as f32) * 1e-4;
            let exact = f64::from(x).exp();
            let error = (f64::from(exp(x)) - exact).abs() / exact;
            assert!(error < 3.0 * f64::from(f32::EPSILON), "exp({x}): {error}");
        }
        assert_eq!(exp(0.0), 1.0);
        assert_eq!(exp(-1e4), 0.0);
        assert_eq!(exp(f32::NEG_INFINITY), 0.0);
    }

    #[test]
    fn softmax_of_long_rows_sums_to_one() {
        let scores: Vec<f32> = (0..1000).map(|i| ((i * 37) % 101) as f32 * 0.3 - 400.0).collect();
        let mut shares = scores.clone();
        softmax_rows(&mut shares, 1000);
        let exact: f64 = scores.iter().map(|&s| f64::from(s + 400.0).exp()).sum();
        for (share, score) in shares.iter().zip(&scores) {
            let expected = f64::from(score + 400.0).exp() / exact;
            assert!((f64::from(*share) - expected).abs() < 1e-5 * expected);
        }
    }

    #[test]
    fn log_sums_of_long_rows_are_those_of_the_definition() {
        let scores: Vec<f32> = (0..2002).map(|i| ((i * 37) % 101) as f32 * 0.3 - 400.0).collect();
        let mut sums = [0.0; 2];
        log_sum_exp_rows(&mut scores.clone(), 1001, &mut sums);
        for (row, found) in scores.chunks_exact(1001).zip(sums) {
            let exact: f64 = row.iter().map(|&s| f64::from(s + 400.0).exp()).sum();
            assert!((f64::from(found) - (exact.ln() - 400.0)).abs() < 5e-5, "{found}");
        }
    }

    #[test]
    fn a_score_that_is_not_a_number_is_not_hidden() {
        let mut shares = vec![0.0, f32::NAN, 1.0];
        softmax_rows(&mut shares, 3);
        assert!(shares.iter().any(|share| share.is_nan()));
    }

    #[test]
    fn products_are_those_of_the_definition() {
        for blocks in 1..=5 {
            let (rows, inner) = (8, 11);
            let left: Vec<f32> = (0..rows * inner).map(|i| (i as f32).sin()).collect();
            let right: Vec<Block> = (0..inner * blocks)
                .map(|i| std::array::from_fn(|lane| ((i * LANES + lane) as f32).cos()))
                .collect();
            let mut output = vec![[0.0; LANES]; rows * blocks];
            let left = Left { values: &left, by_row: inner, by_column: 1 };
            for first in [0, 4] {
                product_rows(&mut output, left, &right, blocks, first, 2..9, blocks);
            }
            for row in 0..rows {
                for block in 0..blocks {
                    for lane in 0..LANES {
                        let exact: f32 = (2..9)
                            .map(|k| left.values[row * inner + k] * right[k * blocks + block][lane])
                            .sum();
                        assert!((output[row * blocks + block][lane] - exact).abs() < 1e-5);
                    }
                }
            }
        }
    }
}
