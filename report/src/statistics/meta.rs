//! Random-effects meta-analysis: one effect from several experiments that differ.

use super::student::{t_quantile, t_two_sided};

/// An effect pooled over experiments.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pooled {
    /// Experiments.
    pub experiments: usize,
    /// The mean effect over experiments like these.
    pub effect: f64,
    /// Its 95 % interval.
    pub interval: [f64; 2],
    /// Two-sided p of no effect.
    pub p: f64,
    /// Standard deviation of the effect between experiments (tau).
    pub between: f64,
    /// Share of the variance that lies between experiments (I²), from 0 to 1.
    pub inconsistency: f64,
}

/// Pools effects with their standard errors; None for fewer than two, or where an error is not
/// positive.
///
/// The variance between experiments is DerSimonian and Laird's (Controlled Clinical Trials 7, 1986). The
/// interval is Hartung and Knapp's (Statistics in Medicine 20, 2001) with Student's t, since there are
/// few experiments; it is never allowed to be shorter than the one without their factor (Röver, Knapp and
/// Friede, BMC Medical Research Methodology 15, 2015).
#[must_use]
pub fn pool(effects: &[(f64, f64)]) -> Option<Pooled> {
    let n = effects.len();
    let usable = |(effect, error): &(f64, f64)| effect.is_finite() && *error > 0.0;
    if n < 2 || !effects.iter().all(usable) {
        return None;
    }
    let df = (n - 1) as f64;
    let weighted = |extra: f64| {
        let weights: Vec<f64> =
            effects.iter().map(|(_, error)| 1.0 / (error * error + extra)).collect();
        let sum: f64 = weights.iter().sum();
        let mean = weights.iter().zip(effects).map(|(w, (y, _))| w * y).sum::<f64>() / sum;
        let q = weights.iter().zip(effects).map(|(w, (y, _))| w * (y - mean).powi(2)).sum::<f64>();
        (weights, sum, mean, q)
    };
    let (weights, sum, _, q) = weighted(0.0);
    let squares: f64 = weights.iter().map(|w| w * w).sum();
    let between = ((q - df) / (sum - squares / sum)).max(0.0);
    let (_, sum, effect, residual) = weighted(between);
    let factor = (residual / df).max(1.0);
    let error = (factor / sum).sqrt();
    let half = t_quantile(0.975, df) * error;
    Some(Pooled {
        experiments: n,
        effect,
        interval: [effect - half, effect + half],
        p: t_two_sided(effect / error, df),
        between: between.sqrt(),
        inconsistency: if q > 0.0 { ((q - df) / q).max(0.0) } else { 0.0 },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Log relative risks of tuberculosis after BCG vaccination and their variances, 13 trials: the
    /// textbook example (Colditz et al., JAMA 271, 1994).
    const BCG: [(f64, f64); 13] = [
        (-0.8893, 0.3256),
        (-1.5854, 0.1946),
        (-1.3481, 0.4154),
        (-1.4416, 0.0200),
        (-0.2175, 0.0512),
        (-0.7861, 0.0069),
        (-1.6209, 0.2230),
        (0.0120, 0.0040),
        (-0.4694, 0.0564),
        (-1.3713, 0.0730),
        (-0.3394, 0.0124),
        (0.4459, 0.5325),
        (-0.0173, 0.0714),
    ];

    #[test]
    fn the_textbook_example_has_its_published_values() {
        let effects: Vec<(f64, f64)> =
            BCG.iter().map(|(y, variance)| (*y, variance.sqrt())).collect();
        let found = pool(&effects).unwrap();
        // Published to these digits for DerSimonian and Laird's estimator, from data to four digits.
        assert!((found.effect - -0.7141).abs() < 2e-4, "{found:?}");
        assert!((found.between.powi(2) - 0.3088).abs() < 1e-3, "{found:?}");
        assert!((found.inconsistency - 0.9212).abs() < 5e-4, "{found:?}");
        // The standard error without Hartung and Knapp's factor is .1787, with it .1807: t of 12
        // degrees of freedom is 2.1788.
        let half = 0.5 * (found.interval[1] - found.interval[0]);
        assert!((half - 2.1788 * 0.1807).abs() < 2e-3, "{found:?}");
    }

    #[test]
    fn equal_effects_have_no_variance_between_them() {
        let found = pool(&[(1.0, 0.5), (1.0, 0.5)]).unwrap();
        assert_eq!((found.effect, found.between, found.inconsistency), (1.0, 0.0, 0.0));
        // Without the lower bound the interval would be empty: error 0.5 / sqrt(2), t(1) = 12.706.
        let half = 0.5 * (found.interval[1] - found.interval[0]);
        assert!((half - 12.706 * 0.5 / 2.0_f64.sqrt()).abs() < 1e-3, "{found:?}");
        assert_eq!(pool(&[(1.0, 0.5)]), None);
        assert_eq!(pool(&[(1.0, 0.0), (1.0, 0.5)]), None);
    }
}
