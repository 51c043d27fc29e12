//! What a worker is asked to do.

use std::collections::BTreeMap;

use prefsweep_datasets::DataError;
use prefsweep_policy::WeightsError;
use prefsweep_store::{Kind, StoreError};
use serde::{Deserialize, Serialize};

use crate::experiment::{BaselineSpec, CellSpec, ReferenceSpec};
use crate::training::NotFinite;

/// A specification with the id that the planner gave it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Named<S> {
    /// The id.
    pub id: String,
    /// What it names.
    pub spec: S,
}

/// What a worker is asked to do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Job {
    /// Train a reference model.
    Reference(Box<Named<ReferenceSpec>>),
    /// Compute a baseline.
    Baseline(Box<Named<BaselineSpec>>),
    /// Train a cell, or several that can be trained together, from a reference that is complete.
    Cells(Vec<Named<CellSpec>>),
}

/// Why a run has no result.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "each variant is the error it holds")]
pub enum JobError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Data(#[from] DataError),
    #[error(transparent)]
    Weights(#[from] WeightsError),
    #[error(transparent)]
    NotFinite(#[from] NotFinite),
    #[error(
        "{0}: the data in the store are not those of the plan; remove the folder and run again"
    )]
    OtherData(String),
    /// The specification reached the worker as another.
    #[error(
        "the plan names this run {planned}, but its settings as the worker received them are those \
         of {received}; nothing was trained, please report it"
    )]
    OtherIdentity {
        /// The planner's id.
        planned: String,
        /// The id of what was received.
        received: String,
    },
    #[error("this program knows no baseline {0}")]
    UnknownBaseline(String),
    /// Some cells trained together have no result: why, by their ids.
    #[error("{} of the cells trained together failed", .0.len())]
    Some(BTreeMap<String, String>),
}

impl Job {
    /// The kind of its entries.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Self::Reference(_) => Kind::Reference,
            Self::Baseline(_) => Kind::Baseline,
            Self::Cells(_) => Kind::Cell,
        }
    }

    /// The ids of its entries.
    #[must_use]
    pub fn ids(&self) -> Vec<&str> {
        match self {
            Self::Reference(named) => vec![&named.id],
            Self::Baseline(named) => vec![&named.id],
            Self::Cells(cells) => cells.iter().map(|cell| cell.id.as_str()).collect(),
        }
    }

    /// Whether it trains a reference.
    #[must_use]
    pub fn is_reference(&self) -> bool {
        matches!(self, Self::Reference(_))
    }

    /// The id of the reference that must be complete before it; None where it needs none.
    #[must_use]
    pub fn starts_from(&self) -> Option<&str> {
        match self {
            Self::Reference(_) | Self::Baseline(_) => None,
            Self::Cells(cells) => cells.first().map(|cell| cell.spec.start_id.as_str()),
        }
    }

    /// Whether the ids are those of the specifications.
    ///
    /// # Errors
    /// [`JobError::OtherIdentity`] for the first that is not.
    pub fn check(&self) -> Result<(), JobError> {
        let same = |planned: &str, received: String| {
            if planned == received {
                return Ok(());
            }
            Err(JobError::OtherIdentity { planned: planned.to_owned(), received })
        };
        match self {
            Self::Reference(named) => same(&named.id, named.spec.identity().id()),
            Self::Baseline(named) => same(&named.id, named.spec.identity().id()),
            Self::Cells(cells) => cells.iter().try_for_each(|cell| {
                same(&cell.spec.start_id, cell.spec.start.identity().id())?;
                same(&cell.id, cell.spec.identity().id())
            }),
        }
    }
}
