//! Showing that a difference is small, which failing to show a difference does not.

use super::{Spread, t_upper};

/// p of two one-sided t tests (Schuirmann, J. Pharmacokinet. Biopharm. 15, 1987): small when the
/// mean lies surely between −`margin` and `margin`. Below 5 % it says the same as a 90 % interval
/// that lies within the margin.
pub fn equivalence(spread: &Spread, margin: f64) -> f64 {
    if spread.error > 0.0 {
        let below = t_upper((spread.mean + margin) / spread.error, spread.df);
        let above = t_upper((margin - spread.mean) / spread.error, spread.df);
        below.max(above)
    } else if spread.mean.abs() < margin {
        0.0
    } else {
        1.0
    }
}
