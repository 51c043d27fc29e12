//! Removing what no results folder names.

use std::fs;
use std::io::{Error, ErrorKind};
use std::path::Path;

use crate::error::{StoreError, at};
use crate::holdings::{Holding, Holdings, holdings};
use crate::named::named;
use crate::owner::{Owner, Use};
use crate::run_store::{DRAFTS, is_whole};

/// What may be removed, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unused {
    /// An entry, or the checkpoint of one, that no results folder names.
    Unnamed(Holding),
    /// A checkpoint of a run that is complete.
    Superseded(Holding),
    /// A draft whose owner is gone.
    Abandoned(Holding),
}

impl Unused {
    /// What would be removed.
    #[must_use]
    pub fn holding(&self) -> &Holding {
        match self {
            Self::Unnamed(holding) | Self::Superseded(holding) | Self::Abandoned(holding) => {
                holding
            }
        }
    }

    /// Why, in a phrase.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Unnamed(entry) if is_whole(&entry.path) => "no results folder names it",
            Self::Unnamed(_) => "incomplete, and no results folder names it",
            Self::Superseded(_) => "its run is complete",
            Self::Abandoned(_) => "its owner is gone",
        }
    }
}

/// What may be removed from the store of `results`.
///
/// # Errors
/// When somebody may need what seems unused: a process uses the store; the store is a link, which other results folders
/// may share; no results folder lies beside it, or one whose index cannot be read. When a folder cannot be read.
pub fn unused(results: &Path) -> Result<Vec<Unused>, StoreError> {
    let root = results.join("store");
    let found = holdings(&root)?;
    match found.users.first() {
        None => select(results, &found),
        Some(user) => Err(at(&root)(Error::new(ErrorKind::ResourceBusy, user.clone()))),
    }
}

/// Removes what was found unused and still is; gives back what went.
///
/// # Errors
/// As [`unused`], and when a folder cannot be removed.
pub fn clear(results: &Path, chosen: &[Unused]) -> Result<Vec<Unused>, StoreError> {
    let root = results.join("store");
    let drafts = root.join(DRAFTS);
    fs::create_dir_all(&drafts).map_err(at(&drafts))?;
    let owner = Owner::register(&drafts, Use::Clears)?;
    // Now that nobody else can come in.
    let still = select(results, &holdings(&root)?)?;
    let mut gone = Vec::new();
    for one in chosen.iter().filter(|one| still.contains(one)) {
        let Holding { id, kind, path, .. } = one.holding();
        // It disappears at once, whatever happens while its files are removed.
        let aside = owner.dir().join(format!("{kind}-{id}"));
        fs::rename(path, &aside).map_err(at(path))?;
        fs::remove_dir_all(&aside).map_err(at(path))?;
        gone.push(one.clone());
    }
    Ok(gone)
}

fn select(results: &Path, found: &Holdings) -> Result<Vec<Unused>, StoreError> {
    let root = results.join("store");
    let refuse = |text: &str| Err(at(&root)(Error::new(ErrorKind::Unsupported, text.to_owned())));
    if root.is_symlink() {
        return refuse("is a link, and results elsewhere may name what is in it");
    }
    let named = named(results)?;
    if named.is_empty() {
        return refuse(
            "no results folder lies beside the store, so that all of it would go; delete it by hand if so",
        );
    }
    let is_named = |id: &str| named.iter().any(|one| one.names(id));
    let entries = found.entries.iter().filter(|entry| !is_named(&entry.id));
    let (superseded, unfinished): (Vec<_>, Vec<_>) =
        found.checkpoints.iter().partition(|one| found.is_complete(one.run()));
    let unwanted = unfinished.into_iter().filter(|one| !is_named(one.run()));
    let abandoned = found.drafts.iter().filter(|draft| found.abandoned.contains(&draft.path));
    Ok(entries
        .chain(unwanted)
        .cloned()
        .map(Unused::Unnamed)
        .chain(superseded.into_iter().cloned().map(Unused::Superseded))
        .chain(abandoned.cloned().map(Unused::Abandoned))
        .collect())
}
