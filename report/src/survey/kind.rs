//! What an experiment varies, told from its verdicts alone.

use crate::verdict::{Budget, Question, Verdicts};

/// What an experiment varies beside loss and K.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// Nothing: its data are what sets it apart.
    Datasets,
    /// Any axis but the sampler of negatives.
    Settings,
    /// DynamicPO with settings of its own.
    Parts,
    /// The sampler of negatives.
    Samplers,
    /// Nothing, but it trains for so long that its largest K can be read at equal negatives.
    Budgets,
}

impl Kind {
    pub(super) const ALL: [Self; 5] =
        [Self::Datasets, Self::Settings, Self::Parts, Self::Samplers, Self::Budgets];

    pub(super) fn of(verdicts: &Verdicts) -> Self {
        let labels = || verdicts.losses.iter().map(|loss| split(&loss.label));
        let has = |wanted: fn(&str) -> bool| {
            labels().any(|(_, axes)| axes.is_some_and(|axes| axes.split(", ").any(wanted)))
        };
        if has(|axis| axis.starts_with("sampler=")) {
            Self::Samplers
        } else if has(|_| true) {
            Self::Settings
        } else if labels().any(|(loss, _)| loss.contains(", ")) {
            Self::Parts
        } else if long(verdicts) {
            Self::Budgets
        } else {
            Self::Datasets
        }
    }

    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Datasets => "datasets",
            Self::Settings => "settings",
            Self::Parts => "parts of DynamicPO",
            Self::Samplers => "samplers of negatives",
            Self::Budgets => "long trainings",
        }
    }
}

fn long(verdicts: &Verdicts) -> bool {
    let largest = |label: &str| {
        let loss = verdicts.losses.iter().find(|loss| loss.label == label);
        loss.and_then(|loss| loss.largest_k)
    };
    let claims = verdicts.budgets.iter().flat_map(|budgets| &budgets.claims);
    claims
        .filter(|claim| {
            (claim.question, claim.budget) == (Question::MoreNegatives, Budget::Negatives)
        })
        .any(|claim| largest(&claim.after.setting.label) == Some(claim.after.setting.negatives))
}

/// A label as loss and axes: at the first comma outside brackets.
pub(super) fn split(label: &str) -> (&str, Option<&str>) {
    let mut depth = 0;
    for (at, character) in label.char_indices() {
        match character {
            '(' => depth += 1,
            ')' => depth -= 1,
            ',' if depth == 0 => return (&label[..at], Some(label[at + 1..].trim_start())),
            _ => {}
        }
    }
    (label, None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_begin_outside_brackets() {
        assert_eq!(split("dmpo"), ("dmpo", None));
        assert_eq!(split("dmpo, beta=1, c=2"), ("dmpo", Some("beta=1, c=2")));
        let label = "dynamic_po(dmpo, c=1), sampler=popularity(0.5)";
        assert_eq!(split(label), ("dynamic_po(dmpo, c=1)", Some("sampler=popularity(0.5)")));
    }
}
