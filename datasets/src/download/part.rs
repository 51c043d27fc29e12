//! A partial download: `<file>.part`, and next to it what is needed to resume it.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::checksum::Hashes;
use super::error::FetchError;
use crate::error::DataError;
use crate::output::replace_file;

/// What the server said about the content when the download began.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Origin {
    /// The address.
    pub(super) address: String,
    /// A strong ETag, or else the date of the last change, for `If-Range`.
    pub(super) validator: Option<String>,
    /// The total size in bytes.
    pub(super) total: Option<u64>,
}

/// A partial download, locked by this process.
#[derive(Debug)]
pub(super) struct Part {
    path: PathBuf,
    file: File,
    length: u64,
    origin: Option<Origin>,
}

impl Part {
    /// Opens what an earlier attempt left, or starts from the beginning.
    pub(super) fn open(target: &Path) -> Result<Self, FetchError> {
        let path = with_suffix(target, ".part");
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(&path)
            .map_err(DataError::write(&path))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(FetchError::Busy { path }),
            // Some file systems have no locks; there the user must not run two downloads at once.
            Err(TryLockError::Error(_)) => {}
        }
        let length = file.metadata().map_err(DataError::read(&path))?.len();
        let origin =
            fs::read(notes(&path)).ok().and_then(|text| serde_json::from_slice(&text).ok());
        let mut part = Self { path, file, length, origin };
        if part.origin.is_none() {
            part.restart()?;
        }
        Ok(part)
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Number of bytes so far.
    pub(super) fn length(&self) -> u64 {
        self.length
    }

    pub(super) fn origin(&self) -> Option<&Origin> {
        self.origin.as_ref()
    }

    /// Discards the content.
    pub(super) fn restart(&mut self) -> Result<(), DataError> {
        self.origin = None;
        self.file.set_len(0).map_err(DataError::write(&self.path))?;
        self.length = 0;
        remove(&notes(&self.path))
    }

    /// Starts new content.
    pub(super) fn begin(&mut self, origin: Origin) -> Result<(), DataError> {
        self.restart()?;
        let text = serde_json::to_vec(&origin).expect("plain data");
        replace_file(&notes(&self.path), &text)?;
        self.origin = Some(origin);
        Ok(())
    }

    /// Appends to the content.
    pub(super) fn append(&mut self, bytes: &[u8]) -> Result<(), DataError> {
        self.file
            .seek(SeekFrom::Start(self.length))
            .and_then(|_| self.file.write_all(bytes))
            .map_err(DataError::write(&self.path))?;
        self.length += bytes.len() as u64;
        Ok(())
    }

    /// The hashes of the content so far, read through the locked handle.
    pub(super) fn hashes(&mut self) -> Result<Hashes, DataError> {
        let start = self.file.seek(SeekFrom::Start(0));
        start.and_then(|_| Hashes::read(&self.file)).map_err(DataError::read(&self.path))
    }

    /// Renames the complete download to `target`.
    pub(super) fn finish(self, target: &Path) -> Result<(), DataError> {
        self.file.sync_all().map_err(DataError::write(&self.path))?;
        fs::rename(&self.path, target).map_err(DataError::write(target))?;
        remove(&notes(&self.path))
    }
}

fn notes(part: &Path) -> PathBuf {
    with_suffix(part, ".json")
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(suffix);
    path.with_file_name(name)
}

/// Removes a file, which may not exist.
pub(super) fn remove(path: &Path) -> Result<(), DataError> {
    match fs::remove_file(path) {
        Err(cause) if cause.kind() != std::io::ErrorKind::NotFound => {
            Err(DataError::write(path)(cause))
        }
        _ => Ok(()),
    }
}
