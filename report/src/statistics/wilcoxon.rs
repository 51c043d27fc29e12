//! Wilcoxon's signed-rank test.

use statrs::distribution::{ContinuousCDF, Normal};

/// Result of a signed-rank test.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Wilcoxon {
    /// Sum of the ranks of positive differences.
    pub positive: f64,
    /// Standardised sum; positive when positive differences prevail.
    pub z: f64,
    /// Two-sided, normal approximation.
    pub p: f64,
    /// Differences that are not zero.
    pub n: usize,
}

/// Signed-rank test of paired differences (Wilcoxon, Biometrics Bulletin 1, 1945).
///
/// Zeros are dropped, ties in size get their mean rank and the variance is corrected for them, and
/// the normal approximation is used without continuity correction; equal to SciPy's
/// `wilcoxon(d, zero_method="wilcox", correction=False, method="asymptotic")`. None when every
/// difference is zero.
pub fn wilcoxon(differences: &[f64]) -> Option<Wilcoxon> {
    let mut moved: Vec<f64> = differences.iter().copied().filter(|value| *value != 0.0).collect();
    moved.sort_by(|one, two| one.abs().total_cmp(&two.abs()));
    let n = moved.len();
    let (mut positive, mut ties, mut before) = (0.0, 0.0, 0);
    for group in moved.chunk_by(|one, two| one.abs() == two.abs()) {
        let size = group.len() as f64;
        let rank = before as f64 + (size + 1.0) / 2.0;
        positive += rank * group.iter().filter(|value| **value > 0.0).count() as f64;
        ties += size.powi(3) - size;
        before += group.len();
    }
    let count = n as f64;
    let variance = count * (count + 1.0) * (2.0 * count + 1.0) / 24.0 - ties / 48.0;
    if variance <= 0.0 {
        return None;
    }
    let z = (positive - count * (count + 1.0) / 4.0) / variance.sqrt();
    Some(Wilcoxon { positive, z, p: 2.0 * Normal::standard().cdf(-z.abs()), n })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_zero_says_nothing() {
        assert_eq!(wilcoxon(&[0.0, 0.0]), None);
    }

    proptest::proptest! {
        #[test]
        fn mirrored_differences_mirror_the_result(
            values in proptest::collection::vec(-5_i8..5, 2..40),
        ) {
            let values: Vec<f64> = values.into_iter().map(f64::from).collect();
            let mirrored: Vec<f64> = values.iter().map(|value| -value).collect();
            if let (Some(one), Some(two)) = (wilcoxon(&values), wilcoxon(&mirrored)) {
                proptest::prop_assert!((one.z + two.z).abs() < 1e-9);
                proptest::prop_assert!((one.p - two.p).abs() < 1e-9);
            }
        }
    }
}
