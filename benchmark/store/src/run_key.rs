//! What a run of an experiment is: a cell, or a reference that cells start from.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::index::{CellEntry, ReferenceEntry};
use crate::key::CellKey;
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

    /// Whether they differ in their seeds at most.
    #[must_use]
    pub fn is_same_setting(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Cell(one), Self::Cell(other)) => {
                (&one.loss, one.negatives, &one.axes) == (&other.loss, other.negatives, &other.axes)
            }
            (Self::Reference(one), Self::Reference(other)) => one.axes == other.axes,
            _ => false,
        }
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
