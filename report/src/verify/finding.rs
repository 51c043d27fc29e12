//! How the check of one thing ended.

use std::path::PathBuf;

/// What is checked, in the order of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Check {
    /// Content of every file against its hash in the completion marker.
    Content,
    /// The id of an entry against the hash of its identity.
    Identity,
    /// What the index says of an entry against its specification.
    Index,
    /// Metrics against those of the stored ranks and lists.
    Metrics,
    /// The record of how an entry was made is there and can be read.
    Provenance,
    /// Data and candidate lists are those of the index.
    Data,
}

impl Check {
    pub(super) const ALL: [Self; 6] =
        [Self::Content, Self::Identity, Self::Index, Self::Metrics, Self::Provenance, Self::Data];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Content => "files have the content that was hashed",
            Self::Identity => "id is the hash of the identity",
            Self::Index => "index says what the specification says",
            Self::Metrics => "metrics follow from per-user ranks and lists",
            Self::Provenance => "provenance is recorded",
            Self::Data => "data are those of the index",
        }
    }
}

/// How a check of one thing ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// As it should be.
    Ok,
    /// There is no hash to compare it with.
    NotHashed,
    /// It does not follow from what is stored, and was not computed again.
    NotRecomputed,
    /// It is not there.
    Missing,
    /// It is something else.
    Differs {
        /// What was found.
        found: String,
        /// What should have been found.
        expected: String,
    },
}

impl Finding {
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::NotHashed => "not hashed",
            Self::NotRecomputed => "not recomputed",
            Self::Missing => "missing",
            Self::Differs { .. } => "differs",
        }
    }
}

/// One thing that was checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// What was checked about it.
    pub check: Check,
    /// The file.
    pub file: PathBuf,
    /// How it ended.
    pub finding: Finding,
}

pub(super) fn same(found: &str, expected: &str) -> Finding {
    if found == expected { Finding::Ok } else { differs(found, expected) }
}

pub(super) fn differs(found: impl Into<String>, expected: impl Into<String>) -> Finding {
    Finding::Differs { found: found.into(), expected: expected.into() }
}
