//! How large an effect is, and how large it would have to be.

use super::{Spread, t_quantile};

/// Cohen's d for paired values: mean over standard deviation of the differences (Cohen,
/// "Statistical power analysis for the behavioral sciences", 1988, section 2.3.5). None when all
/// differences are the same.
pub fn cohen_dz(differences: &[f64]) -> Option<f64> {
    let found = super::estimate(differences.iter().copied())?;
    found.sd.filter(|sd| *sd > 0.0).map(|sd| found.mean / sd)
}

/// The change in percent of where it started; none from zero.
pub fn percent_change(difference: f64, before: f64) -> Option<f64> {
    (before != 0.0).then(|| 100.0 * difference / before)
}

/// The smallest true difference that a two-sided test at level `alpha` finds with probability
/// `power`: standard error times the sum of two t quantiles (Bloom, Evaluation Review 19, 1995).
///
/// For ten degrees of freedom this is within two percent of the exact value from the noncentral
/// t distribution.
pub fn minimum_detectable(spread: &Spread, alpha: f64, power: f64) -> f64 {
    if spread.error == 0.0 {
        return 0.0;
    }
    let quantile = |probability| t_quantile(probability, spread.df);
    spread.error * (quantile(1.0 - alpha / 2.0) + quantile(power))
}
