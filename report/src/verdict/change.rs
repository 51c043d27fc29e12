//! A difference with its test, whatever it is paired by.

use serde::{Deserialize, Serialize};

/// A difference of means over the seeds of both sides.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// Seeds on both sides.
    pub seeds: usize,
    /// Mean of the side that is compared with.
    pub before: f64,
    /// Mean of the side that is judged.
    pub after: f64,
    /// Second minus first.
    pub difference: f64,
    /// 95 % interval of the difference.
    pub interval: (f64, f64),
    /// Standard error of the difference.
    pub error: f64,
    /// Two-sided p.
    pub p: f64,
    /// `p` after Holm's correction over its family.
    pub p_holm: f64,
}

impl Change {
    /// Surely lower: p after correction below the level and the interval below zero.
    pub fn falls(&self, alpha: f64) -> bool {
        self.p_holm < alpha && self.interval.1 < 0.0
    }

    /// Surely higher: p after correction below the level and the interval above zero.
    pub fn rises(&self, alpha: f64) -> bool {
        self.p_holm < alpha && self.interval.0 > 0.0
    }

    /// Surely lower or surely higher.
    pub fn is_significant(&self, alpha: f64) -> bool {
        self.falls(alpha) || self.rises(alpha)
    }

    /// Whether the interval holds zero.
    pub fn holds_zero(&self) -> bool {
        let (low, high) = self.interval;
        low <= 0.0 && high >= 0.0
    }
}
