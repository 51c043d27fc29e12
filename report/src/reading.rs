//! Where a cell is read for a comparison.

use serde::{Deserialize, Serialize};

/// Stands behind a value that rests on the straight line from the start (step 0, the reference) to the
/// first evaluation after it, wherever such a value is shown.
pub(crate) const FROM_START: &str = "†";
/// What [`FROM_START`] means, below what has it.
pub(crate) const FROM_START_NOTE: &str = "† interpolated on the straight line from the reference \
    (step 0) to the first evaluation after it, in at least one run; evaluate more often early in \
    training to replace it.";

/// [`FROM_START`] behind a value that rests on that line, nothing behind another.
pub(crate) fn start_mark(from_start: bool) -> &'static str {
    if from_start { FROM_START } else { "" }
}

/// Where both sides of a comparison are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reading {
    /// At the last evaluation.
    End,
    /// Where both first are equally far from their reference.
    EqualDivergence,
    /// Each at the evaluation with its best validation measure; the first of equals.
    Selected,
    /// Each at the evaluation with its lowest validation loss, as preference trainers select; the
    /// first of equals.
    SelectedByLoss,
    /// After the same number of optimiser steps.
    EqualSteps,
    /// After the same number of negatives scored in training: K in every position of every step.
    EqualNegatives,
    /// After the same seconds, at the measured seconds per step of each side.
    EqualTime,
    /// At the last evaluation of the setting that is best on validation.
    Tuned,
}

impl Reading {
    /// All, in the order of the report.
    pub const ALL: [Self; 8] = [
        Self::End,
        Self::EqualDivergence,
        Self::Selected,
        Self::SelectedByLoss,
        Self::EqualSteps,
        Self::EqualNegatives,
        Self::EqualTime,
        Self::Tuned,
    ];
    /// Those under which every claim is tested, as far as the results allow.
    pub const CLAIMS: [Self; 4] =
        [Self::End, Self::EqualDivergence, Self::Selected, Self::SelectedByLoss];
    /// Those with a budget that both sides use up.
    pub const BUDGETS: [Self; 3] = [Self::EqualSteps, Self::EqualNegatives, Self::EqualTime];

    /// As the name of a row or a column.
    pub fn title(self) -> &'static str {
        match self {
            Self::End => "end of training",
            Self::EqualDivergence => "matched KL",
            Self::Selected => "validation-selected checkpoint",
            Self::SelectedByLoss => "checkpoint selected by validation loss",
            Self::EqualSteps => "equal steps",
            Self::EqualNegatives => "equal negatives",
            Self::EqualTime => "equal time",
            Self::Tuned => "tuned settings",
        }
    }

    /// As part of a sentence.
    pub fn when(self) -> &'static str {
        match self {
            Self::End => "at the end of training",
            Self::EqualDivergence => "at matched KL to the reference",
            Self::Selected => "at the validation-selected checkpoint",
            Self::SelectedByLoss => "at the checkpoint selected by validation loss",
            Self::EqualSteps => "at equal steps",
            Self::EqualNegatives => "at equal negatives",
            Self::EqualTime => "at equal time",
            Self::Tuned => "with tuned settings",
        }
    }
}
