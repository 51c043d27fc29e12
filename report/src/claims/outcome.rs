//! From differences to what may be said of a claim.

use serde::Serialize;

use super::claim::{Combine, Expected};
use crate::numbers::NOTHING;
use crate::verdict::Change;

/// What a comparison says of a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Bearing {
    Supports,
    Contradicts,
    Unclear,
}

/// What can be said of a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Outcome {
    Holds,
    DoesNotHold,
    Inconclusive,
    NotTestable,
}

impl Bearing {
    /// Significant in the expected direction, by however little: support. Significant the other way, or
    /// equivalent (the interval holds zero and lies within the margin): contradiction. That something is
    /// not higher is contradicted by a significant rise beyond the margin; a smaller one is unclear. A limit in
    /// percent is kept, or broken, if the whole interval lies on that side of it. What is equal under every seed and for
    /// every user says nothing: both sides are the same policy, such as the reference where validation selects step 0.
    pub(super) fn of(expected: Expected, found: &Change, margin: Option<f64>, alpha: f64) -> Self {
        let (low, high) = found.interval;
        let within = margin.is_some_and(|margin| low > -margin && high < margin);
        let equivalent = within && found.holds_zero();
        let (falls, rises) = (found.falls(alpha), found.rises(alpha));
        let (supports, contradicts) = match expected {
            Expected::Lower => (falls, rises || equivalent),
            Expected::Higher => (rises, falls || equivalent),
            Expected::NotHigher => (
                falls || equivalent,
                rises && margin.is_none_or(|margin| found.difference > margin),
            ),
            Expected::Under(percent) => {
                let limit = percent / 100.0 * found.before;
                (high < limit, low > limit)
            }
        };
        match (supports, contradicts) {
            _ if (low, high) == (0.0, 0.0) => Self::Unclear,
            (true, _) => Self::Supports,
            (_, true) => Self::Contradicts,
            _ => Self::Unclear,
        }
    }

    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Supports => "supports",
            Self::Contradicts => "contradicts",
            Self::Unclear => "unclear",
        }
    }
}

impl Outcome {
    pub(super) const ALL: [Self; 4] =
        [Self::Holds, Self::DoesNotHold, Self::Inconclusive, Self::NotTestable];

    /// From what each comparison says, in the order of the claim; none for one that was not made.
    pub(super) fn of(combine: Combine, bearings: &[Option<Bearing>]) -> Self {
        let made: Vec<Bearing> = bearings.iter().copied().flatten().collect();
        let complete = made.len() == bearings.len();
        let all = |wanted: Bearing| made.iter().all(|bearing| *bearing == wanted);
        let any = |wanted: Bearing| made.contains(&wanted);
        match combine {
            _ if made.is_empty() => Self::NotTestable,
            Combine::All if !complete => Self::NotTestable,
            Combine::All if any(Bearing::Contradicts) => Self::DoesNotHold,
            Combine::All if all(Bearing::Supports) => Self::Holds,
            Combine::Any if any(Bearing::Supports) => Self::Holds,
            // One that was not made might have.
            Combine::Any if complete && all(Bearing::Contradicts) => Self::DoesNotHold,
            _ => Self::Inconclusive,
        }
    }

    /// What several experiments on one dataset say together: the clear ones have to agree.
    pub(super) fn agreed(outcomes: impl IntoIterator<Item = Self>) -> Self {
        let tested = outcomes.into_iter().filter(|outcome| *outcome != Self::NotTestable);
        let (mut holds, mut fails, mut any) = (false, false, false);
        for outcome in tested {
            any = true;
            holds |= outcome == Self::Holds;
            fails |= outcome == Self::DoesNotHold;
        }
        match (any, holds, fails) {
            (false, ..) => Self::NotTestable,
            (_, true, false) => Self::Holds,
            (_, false, true) => Self::DoesNotHold,
            _ => Self::Inconclusive,
        }
    }

    /// For a matrix; [`Outcome::word`] says what it means.
    pub(super) fn sign(self) -> &'static str {
        match self {
            Self::Holds => "✓",
            Self::DoesNotHold => "✗",
            Self::Inconclusive => "?",
            Self::NotTestable => NOTHING,
        }
    }

    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Holds => "holds",
            Self::DoesNotHold => "does not hold",
            Self::Inconclusive => "inconclusive",
            Self::NotTestable => "not testable here",
        }
    }
}
