//! What lies in a store. Nothing here follows a link below the store's own folder, or makes anything.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::checkpoint_file::CHECKPOINTS;
use crate::error::{StoreError, at};
use crate::format::check_format;
use crate::owner::{abandoned, owners};
use crate::run_store::{DRAFTS, Kind, is_whole};

/// A folder of a store: an entry, a checkpoint or a draft.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holding {
    /// What it is: the name of the store's folder that it lies in.
    pub kind: &'static str,
    /// Its name there; an entry's is its id.
    pub id: String,
    /// Where it lies.
    pub path: PathBuf,
    /// Bytes of all files.
    pub bytes: u64,
}

impl Holding {
    /// Of a checkpoint: the id of the run that it is of, or of the first of several.
    pub(crate) fn run(&self) -> &str {
        self.id.split('-').nth(1).unwrap_or(&self.id)
    }
}

/// What lies in a store.
#[derive(Clone, Debug, Default)]
pub struct Holdings {
    /// Entries of all kinds, complete or damaged, by kind and id.
    pub entries: Vec<Holding>,
    /// What unfinished runs go on from.
    pub checkpoints: Vec<Holding>,
    /// What is being written, and what is left of that.
    pub drafts: Vec<Holding>,
    /// Those of the drafts that belong to nobody any more.
    pub abandoned: Vec<PathBuf>,
    /// Who uses the store, a sentence each.
    pub users: Vec<String>,
}

impl Holdings {
    /// Whether a run is complete, of whatever kind.
    pub(crate) fn is_complete(&self, id: &str) -> bool {
        self.entries.iter().any(|entry| entry.id == id && is_whole(&entry.path))
    }
}

/// What lies in the store at `root`.
///
/// # Errors
/// When there is no store, it is of a newer version, or a folder cannot be read.
pub fn holdings(root: &Path) -> Result<Holdings, StoreError> {
    // Names what is not there.
    fs::read_dir(root).map_err(at(root))?;
    check_format(root)?;
    let mut entries = Vec::new();
    for kind in Kind::ALL {
        entries.extend(within(root, kind.folder())?);
    }
    let drafts = root.join(DRAFTS);
    let (abandoned, owners) = if is_folder(&drafts) {
        (abandoned(&drafts)?, owners(&drafts)?)
    } else {
        Default::default()
    };
    Ok(Holdings {
        entries,
        checkpoints: within(root, CHECKPOINTS)?,
        drafts: within(root, DRAFTS)?,
        abandoned,
        users: owners.iter().map(|owner| owner.said()).collect(),
    })
}

/// The folders in a folder of the store; links are left alone.
fn within(root: &Path, kind: &'static str) -> Result<Vec<Holding>, StoreError> {
    let folder = root.join(kind);
    if !is_folder(&folder) {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for entry in fs::read_dir(&folder).map_err(at(&folder))? {
        let path = entry.map_err(at(&folder))?.path();
        if is_folder(&path) {
            let id = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            found.push(Holding { kind, id, bytes: size(&path)?, path });
        }
    }
    found.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(found)
}

/// Whether it is a folder itself, not a link to one.
fn is_folder(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|data| data.is_dir())
}

/// Bytes of all files in a folder. What disappears meanwhile, as drafts do, has none.
fn size(folder: &Path) -> Result<u64, StoreError> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(0),
        read => read.map_err(at(folder))?,
    };
    let mut bytes = 0;
    for entry in entries.flatten() {
        let path = entry.path();
        bytes += match fs::symlink_metadata(&path) {
            Ok(data) if data.is_dir() => size(&path)?,
            Ok(data) if data.is_file() => data.len(),
            _ => 0,
        };
    }
    Ok(bytes)
}
