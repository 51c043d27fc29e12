//! Means over seeds with Student-t intervals, and differences paired by seed.
//!
//! Cells of one seed share their batches, dropout masks and nested negatives, so a difference
//! between two cells of the same seed is free of most of the variation between seeds. Comparisons
//! are therefore made on the differences, not on the overlap of two intervals.

use std::collections::BTreeMap;

use super::student::t_quantile;

/// Confidence level of every interval in a report.
pub const CONFIDENCE: f64 = 0.95;

/// One value per seed.
pub type BySeed = BTreeMap<u64, f64>;

/// A mean with its spread and its interval at [`CONFIDENCE`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// Arithmetic mean.
    pub mean: f64,
    /// Sample standard deviation (divisor n − 1); none for a single value.
    pub sd: Option<f64>,
    /// Half the width of the Student-t interval of the mean; none for a single value.
    pub half_width: Option<f64>,
    /// Number of values.
    pub n: usize,
}

impl Estimate {
    /// Both ends of the interval, or none for a single value.
    pub fn interval(&self) -> Option<(f64, f64)> {
        self.half_width.map(|half| (self.mean - half, self.mean + half))
    }
}

/// Mean, spread and interval of the finite values; none when there is no finite value.
pub fn estimate(values: impl IntoIterator<Item = f64>) -> Option<Estimate> {
    let values: Vec<f64> = values.into_iter().filter(|value| value.is_finite()).collect();
    let n = values.len();
    if n == 0 {
        return None;
    }
    let mean = values.iter().sum::<f64>() / n as f64;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    Some(from_moments(mean, (n > 1).then(|| (squares / (n - 1) as f64).sqrt()), n))
}

/// An estimate from a mean, a sample standard deviation and a count worked out elsewhere.
pub fn from_moments(mean: f64, sd: Option<f64>, n: usize) -> Estimate {
    let sd = sd.filter(|sd| n > 1 && sd.is_finite());
    let half_width =
        sd.map(|sd| t_quantile(0.5 + CONFIDENCE / 2.0, (n - 1) as f64) * sd / (n as f64).sqrt());
    Estimate { mean, sd, half_width, n }
}

/// The mean of `after − before` over the seeds that both have; none when they share no seed.
pub fn paired_difference(after: &BySeed, before: &BySeed) -> Option<Estimate> {
    estimate(after.iter().filter_map(|(seed, after)| before.get(seed).map(|before| after - before)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(found: f64, expected: f64, tolerance: f64) {
        assert!((found - expected).abs() <= tolerance, "{found} is not {expected}");
    }

    #[test]
    fn t_quantiles_match_scipy() {
        // scipy.stats.t.ppf(0.975, df)
        for (df, expected) in [
            (1.0, 12.706_204_736_432_095),
            (2.0, 4.302_652_729_911_275),
            (3.0, 3.182_446_305_284_263),
            (4.0, 2.776_445_105_197_799),
            (9.0, 2.262_157_162_740_992),
            (29.0, 2.045_229_642_132_703),
        ] {
            close(t_quantile(0.975, df), expected, 1e-8);
        }
    }

    #[test]
    fn three_seeds_by_hand() {
        // mean 0.2, squares 0.02, sd 0.1, half-width 4.302652729911 * 0.1 / sqrt(3)
        let found = estimate([0.1, 0.2, 0.3]).unwrap();
        close(found.mean, 0.2, 1e-15);
        close(found.sd.unwrap(), 0.1, 1e-15);
        close(found.half_width.unwrap(), 0.248_413_771_175_033, 1e-9);
        assert_eq!(found.n, 3);
    }

    #[test]
    fn one_seed_has_no_interval() {
        let found = estimate([0.4]).unwrap();
        assert_eq!((found.sd, found.half_width, found.n), (None, None, 1));
    }

    #[test]
    fn values_that_are_not_finite_are_left_out() {
        assert_eq!(estimate([f64::NAN, f64::INFINITY]), None);
        assert_eq!(estimate([f64::NAN, 2.0]).unwrap().n, 1);
    }

    #[test]
    fn differences_are_paired_by_seed() {
        let before = BySeed::from([(1, 0.10), (2, 0.20), (3, 0.30), (9, 5.0)]);
        let after = BySeed::from([(1, 0.09), (2, 0.18), (3, 0.27), (8, -5.0)]);
        // scipy.stats.ttest_rel(after, before).confidence_interval(0.95)
        let found = paired_difference(&after, &before).unwrap();
        let (low, high) = found.interval().unwrap();
        assert_eq!(found.n, 3);
        close(found.mean, -0.02, 1e-15);
        close(low, -0.044_841_377_117_503, 1e-9);
        close(high, 0.004_841_377_117_503, 1e-9);
    }

    #[test]
    fn nothing_in_common_is_no_difference() {
        assert_eq!(paired_difference(&BySeed::from([(1, 0.0)]), &BySeed::new()), None);
    }

    proptest::proptest! {
        #[test]
        fn shifting_moves_the_mean_and_keeps_the_interval(
            values in proptest::collection::vec(-1.0f64..1.0, 2..12),
            shift in -10.0f64..10.0,
        ) {
            let plain = estimate(values.iter().copied()).unwrap();
            let moved = estimate(values.iter().map(|value| value + shift)).unwrap();
            close(moved.mean, plain.mean + shift, 1e-9);
            close(moved.half_width.unwrap(), plain.half_width.unwrap(), 1e-6);
        }
    }
}
