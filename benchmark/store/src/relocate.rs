//! Moving a store, with the results folders beside it: an index names entries by their place, seen from its own folder,
//! and so all of it stays right.

use std::fs;
use std::io::{Error, ErrorKind};
use std::path::{Path, PathBuf};

use crate::error::{StoreError, at};
use crate::files::INDEX_FILE;
use crate::holdings::holdings;
use crate::index::Index;
use crate::named::named;
use crate::owner::{Owner, Use};
use crate::paths::{followed, relative};
use crate::run_store::{DRAFTS, sync, sync_folder};
use crate::tables::write_json;

/// Moves the folder `results`, with the store and all results in it, to `new`, which must not be there yet: by renaming
/// it, or, onto another file system, by a copy that is on the disk before the first is removed.
///
/// # Errors
/// When a process uses the store, something in the folder is a link, or a file cannot be read, written or removed. What
/// is at the old place stays whole until all is at the new one.
pub fn relocate(results: &Path, new: &Path) -> Result<(), StoreError> {
    let refuse = |path: &Path, kind, text: &str| Err(at(path)(Error::new(kind, text.to_owned())));
    let root = results.join("store");
    holdings(&root)?;
    if let Some(link) = link_in(results)? {
        let text =
            "is a link, which would lead elsewhere after a move; replace it by what it leads to";
        return refuse(&link, ErrorKind::Unsupported, text);
    }
    let (from, to) = (followed(results), followed(new));
    if fs::symlink_metadata(new).is_ok() {
        return refuse(
            new,
            ErrorKind::AlreadyExists,
            "is there already; give a folder that is not",
        );
    }
    if to.starts_with(&from) {
        return refuse(new, ErrorKind::AlreadyExists, "lies in the folder that is to be moved");
    }
    let sources = sources(results, &from, &to)?;
    let parent = to.parent().unwrap_or(Path::new("/"));
    fs::create_dir_all(parent).map_err(at(parent))?;
    let drafts = root.join(DRAFTS);
    fs::create_dir_all(&drafts).map_err(at(&drafts))?;
    let mut owner = Owner::register(&drafts, Use::Clears)?;
    let is_copied = match fs::rename(&from, &to) {
        Ok(()) => false,
        Err(error) if error.kind() == ErrorKind::CrossesDevices => {
            copy(&from, &to, parent)?;
            true
        }
        Err(error) => return Err(at(results)(error)),
    };
    owner.moved(&to.join("store").join(DRAFTS));
    sync_folder(parent)?;
    for (index, file) in sources {
        point_at(&index, file)?;
    }
    if is_copied {
        fs::remove_dir_all(&from).map_err(at(&from))?;
    }
    Ok(())
}

/// The indexes at their new places, with the files of their experiments.
fn sources(results: &Path, from: &Path, to: &Path) -> Result<Vec<(PathBuf, PathBuf)>, StoreError> {
    let mut found = Vec::new();
    for one in named(results)? {
        if let Some(file) = read(&one.folder.join(INDEX_FILE)).and_then(|index| index.source) {
            let file = followed(&one.folder.join(file.file));
            let file = file.strip_prefix(from).map_or_else(|_| file.clone(), |rest| to.join(rest));
            found.push((to.join(one.name).join(INDEX_FILE), file));
        }
    }
    Ok(found)
}

fn read(index: &Path) -> Option<Index> {
    serde_json::from_slice(&fs::read(index).ok()?).ok()
}

/// Has an index name the file of its experiment by the way from where the index is now.
fn point_at(path: &Path, file: PathBuf) -> Result<(), StoreError> {
    let Some(mut index) = read(path) else { return Ok(()) };
    if let Some(source) = &mut index.source {
        source.file = relative(&file, path.parent().unwrap_or(Path::new(".")));
    }
    let new = path.with_extension("new");
    write_json(&new, &index)?;
    fs::rename(&new, path).map_err(at(path))
}

/// The first link in a folder.
fn link_in(folder: &Path) -> Result<Option<PathBuf>, StoreError> {
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).map_err(at(&folder))? {
            let path = entry.map_err(at(&folder))?.path();
            let kind = fs::symlink_metadata(&path).map_err(at(&path))?.file_type();
            if kind.is_symlink() {
                return Ok(Some(path));
            }
            if kind.is_dir() {
                folders.push(path);
            }
        }
    }
    Ok(None)
}

/// Copies a folder under another name, and gives it its own when all of it is on the disk.
///
/// What a move to the same place left when it was killed has the same other name, and goes first. Of two moves at once one
/// thus ends with an error, with all at its old place.
fn copy(from: &Path, to: &Path, parent: &Path) -> Result<(), StoreError> {
    let name = to.file_name().unwrap_or_default().to_string_lossy();
    let draft = parent.join(format!(".{name}.moving"));
    if draft.is_dir() {
        fs::remove_dir_all(&draft).map_err(at(&draft))?;
    }
    let copied = copy_folder(from, &draft);
    let renamed = copied.and_then(|()| fs::rename(&draft, to).map_err(at(to)));
    if renamed.is_err() {
        // The error says what is wrong with that disk already.
        let _ = fs::remove_dir_all(&draft);
    }
    renamed
}

fn copy_folder(from: &Path, to: &Path) -> Result<(), StoreError> {
    fs::create_dir(to).map_err(at(to))?;
    for entry in fs::read_dir(from).map_err(at(from))? {
        let path = entry.map_err(at(from))?.path();
        let target = to.join(path.file_name().unwrap_or_default());
        if path.is_dir() {
            copy_folder(&path, &target)?;
        } else {
            fs::copy(&path, &target).map_err(at(&target))?;
            sync(&target)?;
        }
    }
    let rights = fs::metadata(from).map_err(at(from))?.permissions();
    fs::set_permissions(to, rights).map_err(at(to))?;
    sync_folder(to)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run_store::{Kind, Store};

    /// What a move onto another file system does.
    #[test]
    fn a_copy_is_whole_and_appears_at_once() {
        let place = tempfile::tempdir().unwrap();
        let from = place.path().join("from");
        let store = Store::open(&from.join("store")).unwrap();
        let draft = store.draft(Kind::Cell, "abc").unwrap();
        fs::write(draft.file("metrics.csv"), "x").unwrap();
        draft.publish().unwrap();
        drop(store);
        let to = place.path().join("to");
        // A move that was killed.
        fs::create_dir_all(place.path().join(".to.moving/store")).unwrap();
        copy(&from, &to, place.path()).unwrap();
        let copied = Store::open(&to.join("store")).unwrap();
        assert!(copied.is_complete(Kind::Cell, "abc"));
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 2, "nothing else is left");
        // Nothing appears where the copy cannot be whole.
        fs::write(place.path().join("file"), "").unwrap();
        assert!(copy(&from, &place.path().join("file/to"), place.path()).is_err());
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 3);
    }
}
