//! The numbers of a comparison, whatever is compared.

use crate::verdict::{Difference, SeedChange};

/// A difference, paired by seed, and by user where users are ranked for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Numbers {
    pub(super) seeds: usize,
    /// None of what no user has a part in.
    pub(super) users: Option<usize>,
    pub(super) before: f64,
    pub(super) after: f64,
    pub(super) difference: f64,
    pub(super) interval: (f64, f64),
    pub(super) error: f64,
    pub(super) p: f64,
    pub(super) p_holm: f64,
}

impl From<&Difference> for Numbers {
    fn from(found: &Difference) -> Self {
        Self {
            seeds: found.seeds,
            users: Some(found.users),
            before: found.before,
            after: found.after,
            difference: found.difference,
            interval: found.interval,
            error: found.error,
            p: found.p,
            p_holm: found.p_holm,
        }
    }
}

impl From<&SeedChange> for Numbers {
    fn from(found: &SeedChange) -> Self {
        Self {
            seeds: found.seeds,
            users: None,
            before: found.before,
            after: found.after,
            difference: found.difference,
            interval: found.interval,
            error: found.error,
            p: found.p,
            p_holm: found.p_holm,
        }
    }
}

impl Numbers {
    /// Names of [`Self::columns`] in `claims.csv`.
    pub(super) const COLUMNS: [&'static str; 9] =
        ["seeds", "users", "before_mean", "after_mean", "difference", "low", "high", "p", "p_holm"];

    /// As plain text; nothing where nobody was ranked for.
    pub(super) fn columns(&self) -> impl Iterator<Item = String> + use<> {
        let (low, high) = self.interval;
        let numbers = [self.before, self.after, self.difference, low, high, self.p, self.p_holm];
        let users = self.users.map_or(String::new(), |users| users.to_string());
        [self.seeds.to_string(), users].into_iter().chain(numbers.map(|number| number.to_string()))
    }

    /// Significantly lower: p after correction below the level, the interval below zero.
    pub(super) fn falls(&self, alpha: f64) -> bool {
        self.p_holm < alpha && self.interval.1 < 0.0
    }

    /// Significantly higher.
    pub(super) fn rises(&self, alpha: f64) -> bool {
        self.p_holm < alpha && self.interval.0 > 0.0
    }

    /// Whether the interval holds zero.
    pub(super) fn holds_zero(&self) -> bool {
        self.interval.0 <= 0.0 && self.interval.1 >= 0.0
    }
}
