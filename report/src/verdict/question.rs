//! The claims of the literature that are tested, and what they are about.

use prefsweep_store::{LossKey, SeriesKey};
use serde::{Deserialize, Serialize};

/// The modifier that is claimed to fix the collapse of its base loss.
const DYNAMIC_PO: &str = "dynamic_po";

/// The supervised control: the reference's own training continued, one run whatever K.
pub(crate) const CONTROL: &str = "sft";

/// Which claim of the literature is tested.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Question {
    /// Ranking at the largest K is lower than at K* (at the smallest K, where K* is the largest).
    MoreNegatives,
    /// DynamicPO ranks higher than its base loss, at the largest K of both.
    DynamicPo,
    /// A loss at its largest K ranks higher than the supervised control.
    AboveControl,
}

impl Question {
    /// All, in the order of the report.
    pub const ALL: [Self; 3] = [Self::MoreNegatives, Self::DynamicPo, Self::AboveControl];

    /// As a question.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::MoreNegatives => "Do more negatives hurt?",
            Self::DynamicPo => "Does DynamicPO fix it?",
            Self::AboveControl => "Better than continued supervised training?",
        }
    }
}

/// The base loss of DynamicPO; none for any other loss.
pub(crate) fn dynamic_po_base(loss: &LossKey) -> Option<&LossKey> {
    loss.base.as_deref().filter(|_| loss.name == DYNAMIC_PO)
}

/// Whether a loss is the supervised control, in which nothing depends on K.
pub(super) fn is_control(loss: &LossKey) -> bool {
    loss.name == CONTROL
}

/// Whether a series is the supervised control of another: with the same values on the axes.
pub(super) fn is_control_of(control: &SeriesKey, of: &SeriesKey) -> bool {
    is_control(&control.loss) && control.axes == of.axes
}

/// A series at a number of negatives.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Setting {
    /// The loss and the values on the other axes.
    pub series: SeriesKey,
    /// The series as people read it.
    pub label: String,
    /// Number of negatives.
    pub negatives: usize,
}

impl Setting {
    /// With its label.
    pub fn new(series: SeriesKey, negatives: usize) -> Self {
        Self { label: series.to_string(), series, negatives }
    }
}
