//! Checks of one entry of the store.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use prefsweep_store::{
    BaselineEntry, BaselineStatus, CellEntry, CellFile, CellStatus, IDENTITY_FILE, Index,
    PROVENANCE_FILE, Provenance, ReferenceEntry, SPEC_FILE, id_of,
};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::content::content;
use super::finding::{Check, Checked, Finding, differs, same};
use super::{metrics, said};
use crate::files::read_json;

/// What the index says of an entry.
#[derive(Debug, Clone, Copy)]
pub(super) enum Expected<'a> {
    Reference(&'a ReferenceEntry),
    Baseline(&'a BaselineEntry),
    Cell(&'a CellEntry),
}

impl<'a> Expected<'a> {
    pub(super) fn id(self) -> &'a str {
        match self {
            Self::Reference(entry) => &entry.id,
            Self::Baseline(entry) => entry.id.as_deref().unwrap_or_default(),
            Self::Cell(entry) => &entry.id,
        }
    }

    pub(super) fn dir(self) -> &'a Path {
        match self {
            Self::Reference(entry) => &entry.dir,
            Self::Baseline(entry) => &entry.dir,
            Self::Cell(entry) => &entry.dir,
        }
    }

    pub(super) fn is_complete(self) -> bool {
        match self {
            Self::Reference(entry) => entry.status == CellStatus::Complete,
            Self::Baseline(entry) => entry.status == BaselineStatus::Complete,
            Self::Cell(entry) => entry.status == CellStatus::Complete,
        }
    }
}

/// A folder of the store.
pub(super) struct Entry<'a> {
    dir: PathBuf,
    index: &'a Index,
}

impl<'a> Entry<'a> {
    pub(super) fn new(dir: PathBuf, index: &'a Index) -> Self {
        Self { dir, index }
    }

    /// All checks of a run that do not depend on what the index calls it.
    pub(super) fn verify(&self, expected: &Expected<'_>) -> Vec<Checked> {
        let mut all = content(&self.dir);
        let damaged: BTreeSet<PathBuf> = all
            .iter()
            .filter(|checked| matches!(checked.finding, Finding::Differs { .. }))
            .map(|checked| checked.file.clone())
            .collect();
        all.extend(self.findings(Check::Data, SPEC_FILE, self.data(expected)));
        let metrics = metrics::verify(&self.dir, self.index, &damaged);
        let metrics = metrics.into_iter().flat_map(|(file, findings)| {
            self.findings(Check::Metrics, file, findings).collect::<Vec<_>>()
        });
        all.extend(metrics);
        let provenance = provenance(&self.dir.join(PROVENANCE_FILE));
        all.extend(self.findings(Check::Provenance, PROVENANCE_FILE, vec![provenance]));
        all
    }

    /// The id, and what else the index says of the entry; entries of the index may share a folder.
    pub(super) fn verify_said(&self, expected: &Expected<'_>) -> Vec<Checked> {
        let identity = match fs::read_to_string(self.dir.join(IDENTITY_FILE)) {
            Err(_) => Finding::Missing,
            Ok(text) => same(&id_of(&text), expected.id()),
        };
        let said = match expected {
            Expected::Reference(entry) => {
                self.spec(|settings: Value| said::of_reference(&settings, entry))
            }
            Expected::Baseline(entry) => {
                self.spec(|settings: Value| said::of_baseline(&settings, entry))
            }
            Expected::Cell(entry) => self.spec(|file: CellFile<Value>| said::of_cell(&file, entry)),
        };
        let identity = self.findings(Check::Identity, IDENTITY_FILE, vec![identity]);
        identity.chain(self.findings(Check::Index, SPEC_FILE, said)).collect()
    }

    fn findings(
        &self,
        check: Check,
        name: &str,
        findings: Vec<Finding>,
    ) -> impl Iterator<Item = Checked> + use<> {
        let file = self.dir.join(name);
        findings.into_iter().map(move |finding| Checked { check, file: file.clone(), finding })
    }

    /// Data and candidate lists against those of the index.
    fn data(&self, expected: &Expected<'_>) -> Vec<Finding> {
        self.spec(|spec: Value| {
            let settings = match expected {
                Expected::Reference(_) | Expected::Baseline(_) => &spec,
                Expected::Cell(_) => &spec["settings"]["start"],
            };
            said::of_data(settings, &self.index.dataset)
        })
    }

    /// What a check of the specification finds, or that there is nothing to check.
    fn spec<T: DeserializeOwned>(&self, check: impl FnOnce(T) -> Vec<Finding>) -> Vec<Finding> {
        let path = self.dir.join(SPEC_FILE);
        if !path.is_file() {
            return vec![Finding::Missing];
        }
        match read_json(&path) {
            Ok(spec) => check(spec),
            Err(error) => vec![differs(error.to_string(), "a specification")],
        }
    }
}

fn provenance(path: &Path) -> Finding {
    if !path.is_file() {
        return Finding::Missing;
    }
    match read_json::<Provenance>(path) {
        Ok(_) => Finding::Ok,
        Err(error) => differs(error.to_string(), "a provenance record"),
    }
}
