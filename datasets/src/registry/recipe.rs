//! How a dataset is downloaded: addresses, checksums, and which files are kept.

use serde::{Deserialize, Serialize};

/// Limit on the unpacked size of an archive where its manifest sets none: 4 GiB.
const MAX_UNPACKED_BYTES: u64 = 4 << 30;

/// One file of the publisher, and what is kept of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Download {
    /// The publisher's name for it.
    pub file: String,
    /// Addresses in the order in which they are tried, the official one first.
    pub addresses: Vec<String>,
    /// How it is compressed.
    pub kind: ArchiveKind,
    /// The files extracted from it, in this order; nothing else is.
    pub members: Vec<Member>,
    /// Its size in bytes, if known.
    #[serde(default)]
    pub bytes: Option<u64>,
    /// Its SHA-256 (hex), if known.
    #[serde(default)]
    pub sha256: Option<String>,
    /// Its MD5 (hex), if the publisher states it.
    #[serde(default)]
    pub md5: Option<String>,
    /// Limit on its unpacked size.
    #[serde(default = "max_unpacked_bytes")]
    pub max_unpacked_bytes: u64,
}

fn max_unpacked_bytes() -> u64 {
    MAX_UNPACKED_BYTES
}

/// How a file is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ArchiveKind {
    /// Not compressed, or in a format that the loaders read directly.
    Plain,
    /// One file, gzip-compressed.
    Gz,
    /// A zip archive.
    Zip,
    /// A tar archive.
    Tar,
    /// A gzip-compressed tar archive.
    TarGz,
}

/// A file in an archive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Member {
    /// Its name in the archive; the name of the download itself when that is a single file.
    pub name: String,
    /// Its path relative to the data folder.
    pub to: String,
}

impl Download {
    /// Whether the manifest determines the content.
    pub(crate) fn has_checksum(&self) -> bool {
        self.sha256.is_some() || self.md5.is_some()
    }
}
