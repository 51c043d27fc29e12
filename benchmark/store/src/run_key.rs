//! What a run of an experiment is: a cell, or a reference that cells start from.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::index::{CellEntry, ReferenceEntry};
use crate::key::{CellKey, compare_values};
use crate::label::with_axes;

/// The name of a reference among losses; it has no K.
pub const REFERENCE: &str = "reference";

/// A run in typed form.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum RunKey {
    /// A cell of the sweep.
    Cell(CellKey),
    /// What cells start from.
    Reference(ReferenceKey),
}

/// A reference.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReferenceKey {
    /// Seed of the run.
    pub seed: u64,
    /// The swept settings that it depends on, by dotted key; often empty.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub axes: BTreeMap<String, Value>,
}

impl RunKey {
    /// From the JSON that [`RunKey::json`] gives, of a cell or of a reference.
    ///
    /// # Errors
    /// When it is no such JSON.
    pub fn read(json: &str, is_cell: bool) -> serde_json::Result<Self> {
        match is_cell {
            true => serde_json::from_str(json).map(Self::Cell),
            false => serde_json::from_str(json).map(Self::Reference),
        }
    }

    /// As JSON.
    ///
    /// # Panics
    /// Never: keys are plain data.
    #[must_use]
    pub fn json(&self) -> String {
        let json = match self {
            Self::Cell(key) => serde_json::to_string(key),
            Self::Reference(key) => serde_json::to_string(key),
        };
        json.expect("keys are plain data")
    }

    /// The loss alone.
    #[must_use]
    pub fn loss(&self) -> String {
        match self {
            Self::Cell(key) => key.loss.to_string(),
            Self::Reference(_) => REFERENCE.to_owned(),
        }
    }

    /// The loss with the values on the axes.
    #[must_use]
    pub fn label(&self) -> String {
        with_axes(&self.loss(), self.axes())
    }

    /// K; None for a reference.
    #[must_use]
    pub fn negatives(&self) -> Option<usize> {
        match self {
            Self::Cell(key) => Some(key.negatives),
            Self::Reference(_) => None,
        }
    }

    /// Seed of the run.
    #[must_use]
    pub fn seed(&self) -> u64 {
        match self {
            Self::Cell(key) => key.seed,
            Self::Reference(key) => key.seed,
        }
    }

    /// The swept settings by dotted key.
    #[must_use]
    pub fn axes(&self) -> &BTreeMap<String, Value> {
        match self {
            Self::Cell(key) => &key.axes,
            Self::Reference(key) => &key.axes,
        }
    }

    /// Whether they differ in their seeds at most, however numbers on axes are written: a table that is imported may
    /// say 1 where a setting is 1.0.
    #[must_use]
    pub fn is_same_setting(&self, other: &Self) -> bool {
        let is_same = match (self, other) {
            (Self::Cell(one), Self::Cell(other)) => {
                (&one.loss, one.negatives) == (&other.loss, other.negatives)
            }
            (Self::Reference(_), Self::Reference(_)) => true,
            _ => false,
        };
        let mut values = self.axes().values().zip(other.axes().values());
        is_same
            && self.axes().keys().eq(other.axes().keys())
            && values.all(|(one, other)| compare_values(one, other).is_eq())
    }
}

impl fmt::Display for RunKey {
    /// As messages name it: `dmpo, K = 20, seed 1`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cell(key) => key.fmt(formatter),
            Self::Reference(key) => write!(formatter, "{}, seed {}", self.label(), key.seed),
        }
    }
}

impl ReferenceKey {
    /// Whether a cell started from it: of its seed, and of its values on the axes that it depends on.
    #[must_use]
    pub fn is_start_of(&self, cell: &CellKey) -> bool {
        self.seed == cell.seed
            && self.axes.iter().all(|(axis, value)| cell.axes.get(axis) == Some(value))
    }
}

impl From<&CellEntry> for RunKey {
    fn from(entry: &CellEntry) -> Self {
        Self::Cell(entry.key.clone())
    }
}

impl From<&ReferenceEntry> for RunKey {
    fn from(entry: &ReferenceEntry) -> Self {
        Self::Reference(ReferenceKey { seed: entry.seed, axes: entry.axes.clone() })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::key::LossKey;

    fn cell(axes: Value) -> RunKey {
        let axes = serde_json::from_value(axes).unwrap();
        RunKey::Cell(CellKey { loss: LossKey::new("dpo"), negatives: 3, seed: 1, axes })
    }

    #[test]
    fn a_number_is_the_same_however_it_is_written() {
        let whole = cell(json!({"preference.beta": 1, "preference.sampler": "hard"}));
        for (axes, is_same) in [
            (json!({"preference.beta": 1.0, "preference.sampler": "hard"}), true),
            (json!({"preference.beta": 1.5, "preference.sampler": "hard"}), false),
            (json!({"preference.beta": 1.0, "preference.sampler": "uniform"}), false),
            (json!({"preference.beta": 1.0}), false),
            (json!({"preference.steps": 1, "preference.sampler": "hard"}), false),
        ] {
            assert_eq!(whole.is_same_setting(&cell(axes.clone())), is_same, "{axes}");
        }
        let reference = RunKey::Reference(ReferenceKey { seed: 1, axes: whole.axes().clone() });
        assert!(!whole.is_same_setting(&reference));
    }
}
