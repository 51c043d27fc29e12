//! How a dataset is downloaded, as its page says.

use serde::{Deserialize, Serialize};

/// Most bytes an archive may unpack to where its page says nothing: 4 GiB.
const MAX_UNPACKED_BYTES: u64 = 4 << 30;

/// One file of the publisher, and what becomes of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Download {
    /// Its name at the publisher's.
    pub file: String,
    /// Where to get it: the official address first, then mirrors in the order to try them.
    pub addresses: Vec<String>,
    /// How it is packed.
    pub kind: ArchiveKind,
    /// What is taken out of it, in this order; nothing else is.
    pub members: Vec<Member>,
    /// Its size, where that is known.
    #[serde(default)]
    pub bytes: Option<u64>,
    /// Its SHA-256 (hex), where that is known.
    #[serde(default)]
    pub sha256: Option<String>,
    /// Its MD5 (hex), where the publisher states it.
    #[serde(default)]
    pub md5: Option<String>,
    /// Most bytes that it may unpack to.
    #[serde(default = "max_unpacked_bytes")]
    pub max_unpacked_bytes: u64,
}

fn max_unpacked_bytes() -> u64 {
    MAX_UNPACKED_BYTES
}

/// How a file is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ArchiveKind {
    /// Not at all, or in a form that the loaders read as it is.
    Plain,
    /// One file, compressed.
    Gz,
    /// A zip archive.
    Zip,
    /// A tar archive.
    Tar,
    /// A compressed tar archive.
    TarGz,
}

/// A file in an archive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Member {
    /// Its name in the archive; that of the download itself when it holds one file only.
    pub name: String,
    /// Its place below the data folder.
    pub to: String,
}

impl Download {
    /// Whether the page says what the content must be.
    pub(super) fn has_checksum(&self) -> bool {
        self.sha256.is_some() || self.md5.is_some()
    }
}
