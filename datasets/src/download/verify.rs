//! Is what lies in the data folder what it should be?

use std::fmt;
use std::path::Path;

use super::checksum::Hashes;
use super::{FetchError, Recorded, Records};
use crate::config::{DatasetConfig, DatasetName};
use crate::load::{load, survey};
use crate::manifest::{DataFile, Manifest, PreparedFacts};

/// What a check found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// As it should be.
    Ok,
    /// Not as it should be.
    Differs,
    /// Nobody said how it should be.
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

/// One thing that was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// What.
    pub subject: String,
    /// The result.
    pub verdict: Verdict,
    /// What was found, and what it was held against.
    pub detail: String,
}

/// Holds a dataset's files against their checksums, and its content against the numbers on its
/// page; with `record`, the checksums of files that have none yet are recorded.
///
/// # Errors
/// When the dataset is not there or cannot be loaded.
pub fn verify(name: DatasetName, data_dir: &Path, record: bool) -> Result<Vec<Check>, FetchError> {
    let page = name.manifest();
    let config = DatasetConfig::new(name);
    if name == DatasetName::Synthetic {
        return Ok(vec![prepared(page.generated.as_ref(), &config, data_dir)?]);
    }
    let folder = data_dir.join(name.as_str());
    let mut records = Records::read(&folder)?;
    let Some(found) = survey(&config, data_dir)? else { return Ok(Vec::new()) };
    let place = place_of(&found.path, data_dir);
    let file = page.file_at(&place);

    let mut checks = Vec::new();
    let hashes = Hashes::of(&found.path)?;
    let recorded = records.files.get(&place);
    let expected = file.and_then(|file| file.sha256.as_deref());
    checks.push(match (expected, recorded) {
        (Some(expected), _) => checksum(&place, &hashes, expected, "on the dataset's page"),
        (None, Some(recorded)) => checksum(&place, &hashes, &recorded.sha256, "recorded"),
        (None, None) => unknown(&place, &hashes, record),
    });
    if expected.is_none() && recorded.is_none() && record {
        records.files.insert(place.clone(), Recorded::new(&hashes, None));
        records.write(&folder)?;
    }
    for (other, recorded) in records.files.iter().filter(|(other, _)| **other != place) {
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
        None => (Verdict::Unknown, format!("{found}; the dataset's page has no numbers for it")),
    };
    Check { subject: subject.to_owned(), verdict, detail }
}

fn checksum(place: &str, hashes: &Hashes, expected: &str, whose: &str) -> Check {
    let found = &hashes.sha256;
    let (verdict, detail) = if found.eq_ignore_ascii_case(expected) {
        (Verdict::Ok, format!("SHA-256 {found}, as {whose}"))
    } else {
        (Verdict::Differs, format!("SHA-256 {found}; {whose} is {expected}"))
    };
    Check { subject: place.to_owned(), verdict, detail }
}

fn unknown(place: &str, hashes: &Hashes, record: bool) -> Check {
    let what = if record { "recorded from now on" } else { "nothing to compare with" };
    Check {
        subject: place.to_owned(),
        verdict: Verdict::Unknown,
        detail: format!("SHA-256 {}; {what}", hashes.sha256),
    }
}

/// A path below the data folder as pages write it.
fn place_of(path: &Path, data_dir: &Path) -> String {
    let below = path.strip_prefix(data_dir).unwrap_or(path);
    let parts: Vec<_> = below.iter().map(|part| part.to_string_lossy()).collect();
    parts.join("/")
}

impl Manifest {
    /// What the page says of the file at a place below the data folder.
    fn file_at(&self, place: &str) -> Option<&DataFile> {
        self.files.iter().find(|file| file.paths.iter().any(|path| path == place))
    }
}
