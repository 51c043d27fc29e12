//! Student's t distribution.

use statrs::distribution::{ContinuousCDF, StudentsT};

/// Quantile of Student's t distribution, for `0.5 <= probability < 1`.
///
/// Found by bisecting the distribution function: the closed-form inverse in statrs loses digits at
/// two degrees of freedom, which is what three seeds give.
pub fn t_quantile(probability: f64, degrees_of_freedom: f64) -> f64 {
    let Ok(distribution) = StudentsT::new(0.0, 1.0, degrees_of_freedom) else {
        return f64::NAN;
    };
    let (mut low, mut high) = (0.0, 1.0);
    while distribution.cdf(high) < probability && high < 1e12 {
        high *= 2.0;
    }
    while high - low > 1e-13 * high {
        let middle = 0.5 * (low + high);
        if middle <= low || middle >= high {
            break;
        }
        if distribution.cdf(middle) < probability {
            low = middle;
        } else {
            high = middle;
        }
    }
    0.5 * (low + high)
}

/// Probability that a t variable exceeds `value`.
pub fn t_upper(value: f64, degrees_of_freedom: f64) -> f64 {
    // The lower tail of the mirrored value keeps its digits where 1 − cdf would lose them.
    StudentsT::new(0.0, 1.0, degrees_of_freedom)
        .map_or(f64::NAN, |distribution| distribution.cdf(-value))
}

/// Probability that a t variable is at least as far from zero as `value`.
pub fn t_two_sided(value: f64, degrees_of_freedom: f64) -> f64 {
    (2.0 * t_upper(value.abs(), degrees_of_freedom)).min(1.0)
}
