//! How far a conclusion carries.

use super::conclusions::{Conclusion, Finding, Outcome};
use crate::reading::Reading;

/// How often something is shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Count {
    pub(super) shown: usize,
    pub(super) opposite: usize,
    pub(super) all: usize,
}

impl Count {
    pub(super) fn of<'f, 'a: 'f>(
        conclusion: &Conclusion,
        findings: impl IntoIterator<Item = &'f Finding<'a>>,
    ) -> Self {
        let mut count = Self::default();
        for finding in findings {
            let outcome = conclusion.outcome(finding);
            count.shown += usize::from(outcome == Outcome::Shown);
            count.opposite += usize::from(outcome == Outcome::Opposite);
            count.all += 1;
        }
        count
    }
}

/// How far a conclusion carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Standing {
    /// Shown wherever and however it is read.
    Everything,
    /// Significant in every setting at the end of training, not in every analysis.
    EveryEnd,
    /// Shown somewhere at the end of training, the opposite nowhere.
    Part,
    /// Shown under other readings alone, the opposite nowhere.
    Otherwise,
    /// Shown somewhere, and somewhere the opposite.
    Both,
    /// The opposite alone.
    Opposite,
    /// Neither.
    Nowhere,
}

impl Standing {
    pub(super) const ALL: [Self; 7] = [
        Self::Everything,
        Self::EveryEnd,
        Self::Part,
        Self::Otherwise,
        Self::Both,
        Self::Opposite,
        Self::Nowhere,
    ];

    pub(super) fn of(conclusion: &Conclusion, findings: &[Finding<'_>]) -> Self {
        let all = Count::of(conclusion, findings);
        let at_end = findings.iter().filter(|finding| finding.reading == Reading::End);
        let end = Count::of(conclusion, at_end);
        match (all.shown, all.opposite) {
            (0, 0) => Self::Nowhere,
            (0, _) => Self::Opposite,
            (_, 1..) => Self::Both,
            (shown, 0) if shown == all.all => Self::Everything,
            _ if end.all > 0 && end.shown == end.all => Self::EveryEnd,
            _ if end.shown > 0 => Self::Part,
            _ => Self::Otherwise,
        }
    }

    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Everything => "Holds in every setting and analysis",
            Self::EveryEnd => {
                "Significant in every setting at the end of training, not in every analysis"
            }
            Self::Part => "Significant in some settings",
            Self::Otherwise => "Not significant at the end of training, only in other analyses",
            Self::Both => "Significant in some settings, the opposite in others",
            Self::Opposite => "Never significant, the opposite in some settings",
            Self::Nowhere => "Never significant",
        }
    }
}
