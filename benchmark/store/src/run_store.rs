//! Where results lie, and how they get there without ever being half there.
//!
//! ```text
//! results/store/datasets/<fingerprint>/    prepared sequences
//! results/store/references/<id>/           spec.json, identity.txt, weights.bin, states.bin,
//!                                          training.csv, metrics.csv, ranks.parquet,
//!                                          lists.parquet, provenance.json
//! results/store/baselines/<id>/            spec.json, identity.txt, metrics.csv, ranks.parquet,
//!                                          lists.parquet, provenance.json
//! results/store/cells/<id>/                spec.json, identity.txt, trajectory.csv, metrics.csv,
//!                                          ranks.parquet, lists.parquet, provenance.json
//! results/store/sources/, prepared/        which files gave which dataset
//! results/store/drafts/                    what is being written
//! ```
//!
//! An entry is written as a draft and renamed into place; its last file is the completion marker,
//! which lists the hash of every other file. A run that is killed leaves a draft behind, never an
//! entry. Several processes, on several machines, may share a store: whoever renames first wins,
//! and the other's draft, which holds the same numbers, is dropped.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{fs, io};

use crate::files::MARKER_FILE;

/// Drafts older than this were left by a run that was killed.
const STALE: Duration = Duration::from_secs(24 * 60 * 60);

/// A file operation that failed.
#[derive(Debug, thiserror::Error)]
#[error("{}: {cause}", path.display())]
pub struct StoreError {
    /// The file or folder.
    pub path: PathBuf,
    /// What the system said.
    pub cause: io::Error,
}

/// Names the path in an I/O error: `fs::read(path).map_err(at(path))`.
pub fn at(path: &Path) -> impl FnOnce(io::Error) -> StoreError {
    let path = path.to_owned();
    move |cause| StoreError { path, cause }
}

/// A folder of entries named by content.
#[derive(Clone, Debug)]
pub struct Store {
    root: PathBuf,
}

/// The kinds of entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Prepared data.
    Dataset,
    /// A reference model.
    Reference,
    /// A baseline's ranks.
    Baseline,
    /// A cell of a sweep.
    Cell,
}

impl Kind {
    fn folder(self) -> &'static str {
        match self {
            Self::Dataset => "datasets",
            Self::Reference => "references",
            Self::Baseline => "baselines",
            Self::Cell => "cells",
        }
    }
}

impl Store {
    /// Opens (or makes) the store at `root`, and drops drafts that were left there long ago.
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub fn open(root: &Path) -> Result<Self, StoreError> {
        let store = Self { root: root.to_owned() };
        let drafts = store.root.join("drafts");
        fs::create_dir_all(&drafts).map_err(at(&drafts))?;
        for entry in fs::read_dir(&drafts).map_err(at(&drafts))?.flatten() {
            let age = entry.metadata().and_then(|data| data.modified()).map(|time| time.elapsed());
            if matches!(age, Ok(Ok(age)) if age > STALE) {
                // Another process may be dropping it too.
                let _ = fs::remove_dir_all(entry.path());
            }
        }
        Ok(store)
    }

    /// The store's folder.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Where the entry lies, complete or not.
    #[must_use]
    pub fn entry(&self, kind: Kind, id: &str) -> PathBuf {
        self.root.join(kind.folder()).join(id)
    }

    /// Whether the entry is complete.
    #[must_use]
    pub fn is_complete(&self, kind: Kind, id: &str) -> bool {
        self.entry(kind, id).join(MARKER_FILE).is_file()
    }

    /// Takes an entry out of the store, so that it will be made again. It lies among the drafts for
    /// a day, from where it can be moved back.
    ///
    /// # Errors
    /// When the folder cannot be moved.
    pub fn retire(&self, kind: Kind, id: &str) -> Result<(), StoreError> {
        let entry = self.entry(kind, id);
        let place = tempfile::Builder::new()
            .prefix(&format!("retired-{id}-"))
            .tempdir_in(self.root.join("drafts"))
            .map_err(at(&entry))?
            .keep();
        fs::rename(&entry, place.join(kind.folder())).map_err(at(&entry))
    }

    /// Starts an entry.
    ///
    /// # Errors
    /// When the draft's folder cannot be made.
    pub fn draft(&self, kind: Kind, id: &str) -> Result<Draft, StoreError> {
        let drafts = self.root.join("drafts");
        let dir = tempfile::Builder::new()
            .prefix(&format!("{id}-"))
            .tempdir_in(&drafts)
            .map_err(at(&drafts))?;
        Ok(Draft { dir, target: self.entry(kind, id) })
    }
}

/// An entry being written; dropped without [`Draft::publish`], it disappears.
#[derive(Debug)]
pub struct Draft {
    dir: tempfile::TempDir,
    target: PathBuf,
}

impl Draft {
    /// The path of a file of the draft.
    #[must_use]
    pub fn file(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// The draft's folder.
    #[must_use]
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// Writes the completion marker and moves the draft into place.
    ///
    /// # Errors
    /// When a file cannot be read, or the folder cannot be moved.
    pub fn publish(self) -> Result<(), StoreError> {
        let mut hashes = BTreeMap::new();
        for entry in fs::read_dir(self.dir()).map_err(at(self.dir()))? {
            let path = entry.map_err(at(self.dir()))?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let bytes = fs::read(&path).map_err(at(&path))?;
            hashes.insert(name, blake3::hash(&bytes).to_hex().to_string());
        }
        let marker = self.file(MARKER_FILE);
        let text = serde_json::to_string_pretty(&hashes).expect("hashes are plain data");
        fs::write(&marker, text).map_err(at(&marker))?;
        let parent = self.target.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(parent).map_err(at(parent))?;
        // What lies there without a marker was not written by a publish.
        if self.target.exists() && !self.target.join(MARKER_FILE).is_file() {
            fs::remove_dir_all(&self.target).map_err(at(&self.target))?;
        }
        match fs::rename(self.dir(), &self.target) {
            Ok(()) => {
                // Its folder has moved, so there is nothing left to remove.
                let _ = self.dir.keep();
                Ok(())
            }
            // Somebody else was first, with the same numbers.
            Err(_) if self.target.join(MARKER_FILE).is_file() => Ok(()),
            Err(error) => Err(at(&self.target)(error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_appears_whole_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let draft = store.draft(Kind::Cell, "abc").unwrap();
        fs::write(draft.file("metrics.csv"), "x").unwrap();
        assert!(!store.is_complete(Kind::Cell, "abc"));
        let left = draft.dir().to_owned();
        drop(draft);
        assert!(!left.exists(), "a dropped draft leaves nothing");

        let draft = store.draft(Kind::Cell, "abc").unwrap();
        fs::write(draft.file("metrics.csv"), "x").unwrap();
        draft.publish().unwrap();
        assert!(store.is_complete(Kind::Cell, "abc"));
        assert_eq!(fs::read_dir(folder.path().join("drafts")).unwrap().count(), 0);
    }

    #[test]
    fn the_first_of_two_writers_wins() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let drafts = [(); 2].map(|()| store.draft(Kind::Cell, "abc").unwrap());
        for (index, draft) in drafts.into_iter().enumerate() {
            fs::write(draft.file("metrics.csv"), index.to_string()).unwrap();
            draft.publish().unwrap();
        }
        let kept = fs::read_to_string(store.entry(Kind::Cell, "abc").join("metrics.csv")).unwrap();
        assert_eq!(kept, "0");
    }

    #[test]
    fn a_retired_entry_is_made_again() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let draft = store.draft(Kind::Cell, "abc").unwrap();
        fs::write(draft.file("metrics.csv"), "old").unwrap();
        draft.publish().unwrap();
        store.retire(Kind::Cell, "abc").unwrap();
        assert!(!store.is_complete(Kind::Cell, "abc"));
        let draft = store.draft(Kind::Cell, "abc").unwrap();
        fs::write(draft.file("metrics.csv"), "new").unwrap();
        draft.publish().unwrap();
        let now = fs::read_to_string(store.entry(Kind::Cell, "abc").join("metrics.csv")).unwrap();
        assert_eq!(now, "new");
    }

    #[test]
    fn a_folder_without_a_marker_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        fs::create_dir_all(store.entry(Kind::Cell, "abc")).unwrap();
        store.draft(Kind::Cell, "abc").unwrap().publish().unwrap();
        assert!(store.is_complete(Kind::Cell, "abc"));
    }
}
