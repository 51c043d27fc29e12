//! Which run a row belongs to.

use std::collections::BTreeMap;

use prefsweep_store::{CellKey, with_axes};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::losses::REFERENCE;

/// A run, or what runs start from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Key {
    Reference(ReferenceKey),
    Cell(CellKey),
}

/// A reference; it has no K.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ReferenceKey {
    pub(super) seed: u64,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) axes: BTreeMap<String, Value>,
}

impl Key {
    /// From the JSON of an export.
    pub(super) fn read(json: &str, is_cell: bool) -> Option<Self> {
        match is_cell {
            true => serde_json::from_str(json).ok().map(Self::Cell),
            false => serde_json::from_str(json).ok().map(Self::Reference),
        }
    }

    pub(super) fn json(&self) -> String {
        let json = match self {
            Self::Reference(key) => serde_json::to_string(key),
            Self::Cell(key) => serde_json::to_string(key),
        };
        json.expect("keys are plain data")
    }
}

impl std::fmt::Display for Key {
    /// As messages name it: `dmpo, K = 20, seed 1`.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Reference(ReferenceKey { seed, axes }) => {
                write!(formatter, "{}, seed {seed}", with_axes(REFERENCE, axes))
            }
            Self::Cell(key) => key.fmt(formatter),
        }
    }
}

impl ReferenceKey {
    /// Whether a cell started from it: of its seed, and of its values on the axes that it depends on.
    pub(super) fn is_start_of(&self, cell: &CellKey) -> bool {
        self.seed == cell.seed
            && self.axes.iter().all(|(axis, value)| cell.axes.get(axis) == Some(value))
    }
}
