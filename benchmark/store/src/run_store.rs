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
//! results/store/checkpoints/<kind>-<id>/   what an unfinished run goes on from
//! ```
//!
//! An entry is written as a draft and renamed into place; its last file is the completion marker,
//! which lists the hash and the size of every other file. All of it is on the disk before it is renamed, and
//! the name before `publish` returns, so that an entry is whole after a loss of power. A run that is killed
//! leaves a draft behind, never an entry; it is dropped by the next that sees its owner gone. Several processes, on several machines, may share a store: whoever
//! renames first wins, and the other's draft, which holds the same numbers, is dropped.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Serialize;

use crate::error::{StoreError, at};
use crate::file_hash::file_hash;
use crate::files::MARKER_FILE;
use crate::format::check_format;
use crate::owner::{Owner, Use, drop_abandoned};
use crate::tables::write_json;

/// The folder of what is being written.
pub(crate) const DRAFTS: &str = "drafts";

/// A folder of entries named by content.
#[derive(Clone, Debug)]
pub struct Store {
    root: PathBuf,
    owner: Arc<Owner>,
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
    /// All kinds.
    pub const ALL: [Self; 4] = [Self::Dataset, Self::Reference, Self::Baseline, Self::Cell];

    /// The kind whose entries are in a folder of this name.
    #[must_use]
    pub fn of_folder(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.folder() == name)
    }

    /// The folder of the store that its entries are in.
    pub(crate) fn folder(self) -> &'static str {
        match self {
            Self::Dataset => "datasets",
            Self::Reference => "references",
            Self::Baseline => "baselines",
            Self::Cell => "cells",
        }
    }
}

impl Store {
    /// Opens (or makes) the store at `root`, and drops drafts and checkpoints that were left there by processes that are gone.
    /// Until it is dropped, nobody clears or moves the store.
    ///
    /// # Errors
    /// When the folder cannot be made, the store is of a newer version, or is being cleared or moved.
    pub fn open(root: &Path) -> Result<Self, StoreError> {
        check_format(root)?;
        let drafts = root.join(DRAFTS);
        fs::create_dir_all(&drafts).map_err(at(&drafts))?;
        let owner = Owner::register(&drafts, Use::Runs)?;
        drop_abandoned(&drafts)?;
        let store = Self { root: root.to_owned(), owner: Arc::new(owner) };
        store.drop_finished_checkpoints();
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

    /// Whether the entry is complete: it has its marker, and every file in it with its size. Whether the
    /// content is still what was written is for `verify` to say.
    #[must_use]
    pub fn is_complete(&self, kind: Kind, id: &str) -> bool {
        is_whole(&self.entry(kind, id))
    }

    /// Whether the entry is complete, and every file in it is what was written.
    #[must_use]
    pub fn is_intact(&self, kind: Kind, id: &str) -> bool {
        let entry = self.entry(kind, id);
        let marker = fs::read(entry.join(MARKER_FILE));
        let files = marker.ok().and_then(|text| serde_json::from_slice(&text).ok());
        let files: BTreeMap<String, String> = files.unwrap_or_default();
        let is_same = |(name, hash_and_size): (&String, &String)| {
            let found = file_hash(&entry.join(name));
            found.is_ok_and(|(hash, _)| hash_and_size.split(' ').next() == Some(&hash))
        };
        !files.is_empty() && files.iter().all(is_same)
    }

    /// The ids of all complete entries of a kind, in order.
    #[must_use]
    pub fn complete(&self, kind: Kind) -> Vec<String> {
        let Ok(entries) = fs::read_dir(self.root.join(kind.folder())) else { return Vec::new() };
        let names = entries.flatten().filter_map(|entry| entry.file_name().into_string().ok());
        let mut ids: Vec<String> = names.filter(|id| self.is_complete(kind, id)).collect();
        ids.sort();
        ids
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
            .tempdir_in(self.root.join(DRAFTS))
            .map_err(at(&entry))?
            .keep();
        fs::rename(&entry, place.join(kind.folder())).map_err(at(&entry))
    }

    /// Writes JSON in the place of the file at `path`, which is whole at every moment.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn replace(&self, path: &Path, value: &impl Serialize) -> Result<(), StoreError> {
        let put = |draft: &Path| {
            write_json(draft, value)?;
            sync(draft)?;
            fs::rename(draft, path).map_err(at(path))
        };
        // With its owner's drafts it is removed, should this process be killed.
        match put(&self.owner.dir().join(path.file_name().unwrap_or_default())) {
            // The store may be a link to another file system.
            Err(error) if error.cause.kind() == ErrorKind::CrossesDevices => {
                put(&path.with_extension("new"))
            }
            result => result,
        }
    }

    /// Starts an entry.
    ///
    /// # Errors
    /// When the draft's folder cannot be made.
    pub fn draft(&self, kind: Kind, id: &str) -> Result<Draft, StoreError> {
        let drafts = self.owner.dir();
        let dir = tempfile::Builder::new()
            .prefix(&format!("{id}-"))
            .tempdir_in(drafts)
            .map_err(at(drafts))?;
        Ok(Draft { dir, target: self.entry(kind, id), _owner: Arc::clone(&self.owner) })
    }
}

/// An entry being written; dropped without [`Draft::publish`], it disappears.
#[derive(Debug)]
pub struct Draft {
    dir: tempfile::TempDir,
    target: PathBuf,
    /// Who writes it, to the end.
    _owner: Arc<Owner>,
}

impl Draft {
    /// Takes over every file of a complete entry but those named, as links where the disk allows it: entries are
    /// never changed.
    ///
    /// # Errors
    /// When a file can neither be linked nor copied.
    pub fn take_over(&self, entry: &Path, but: &[&str]) -> Result<(), StoreError> {
        for file in fs::read_dir(entry).map_err(at(entry))? {
            let file = file.map_err(at(entry))?;
            let name = file.file_name();
            if name == MARKER_FILE || but.iter().any(|other| name == *other) {
                continue;
            }
            let (from, to) = (file.path(), self.dir().join(&name));
            if fs::hard_link(&from, &to).is_err() {
                fs::copy(&from, &to).map_err(at(&from))?;
            }
        }
        Ok(())
    }

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
            let (hash, length) = file_hash(&path).map_err(at(&path))?;
            sync(&path)?;
            hashes.insert(name, format!("{hash} {length}"));
        }
        let marker = self.file(MARKER_FILE);
        let text = serde_json::to_string_pretty(&hashes).expect("hashes are plain data");
        fs::write(&marker, text).map_err(at(&marker))?;
        sync(&marker)?;
        sync_folder(self.dir())?;
        let parent = self.target.parent().unwrap_or(Path::new("."));
        if !parent.is_dir() {
            fs::create_dir_all(parent).map_err(at(parent))?;
            sync_folder(parent.parent().unwrap_or(Path::new(".")))?;
        }
        // What is not whole was not written by a publish, or was damaged since.
        if self.target.exists() && !is_whole(&self.target) {
            fs::remove_dir_all(&self.target).map_err(at(&self.target))?;
        }
        match fs::rename(self.dir(), &self.target) {
            Ok(()) => {
                // Its folder has moved, so there is nothing left to remove.
                let _ = self.dir.keep();
                sync_folder(parent)
            }
            // Somebody else was first, with the same numbers.
            Err(_) if is_whole(&self.target) => Ok(()),
            Err(error) => Err(at(&self.target)(error)),
        }
    }
}

/// Whether a folder has a marker, and the files that it lists with their sizes. Markers of earlier versions
/// have hashes alone; a file of theirs must hold something.
pub(crate) fn is_whole(entry: &Path) -> bool {
    let Ok(text) = fs::read_to_string(entry.join(MARKER_FILE)) else { return false };
    let Ok(files) = serde_json::from_str::<BTreeMap<String, String>>(&text) else { return false };
    files.iter().all(|(name, hash_and_size)| {
        let size = hash_and_size.split_once(' ').and_then(|(_, size)| size.parse::<u64>().ok());
        let found = fs::metadata(entry.join(name)).map(|data| data.len());
        found.is_ok_and(|found| size.map_or(found > 0, |size| found == size))
    })
}

/// Whether a complete entry lost something since: its folder, its marker's list, or a file of it. A folder without a
/// marker says nothing of itself.
#[must_use]
pub fn is_damaged(entry: &Path) -> bool {
    !entry.is_dir() || (entry.join(MARKER_FILE).is_file() && !is_whole(entry))
}

/// Waits until a file is on the disk.
pub(crate) fn sync(path: &Path) -> Result<(), StoreError> {
    // Windows syncs what is open for writing alone.
    let file = File::options().read(true).write(cfg!(windows)).open(path).map_err(at(path))?;
    file.sync_all().map_err(at(path))
}

/// Waits until the names in a folder are on the disk, where a folder can be opened.
pub(crate) fn sync_folder(path: &Path) -> Result<(), StoreError> {
    if cfg!(unix) { sync(path) } else { Ok(()) }
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
        drop(store);
        assert_eq!(fs::read_dir(folder.path().join(DRAFTS)).unwrap().count(), 0);
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
    fn a_file_that_is_replaced_is_whole_at_every_moment() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("store")).unwrap();
        let path = folder.path().join("index.json");
        let value = |content: usize| vec![content; 20_000];
        store.replace(&path, &value(0)).unwrap();
        std::thread::scope(|scope| {
            let writing = scope.spawn(|| {
                (1..50).for_each(|content| store.replace(&path, &value(content)).unwrap());
            });
            while !writing.is_finished() {
                let found: Vec<usize> = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
                assert_eq!(found, value(found[0]));
            }
        });
        drop(store);
        assert_eq!(fs::read_dir(folder.path().join("store").join(DRAFTS)).unwrap().count(), 0);
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

    /// As a loss of power may leave it, or somebody's hand.
    #[test]
    fn a_damaged_entry_is_made_again() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let publish = |text: &str| {
            let draft = store.draft(Kind::Cell, "abc").unwrap();
            fs::write(draft.file("metrics.csv"), text).unwrap();
            draft.publish().unwrap();
        };
        publish("first");
        let entry = store.entry(Kind::Cell, "abc");
        let file = entry.join("metrics.csv");
        let damages: [&dyn Fn(); 4] = [
            &|| fs::write(&file, "").unwrap(),
            &|| fs::write(&file, "longer than it was").unwrap(),
            &|| fs::remove_file(&file).unwrap(),
            &|| fs::write(entry.join(MARKER_FILE), "").unwrap(),
        ];
        for damage in damages {
            assert!(store.is_complete(Kind::Cell, "abc"));
            damage();
            assert!(!store.is_complete(Kind::Cell, "abc"));
            publish("again");
            assert_eq!(fs::read_to_string(&file).unwrap(), "again");
        }
        // A marker of an earlier version.
        let marker = entry.join(MARKER_FILE);
        fs::write(&marker, r#"{"metrics.csv": "af13"}"#).unwrap();
        assert!(store.is_complete(Kind::Cell, "abc"));
        fs::write(&file, "").unwrap();
        assert!(!store.is_complete(Kind::Cell, "abc"));
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
