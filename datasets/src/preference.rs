//! The true preference of synthetic data as a table.

use std::path::Path;

use polars::prelude::*;

use crate::dataset::Dataset;
use crate::error::DataError;
use crate::output::{parquet_bytes, replace_file};

/// Writes the true preference as Parquet with the columns `user` (u32), `item` (u32) and
/// `preference` (f32), one row per pair, sorted by user and item.
///
/// # Errors
/// [`DataError::NoPreference`] for data that are not synthetic; a file that cannot be written.
pub fn export_preference(dataset: &Dataset, path: &Path) -> Result<(), DataError> {
    let Some(preference) = &dataset.preference else {
        return Err(DataError::NoPreference { dataset: dataset.name.clone() });
    };
    replace_file(path, &preference_bytes(dataset, preference)?)
}

/// The Parquet file of the true preference.
pub(crate) fn preference_bytes(
    dataset: &Dataset,
    preference: &[f32],
) -> Result<Vec<u8>, DataError> {
    let (n_users, n_items) = (dataset.n_users() as u32, dataset.n_items as u32);
    let users: Vec<u32> =
        (0..n_users).flat_map(|user| std::iter::repeat_n(user, dataset.n_items)).collect();
    let items: Vec<u32> = (0..n_users).flat_map(|_| 0..n_items).collect();
    let table = df!["user" => users, "item" => items, "preference" => preference];
    table.and_then(parquet_bytes).map_err(DataError::table("encoding the true preference"))
}
