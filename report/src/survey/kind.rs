//! What an experiment varies, told from its verdicts alone.

use prefsweep_store::{LossKey, SeriesKey, is_within};

use crate::reading::Reading;
use crate::verdict::{Question, Verdicts, dynamic_po_base};

/// The setting that says how negatives are sampled.
const SAMPLER: &str = "preference.sampler";

/// What an experiment varies beside loss and K.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// Nothing: its data are what sets it apart.
    Datasets,
    /// Any axis but those of the negative sampler.
    Settings,
    /// Settings of its losses, DynamicPO aside.
    LossSettings,
    /// DynamicPO with settings of its own.
    Ablations,
    /// The negative sampler, or one of its settings.
    Samplers,
    /// Nothing, but it trains for so long that its largest K can be read at equal negatives.
    Budgets,
}

impl Kind {
    pub(super) const ALL: [Self; 6] = [
        Self::Datasets,
        Self::Settings,
        Self::LossSettings,
        Self::Ablations,
        Self::Samplers,
        Self::Budgets,
    ];

    pub(super) fn of(verdicts: &Verdicts) -> Self {
        let series = || verdicts.losses.iter().map(|loss| &loss.series);
        let mut axes = series().flat_map(|series| series.axes.keys()).peekable();
        if axes.peek().is_some() {
            let sampler = axes.any(|axis| is_within(axis, SAMPLER));
            return if sampler { Self::Samplers } else { Self::Settings };
        }
        let has = |wanted: fn(&LossKey) -> bool| series().any(|series| wanted(&series.loss));
        if has(|loss| dynamic_po_base(loss).is_some() && !loss.settings.is_empty()) {
            Self::Ablations
        } else if has(|loss| *loss != loss.family()) {
            Self::LossSettings
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
            Self::LossSettings => "settings of a loss",
            Self::Ablations => "DynamicPO ablations",
            Self::Samplers => "negative samplers",
            Self::Budgets => "long-run training",
        }
    }
}

fn long(verdicts: &Verdicts) -> bool {
    let largest = |series: &SeriesKey| {
        let loss = verdicts.losses.iter().find(|loss| loss.series == *series);
        loss.and_then(|loss| loss.largest_k)
    };
    let claims = verdicts.budgets.iter().flat_map(|budgets| &budgets.claims);
    claims
        .filter(|claim| {
            (claim.question, claim.reading) == (Question::MoreNegatives, Reading::EqualNegatives)
        })
        .any(|claim| largest(&claim.after.setting.series) == Some(claim.after.setting.negatives))
}
