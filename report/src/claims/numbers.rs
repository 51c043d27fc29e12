//! The numbers of a comparison, whatever is compared.

use crate::verdict::{Change, Difference};

/// A difference, paired by seed, and by user where users are ranked for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Numbers {
    /// None of what no user has a part in.
    pub(super) users: Option<usize>,
    pub(super) change: Change,
}

impl From<&Difference> for Numbers {
    fn from(found: &Difference) -> Self {
        Self { users: Some(found.users), change: found.change() }
    }
}

impl From<&Change> for Numbers {
    fn from(found: &Change) -> Self {
        Self { users: None, change: *found }
    }
}

impl Numbers {
    /// Names of [`Self::columns`] in `claims.csv`.
    pub(super) const COLUMNS: [&'static str; 9] =
        ["seeds", "users", "before_mean", "after_mean", "difference", "low", "high", "p", "p_holm"];

    /// As plain text; nothing where nobody was ranked for.
    pub(super) fn columns(&self) -> impl Iterator<Item = String> + use<> {
        let Change { seeds, before, after, difference, interval: (low, high), p, p_holm, .. } =
            self.change;
        let users = self.users.map_or(String::new(), |users| users.to_string());
        let numbers = [before, after, difference, low, high, p, p_holm];
        [seeds.to_string(), users].into_iter().chain(numbers.map(|number| number.to_string()))
    }
}
