//! Loops that the compiler turns into vector instructions, chosen at run time for the processor.
//!
//! Every sum has a fixed order (sixteen partial sums, added one after the other) and no product is
//! fused with an addition, so that the result does not depend on the instructions chosen.

use pulp::Arch;

/// Partial sums per reduction.
const LANES: usize = 16;

/// Runs a loop compiled for the best instructions that the processor has.
#[inline]
pub(super) fn vectorised<R>(work: impl FnOnce() -> R) -> R {
    Arch::new().dispatch(work)
}

/// `sum f(i)` for `i < n`, in sixteen partial sums.
#[inline(always)]
pub(super) fn sum(n: usize, f: impl Fn(usize) -> f32) -> f32 {
    let mut partial = [0.0_f32; LANES];
    let blocks = n / LANES;
    for block in 0..blocks {
        for (lane, partial) in partial.iter_mut().enumerate() {
            *partial += f(block * LANES + lane);
        }
    }
    let mut total = 0.0;
    for partial in partial {
        total += partial;
    }
    for index in blocks * LANES..n {
        total += f(index);
    }
    total
}

/// The largest entry.
#[inline(always)]
pub(super) fn largest(values: &[f32]) -> f32 {
    let mut lanes = [f32::NEG_INFINITY; LANES];
    let mut blocks = values.chunks_exact(LANES);
    for block in blocks.by_ref() {
        for (lane, &value) in lanes.iter_mut().zip(block) {
            *lane = if value > *lane { value } else { *lane };
        }
    }
    lanes.iter().chain(blocks.remainder()).copied().fold(f32::NEG_INFINITY, f32::max)
}

/// `y += a x`.
#[inline(always)]
pub(super) fn add_scaled(y: &mut [f32], a: f32, x: &[f32]) {
    for (y, x) in y.iter_mut().zip(x) {
        *y += a * x;
    }
}

/// `exp(x)` for `x <= 0`, to about two units in the last place; 0 below -87.
///
/// The classic reduction `x = n ln 2 + r` and a polynomial of degree six in `r`, without branches,
/// so that loops over it are vectorised.
#[inline(always)]
pub(super) fn exp(x: f32) -> f32 {
    const LOG2_E: f32 = std::f32::consts::LOG2_E;
    // ln 2 in two parts, the first of which has few bits, so that n times it is exact.
    const LN_2_HIGH: f32 = 0.693_359_4;
    const LN_2_LOW: f32 = -2.121_944_4e-4;
    // Adding and subtracting 1.5 * 2^23 rounds to the nearest integer.
    const ROUND: f32 = 12_582_912.0;
    // Comparisons are such that "not a number" passes through.
    let clamped = if x < -87.0 { -87.0 } else { x };
    let shifted = clamped * LOG2_E + ROUND;
    let n = shifted - ROUND;
    let r = (clamped - n * LN_2_HIGH) - n * LN_2_LOW;
    let mut p = 1.0 / 720.0;
    for coefficient in [1.0 / 120.0, 1.0 / 24.0, 1.0 / 6.0, 0.5, 1.0, 1.0] {
        p = p * r + coefficient;
    }
    // The low bits of the shifted number are n itself; 2^n is n + 127 in the exponent's place.
    let exponent = shifted.to_bits().wrapping_sub(ROUND.to_bits()).wrapping_add(127);
    let power = f32::from_bits(exponent << 23);
    if x < -87.0 { 0.0 } else { p * power }
}

/// Turns every row of `n` scores into its softmax.
pub(crate) fn softmax_rows(scores: &mut [f32], n: usize) {
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
pub(super) fn softmax(row: &mut [f32]) {
    let largest = largest(row);
    for score in row.iter_mut() {
        *score = exp(*score - largest);
    }
    let scale = 1.0 / sum(row.len(), |index| row[index]);
    for share in row.iter_mut() {
        *share *= scale;
    }
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
    fn a_score_that_is_not_a_number_is_not_hidden() {
        let mut shares = vec![0.0, f32::NAN, 1.0];
        softmax_rows(&mut shares, 3);
        assert!(shares.iter().any(|share| share.is_nan()));
    }
}
