//! Hashes of files, and the record of first downloads.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};

use md5::Md5;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::error::FetchError;
use crate::error::DataError;
use crate::json_words::json_words;
use crate::output::replace_file;
use crate::registry::Download;

const FILE: &str = "checksums.json";

/// The hashes of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Hashes {
    /// Hexadecimal.
    pub(super) sha256: String,
    /// Hexadecimal.
    pub(super) md5: String,
    pub(super) bytes: u64,
}

impl Hashes {
    /// Reads the whole file.
    pub(super) fn of(path: &Path) -> Result<Self, DataError> {
        File::open(path).and_then(Self::read).map_err(DataError::read(path))
    }

    /// Reads to the end.
    pub(super) fn read(mut from: impl Read) -> io::Result<Self> {
        let (mut sha256, mut md5, mut bytes) = (Sha256::new(), Md5::new(), 0);
        let mut buffer = vec![0; 1 << 18];
        loop {
            match from.read(&mut buffer) {
                Ok(0) => break,
                Ok(read) => {
                    sha256.update(&buffer[..read]);
                    md5.update(&buffer[..read]);
                    bytes += read as u64;
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Self { sha256: hex(&sha256.finalize()), md5: hex(&md5.finalize()), bytes })
    }

    /// Compares a download with its manifest, or else with the record of the first download.
    ///
    /// Returns what it was compared with, or the difference.
    pub(super) fn check(
        &self,
        download: &Download,
        recorded: Option<&Recorded>,
    ) -> Result<Evidence, String> {
        let same = |what: &str, found: &str, expected: &str| {
            if found.eq_ignore_ascii_case(expected) {
                return Ok(());
            }
            Err(format!("its {what} is {found}, expected {expected}"))
        };
        if let Some(bytes) = download.bytes {
            same("size in bytes", &self.bytes.to_string(), &bytes.to_string())?;
        }
        if let Some(sha256) = &download.sha256 {
            same("SHA-256", &self.sha256, sha256)?;
        }
        if let Some(md5) = &download.md5 {
            same("MD5", &self.md5, md5)?;
        }
        if download.has_checksum() {
            return Ok(Evidence::Page);
        }
        let Some(recorded) = recorded else { return Ok(Evidence::None) };
        same("SHA-256", &self.sha256, &recorded.sha256).map_err(|reason| {
            format!(
                "{reason} as at the first download (delete {FILE} next to the data if the \
                     publisher has changed it)"
            )
        })?;
        Ok(Evidence::FirstDownload)
    }
}

/// What a download was compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// The checksum in the manifest.
    Page,
    /// The recorded checksum of the first download.
    FirstDownload,
    /// Nothing: its checksum was unknown and is now recorded.
    None,
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// `checksums.json` in the dataset's folder: what was downloaded, for later comparisons.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Records {
    /// Downloads by the publisher's file name.
    #[serde(default)]
    pub downloads: BTreeMap<String, Recorded>,
    /// Files by their path relative to the data folder.
    #[serde(default)]
    pub files: BTreeMap<String, Recorded>,
}

/// The recorded checksum of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recorded {
    /// Its SHA-256 (hex).
    pub sha256: String,
    /// Its size in bytes.
    pub bytes: u64,
    /// The address it was downloaded from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
}

impl Recorded {
    pub(super) fn new(hashes: &Hashes, address: Option<String>) -> Self {
        Self { sha256: hashes.sha256.clone(), bytes: hashes.bytes, address }
    }
}

impl Records {
    /// The file of records in a dataset's folder.
    fn path(folder: &Path) -> PathBuf {
        folder.join(FILE)
    }

    /// The records in a dataset's folder; empty without a file.
    pub(super) fn read(folder: &Path) -> Result<Self, FetchError> {
        let path = Self::path(folder);
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(cause) if cause.kind() == ErrorKind::NotFound => return Ok(Self::default()),
            Err(cause) => return Err(DataError::read(&path)(cause).into()),
        };
        serde_json::from_slice(&bytes)
            .map_err(|cause| FetchError::Records { path, cause: json_words(&cause) })
    }

    pub(super) fn write(&self, folder: &Path) -> Result<(), FetchError> {
        fs::create_dir_all(folder).map_err(DataError::write(folder))?;
        let mut text = serde_json::to_string_pretty(self).expect("plain data");
        text.push('\n');
        Ok(replace_file(&Self::path(folder), text.as_bytes())?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The test vectors of FIPS 180 and RFC 1321.
    #[test]
    fn hashes_of_a_known_text() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("abc");
        fs::write(&path, "abc").unwrap();
        let hashes = Hashes::of(&path).unwrap();
        let sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(hashes.sha256, sha256);
        assert_eq!(hashes.md5, "900150983cd24fb0d6963f7d28e17f72");
        assert_eq!(hashes.bytes, 3);
    }

    #[test]
    fn damaged_records_are_an_error() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(FILE), "{").unwrap();
        assert!(matches!(Records::read(folder.path()), Err(FetchError::Records { .. })));
    }
}
