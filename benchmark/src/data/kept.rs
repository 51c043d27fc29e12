//! Prepared datasets in the run store.

use std::path::PathBuf;

use prefsweep_datasets::{DataError, Dataset};
use prefsweep_store::{Kind, Store, StoreError};

/// Why prepared data cannot be had.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "each variant is the error it holds")]
pub enum ObtainError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Data(#[from] DataError),
}

/// Where a prepared dataset lies in the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Its folder.
    pub folder: PathBuf,
    /// Whether it was there before.
    pub was_there: bool,
}

/// Writes a prepared dataset to the store, unless it is there.
///
/// # Errors
/// When the store cannot be written.
pub fn keep_data(store: &Store, dataset: &Dataset) -> Result<Kept, ObtainError> {
    keep_as(store, dataset, &dataset.fingerprint)
}

/// The same under the fingerprint of data with titles or features, for policies that read these: data of the same
/// sequences may have others.
///
/// # Errors
/// When the store cannot be written.
pub fn keep_as(store: &Store, dataset: &Dataset, fingerprint: &str) -> Result<Kept, ObtainError> {
    let id = data_id(fingerprint);
    let folder = store.entry(Kind::Dataset, id);
    let was_there = store.is_complete(Kind::Dataset, id);
    if !was_there {
        let draft = store.draft(Kind::Dataset, id)?;
        dataset.write(draft.dir())?;
        draft.publish()?;
    }
    Ok(Kept { folder, was_there })
}

/// The name of a dataset's entry: the start of its fingerprint.
#[must_use]
pub fn data_id(fingerprint: &str) -> &str {
    &fingerprint[..16.min(fingerprint.len())]
}
