//! Comparing the data folder with the manifest and with recorded checksums.

use std::fmt;
use std::path::Path;

use super::checksum::{Hashes, Recorded, Records};
use super::error::FetchError;
use crate::config::DatasetConfig;
use crate::load::{load, survey};
use crate::registry::{DatasetName, PreparedFacts};

/// The result of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// As expected.
    Ok,
    /// Not as expected.
    Differs,
    /// There is no expected value.
    Unknown,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Ok => "ok",
            Self::Differs => "differs",
            Self::Unknown => "unknown",
        })
    }
}

/// One check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// What was checked.
    pub subject: String,
    /// The result.
    pub verdict: Verdict,
    /// What was found, and what it was compared with.
    pub detail: String,
}

/// Compares a dataset's files with their checksums, and its content with the counts in its manifest;
/// with `record`, the checksums of files that have none yet are recorded.
///
/// # Errors
/// When the dataset is missing or cannot be loaded.
pub fn verify(name: DatasetName, data_dir: &Path, record: bool) -> Result<Vec<Check>, FetchError> {
    let manifest = name.manifest();
    let config = DatasetConfig::new(name);
    if name == DatasetName::Synthetic {
        return Ok(vec![prepared(manifest.generated.as_ref(), &config, data_dir)?]);
    }
    let folder = data_dir.join(name.as_str());
    let mut records = Records::read(&folder)?;
    let Some(found) = survey(&config, data_dir)? else { return Ok(Vec::new()) };
    let path = relative_path(&found.path, data_dir);
    let file = manifest.file_at(&path);

    let mut checks = Vec::new();
    let hashes = Hashes::of(&found.path)?;
    let recorded = records.files.get(&path);
    let expected = file.and_then(|file| file.sha256.as_deref());
    checks.push(match (expected, recorded) {
        (Some(expected), _) => checksum(&path, &hashes, expected, "in the manifest"),
        (None, Some(recorded)) => checksum(&path, &hashes, &recorded.sha256, "recorded"),
        (None, None) => unknown(&path, &hashes, record),
    });
    if expected.is_none() && recorded.is_none() && record {
        records.files.insert(path.clone(), Recorded::new(&hashes, None));
        records.write(&folder)?;
    }
    for (other, recorded) in records.files.iter().filter(|(other, _)| **other != path) {
        checks.push(match Hashes::of(&data_dir.join(other)) {
            Ok(hashes) => checksum(other, &hashes, &recorded.sha256, "recorded"),
            Err(error) => Check {
                subject: other.clone(),
                verdict: Verdict::Differs,
                detail: error.to_string(),
            },
        });
    }
    let raw = file.and_then(|file| file.raw);
    let facts = found.facts;
    let count = format!(
        "{} users, {} items, {} interactions, {} bad rows",
        facts.users, facts.items, facts.interactions, found.rows_bad
    );
    checks.push(compare("content", raw.map(|raw| raw == facts), count, || {
        raw.map_or_else(String::new, |raw| {
            format!("{} users, {} items, {} interactions", raw.users, raw.items, raw.interactions)
        })
    }));
    let expected = file.and_then(|file| file.prepared.as_ref());
    checks.push(prepared(expected, &config, data_dir)?);
    Ok(checks)
}

/// Loads the dataset with default preprocessing and compares.
fn prepared(
    expected: Option<&PreparedFacts>,
    config: &DatasetConfig,
    data_dir: &Path,
) -> Result<Check, FetchError> {
    let dataset = load(config, data_dir)?;
    let facts = PreparedFacts {
        users: dataset.n_users(),
        items: dataset.n_items,
        interactions: dataset.n_interactions(),
        fingerprint: dataset.fingerprint,
    };
    let text = |facts: &PreparedFacts| {
        format!(
            "{} users, {} items, {} interactions, fingerprint {}",
            facts.users, facts.items, facts.interactions, facts.fingerprint
        )
    };
    let same = expected.map(|expected| *expected == facts);
    let subject =
        if config.name == DatasetName::Synthetic { "generated data" } else { "prepared data" };
    Ok(compare(subject, same, text(&facts), || expected.map_or_else(String::new, text)))
}

fn compare(
    subject: &str,
    same: Option<bool>,
    found: String,
    expected: impl FnOnce() -> String,
) -> Check {
    let (verdict, detail) = match same {
        Some(true) => (Verdict::Ok, found),
        Some(false) => (Verdict::Differs, format!("{found}; expected {}", expected())),
        None => (Verdict::Unknown, format!("{found}; the manifest has no expected value")),
    };
    Check { subject: subject.to_owned(), verdict, detail }
}

fn checksum(path: &str, hashes: &Hashes, expected: &str, whose: &str) -> Check {
    let found = &hashes.sha256;
    let (verdict, detail) = if found.eq_ignore_ascii_case(expected) {
        (Verdict::Ok, format!("SHA-256 {found}, as {whose}"))
    } else {
        (Verdict::Differs, format!("SHA-256 {found}; {whose} is {expected}"))
    };
    Check { subject: path.to_owned(), verdict, detail }
}

fn unknown(path: &str, hashes: &Hashes, record: bool) -> Check {
    let what = if record { "now recorded" } else { "no expected value" };
    Check {
        subject: path.to_owned(),
        verdict: Verdict::Unknown,
        detail: format!("SHA-256 {}; {what}", hashes.sha256),
    }
}

/// A path relative to the data folder, as manifests write it.
fn relative_path(path: &Path, data_dir: &Path) -> String {
    let below = path.strip_prefix(data_dir).unwrap_or(path);
    let parts: Vec<_> = below.iter().map(|part| part.to_string_lossy()).collect();
    parts.join("/")
}
