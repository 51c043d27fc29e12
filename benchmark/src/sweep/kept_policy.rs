//! A policy that a run left in the store, ready to score.

use std::sync::Arc;

use prefsweep_policy::{Policy, Weights};
use prefsweep_store::{
    CellFile, FINAL_WEIGHTS_FILE, Kind, PICKED_WEIGHTS_FILE, SPEC_FILE, Store, at,
};

use super::job::JobError;
use super::trainer::{WEIGHTS_FILE, read_data};
use crate::data::Prepared;
use crate::experiment::{CellSpec, ReferenceSpec};

/// Which of a run's weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// Those of the last evaluation.
    Final,
    /// Those of the evaluation with the best validation NDCG@10.
    Picked,
}

/// A trained policy and the data that it was trained on.
#[derive(Debug)]
pub struct KeptPolicy {
    /// The policy.
    pub policy: Arc<dyn Policy>,
    /// Its weights.
    pub weights: Weights,
    /// Its data.
    pub data: Prepared,
}

/// The policy that a run left; None if it kept none.
///
/// # Errors
/// When the entry, or the data it names, cannot be read.
pub fn kept_policy(
    store: &Store,
    kind: Kind,
    id: &str,
    kept: Kept,
) -> Result<Option<KeptPolicy>, JobError> {
    let entry = store.entry(kind, id);
    let path = entry.join(SPEC_FILE);
    let text = std::fs::read(&path).map_err(at(&path))?;
    let spec: Option<ReferenceSpec> = match kind {
        Kind::Cell => {
            serde_json::from_slice(&text).ok().map(|file: CellFile<CellSpec>| file.settings.start)
        }
        _ => serde_json::from_slice(&text).ok(),
    };
    // Of a run that was trained elsewhere.
    let Some(spec) = spec else { return Ok(None) };
    let file = match kept {
        Kept::Final => FINAL_WEIGHTS_FILE,
        Kept::Picked => PICKED_WEIGHTS_FILE,
    };
    let path = entry.join(if kind == Kind::Reference { WEIGHTS_FILE } else { file });
    if !path.is_file() {
        return Ok(None);
    }
    let data = read_data(store, &spec)?;
    let policy = spec.model.build(data.catalogue(&spec.model));
    let weights = if kind == Kind::Reference {
        Weights::read(policy.layout(), &path)?
    } else {
        Weights::read_safetensors(policy.layout(), &path)?
    };
    Ok(Some(KeptPolicy { policy, weights, data }))
}
