//! Prepared datasets on disk.
//!
//! A folder holds `interactions.parquet` (columns `user`, `item`, sorted by user and time),
//! `preference.parquet` for synthetic data, `vectors.parquet` where items have dense vectors, and `dataset.json` with everything else, the hashes of
//! the other files and a hash of its own content. `dataset.json` is written last, so a folder with it
//! is complete. Files are written under a temporary name and renamed, so several processes can
//! prepare the same dataset at once.

use std::fs;
use std::path::Path;

use polars::prelude::*;
use prefsweep_parquet::Table;
use serde::{Deserialize, Serialize};

use crate::dataset::Dataset;
use crate::error::DataError;
use crate::features::ItemFeatures;
use crate::indices::Item;
use crate::json_words::json_words;
use crate::output::{parquet_bytes, replace_file};
use crate::preference::preference_bytes;
use crate::split::Cut;

/// Version of the folder's layout.
const FORMAT: u32 = 1;

/// The file that describes a stored dataset.
pub const METADATA_FILE: &str = "dataset.json";
const INTERACTIONS: &str = "interactions.parquet";
const PREFERENCE: &str = "preference.parquet";
const VECTORS: &str = "vectors.parquet";

/// `dataset.json`.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    format: u32,
    content: Content,
    /// BLAKE3 hash (hex) of `content` as compact JSON.
    content_hash: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Content {
    name: String,
    n_items: usize,
    user_ids: Vec<String>,
    item_ids: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    item_titles: Option<Vec<Option<String>>>,
    #[serde(default, skip_serializing_if = "ItemFeatures::are_none")]
    features: ItemFeatures,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cuts: Option<Vec<Cut>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    given_negatives: Option<Vec<Vec<Item>>>,
    rows_read: usize,
    rows_bad: usize,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    rows_bad_first: Vec<String>,
    rows_dropped: usize,
    fingerprint: String,
    interactions_hash: String,
    preference_hash: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    vectors_hash: Option<String>,
}

impl Dataset {
    /// Writes the dataset into the folder `dir`, which is created if it is missing.
    ///
    /// # Errors
    /// [`DataError::Write`] when a file cannot be written; [`DataError::Changed`] when the
    /// fingerprint is not that of the content.
    pub fn write(&self, dir: &Path) -> Result<(), DataError> {
        if self.fingerprint != self.content_fingerprint() {
            return Err(DataError::Changed { dataset: self.name.clone() });
        }
        fs::create_dir_all(dir).map_err(DataError::write(dir))?;
        let interactions = interactions_bytes(self)?;
        replace_file(&dir.join(INTERACTIONS), &interactions)?;
        let preference_hash = match &self.preference {
            None => None,
            Some(preference) => {
                let bytes = preference_bytes(self, preference)?;
                replace_file(&dir.join(PREFERENCE), &bytes)?;
                Some(hash(&bytes))
            }
        };
        let vectors_hash = match &self.features.dense {
            None => None,
            Some(vectors) => {
                let bytes = vectors_bytes(&vectors.values)?;
                replace_file(&dir.join(VECTORS), &bytes)?;
                Some(hash(&bytes))
            }
        };
        let content = Content {
            name: self.name.clone(),
            n_items: self.n_items,
            user_ids: self.user_ids.clone(),
            item_ids: self.item_ids.clone(),
            item_titles: self.item_titles.clone(),
            features: self.features.clone(),
            cuts: self.cuts.clone(),
            given_negatives: self.given_negatives.clone(),
            rows_read: self.rows_read,
            rows_bad: self.rows_bad,
            rows_bad_first: self.rows_bad_first.clone(),
            rows_dropped: self.rows_dropped,
            fingerprint: self.fingerprint.clone(),
            interactions_hash: hash(&interactions),
            preference_hash,
            vectors_hash,
        };
        write_metadata(&dir.join(METADATA_FILE), content)
    }

    /// Reads a dataset written by [`write`](Self::write); the two are equal.
    ///
    /// # Errors
    /// [`DataError::Read`] for a missing or unreadable file; [`DataError::Corrupt`] for one whose
    /// hash, format or content differs from what was written.
    pub fn read(dir: &Path) -> Result<Self, DataError> {
        let content = read_metadata(&dir.join(METADATA_FILE))?;
        let interactions = dir.join(INTERACTIONS);
        let bytes = read_checked(&interactions, &content.interactions_hash)?;
        let sequences = sequences_from(bytes, content.user_ids.len())
            .map_err(|cause| corrupt(&interactions, cause))?;
        let preference = match &content.preference_hash {
            None => None,
            Some(expected) => {
                let path = dir.join(PREFERENCE);
                let bytes = read_checked(&path, expected)?;
                Some(preference_from(bytes).map_err(|cause| corrupt(&path, cause))?)
            }
        };
        let mut features = content.features;
        if let (Some(vectors), Some(expected)) = (&mut features.dense, &content.vectors_hash) {
            let path = dir.join(VECTORS);
            let values = vectors_from(read_checked(&path, expected)?);
            vectors.values = values.map_err(|cause| corrupt(&path, cause))?;
            if vectors.values.len() != content.n_items * vectors.width {
                return Err(corrupt(&path, "it has vectors of another width or number of items"));
            }
        }
        let dataset = Self {
            name: content.name,
            n_items: content.n_items,
            sequences,
            user_ids: content.user_ids,
            item_ids: content.item_ids,
            item_titles: content.item_titles,
            features,
            cuts: content.cuts,
            given_negatives: content.given_negatives,
            rows_read: content.rows_read,
            rows_bad: content.rows_bad,
            rows_bad_first: content.rows_bad_first,
            rows_dropped: content.rows_dropped,
            preference,
            fingerprint: content.fingerprint,
        };
        if dataset.fingerprint != dataset.content_fingerprint() {
            return Err(corrupt(
                &interactions,
                "the fingerprint of its content differs from the stored one",
            ));
        }
        Ok(dataset)
    }
}

fn write_metadata(path: &Path, content: Content) -> Result<(), DataError> {
    let unwritable = |cause: serde_json::Error| DataError::write(path)(cause.into());
    let content_hash = content_hash(&content).map_err(unwritable)?;
    let stored = Stored { format: FORMAT, content, content_hash };
    replace_file(path, &serde_json::to_vec(&stored).map_err(unwritable)?)
}

fn read_metadata(path: &Path) -> Result<Content, DataError> {
    let bytes = fs::read(path).map_err(DataError::read(path))?;
    let stored: Stored =
        serde_json::from_slice(&bytes).map_err(|cause| corrupt(path, json_words(&cause)))?;
    if stored.format != FORMAT {
        return Err(corrupt(path, format!("found format {}, allowed is {FORMAT}", stored.format)));
    }
    let found = content_hash(&stored.content).map_err(|cause| corrupt(path, cause))?;
    if found != stored.content_hash {
        return Err(corrupt(path, "the hash of its content differs from the stored one"));
    }
    Ok(stored.content)
}

fn content_hash(content: &Content) -> serde_json::Result<String> {
    serde_json::to_vec(content).map(|bytes| hash(&bytes))
}

fn read_checked(path: &Path, expected: &str) -> Result<Vec<u8>, DataError> {
    let bytes = fs::read(path).map_err(DataError::read(path))?;
    if hash(&bytes) != expected {
        return Err(corrupt(path, "its hash differs from that of the file that was written"));
    }
    Ok(bytes)
}

fn hash(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex().to_string()
}

fn corrupt(path: &Path, reason: impl ToString) -> DataError {
    DataError::Corrupt { path: path.to_owned(), reason: reason.to_string() }
}

fn interactions_bytes(dataset: &Dataset) -> Result<Vec<u8>, DataError> {
    let mut users = Vec::with_capacity(dataset.n_interactions());
    for (user, sequence) in (0_u32..).zip(&dataset.sequences) {
        users.extend(std::iter::repeat_n(user, sequence.len()));
    }
    let items: Vec<Item> = dataset.sequences.iter().flatten().copied().collect();
    let table = df!["user" => users, "item" => items];
    table.and_then(parquet_bytes).map_err(DataError::table("encoding the interactions"))
}

fn sequences_from(bytes: Vec<u8>, n_users: usize) -> PolarsResult<Vec<Vec<Item>>> {
    let table = Table::new(bytes)?.read(None)?;
    let (users, items) = (table.column("user")?.u32()?, table.column("item")?.u32()?);
    let mut sequences = vec![Vec::new(); n_users];
    for (user, item) in users.iter().flatten().zip(items.iter().flatten()) {
        let sequence = sequences.get_mut(user as usize);
        sequence.ok_or_else(|| polars_err!(OutOfBounds: "user {user} of {n_users}"))?.push(item);
    }
    Ok(sequences)
}

fn vectors_bytes(values: &[f32]) -> Result<Vec<u8>, DataError> {
    let table = df!["value" => values];
    table.and_then(parquet_bytes).map_err(DataError::table("encoding the items' vectors"))
}

fn vectors_from(bytes: Vec<u8>) -> PolarsResult<Vec<f32>> {
    let table = Table::new(bytes)?.read(None)?;
    Ok(table.column("value")?.f32()?.iter().flatten().collect())
}

fn preference_from(bytes: Vec<u8>) -> PolarsResult<Vec<f32>> {
    let table = Table::new(bytes)?.read(None)?;
    Ok(table.column("preference")?.f32()?.iter().flatten().collect())
}
