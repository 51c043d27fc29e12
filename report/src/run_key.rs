//! What a run of an experiment is: a cell, or a reference that cells start from.

use std::collections::BTreeMap;

use prefsweep_store::{CellEntry, CellKey, ReferenceEntry, with_axes};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The name of a reference among losses; it has no K.
const REFERENCE: &str = "reference";

/// A run in typed form.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum RunKey {
    Cell(CellKey),
    Reference(ReferenceKey),
}

/// A reference.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReferenceKey {
    seed: u64,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    axes: BTreeMap<String, Value>,
}

impl RunKey {
    /// From the JSON that [`RunKey::json`] gives; a reference has no K.
    pub(crate) fn read(json: &str, negatives: Option<usize>) -> serde_json::Result<Self> {
        match negatives {
            Some(_) => serde_json::from_str(json).map(Self::Cell),
            None => serde_json::from_str(json).map(Self::Reference),
        }
    }

    pub(crate) fn json(&self) -> String {
        let json = match self {
            Self::Cell(key) => serde_json::to_string(key),
            Self::Reference(key) => serde_json::to_string(key),
        };
        json.expect("keys are plain data")
    }

    /// The loss alone.
    pub(crate) fn loss(&self) -> String {
        match self {
            Self::Cell(key) => key.loss.to_string(),
            Self::Reference(_) => REFERENCE.to_owned(),
        }
    }

    /// The loss with the values on the axes.
    pub(crate) fn label(&self) -> String {
        with_axes(&self.loss(), self.axes())
    }

    /// None for a reference.
    pub(crate) fn negatives(&self) -> Option<usize> {
        match self {
            Self::Cell(key) => Some(key.negatives),
            Self::Reference(_) => None,
        }
    }

    pub(crate) fn seed(&self) -> u64 {
        match self {
            Self::Cell(key) => key.seed,
            Self::Reference(key) => key.seed,
        }
    }

    pub(crate) fn axes(&self) -> &BTreeMap<String, Value> {
        match self {
            Self::Cell(key) => &key.axes,
            Self::Reference(key) => &key.axes,
        }
    }

    /// Whether they differ in their seeds at most.
    pub(crate) fn is_same_setting(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Cell(one), Self::Cell(other)) => {
                (&one.loss, one.negatives, &one.axes) == (&other.loss, other.negatives, &other.axes)
            }
            (Self::Reference(one), Self::Reference(other)) => one.axes == other.axes,
            _ => false,
        }
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
