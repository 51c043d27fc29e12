//! Does what lies on disk still say what was measured?
//!
//! Every file of every training of an experiment is held against the hash in its completion
//! marker, every training's name against the hash of its specification, and every ranking metric
//! against one computed again from the stored ranks, by an implementation that shares nothing with
//! the one that wrote it.

mod entry;
mod metrics;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::error::ReportError;
use crate::grid::Grid;
use crate::results::{CellStatus, INDEX_FILE, METRICS_FILE};
use crate::sweep::{check, read_index};

use entry::{Entry, Expected};

/// What is checked, in the order of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Check {
    /// Content of every file against its hash in the completion marker.
    Content,
    /// The name of an entry, and what the index says of it, against its specification.
    Identity,
    /// HR@k, NDCG@k and MRR against those of the stored ranks.
    Metrics,
    /// The record of how an entry was made is there and can be read.
    Provenance,
    /// Data and candidate lists are those of the index.
    Data,
}

impl Check {
    const ALL: [Self; 5] =
        [Self::Content, Self::Identity, Self::Metrics, Self::Provenance, Self::Data];

    fn name(self) -> &'static str {
        match self {
            Self::Content => "files have the content that was hashed",
            Self::Identity => "name is the hash of the specification",
            Self::Metrics => "metrics follow from per-user ranks",
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
    /// There is no hash to hold it against.
    NotHashed,
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

/// All that was checked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verification {
    /// Name of the experiment.
    pub experiment: String,
    /// Every check.
    pub checked: Vec<Checked>,
    /// Trainings that the index says are not complete, each once; there is nothing to check.
    pub unfinished: usize,
}

impl Verification {
    /// Whether nothing differs and nothing is missing.
    pub fn passed(&self) -> bool {
        self.problems().next().is_none()
    }

    /// What differs or is missing.
    pub fn problems(&self) -> impl Iterator<Item = &Checked> {
        let is_problem = |checked: &&Checked| {
            matches!(checked.finding, Finding::Missing | Finding::Differs { .. })
        };
        self.checked.iter().filter(is_problem)
    }

    /// A Markdown table of counts, then one line per problem.
    pub fn text(&self) -> String {
        let mut text = format!("{}\n{}", self.table().markdown(), self.conclusion());
        for checked in self.problems() {
            let file = checked.file.display();
            text.push_str(&match &checked.finding {
                Finding::Differs { found, expected } => {
                    format!("- {file}: found {found}, expected {expected}\n")
                }
                _ => format!("- {file}: missing\n"),
            });
        }
        text
    }

    fn table(&self) -> Grid {
        let header = ["check", "checked", "ok", "differs", "missing", "not hashed"];
        let rows = Check::ALL.into_iter().map(|check| {
            let of_check = || self.checked.iter().filter(move |checked| checked.check == check);
            let count = |wanted: fn(&Finding) -> bool| {
                of_check().filter(|checked| wanted(&checked.finding)).count().to_string().into()
            };
            vec![
                check.name().into(),
                of_check().count().to_string().into(),
                count(|finding| *finding == Finding::Ok),
                count(|finding| matches!(finding, Finding::Differs { .. })),
                count(|finding| *finding == Finding::Missing),
                count(|finding| *finding == Finding::NotHashed),
            ]
        });
        Grid {
            name: "verify",
            caption: String::new(),
            header: header.map(str::to_owned).to_vec(),
            words: 1,
            rows: rows.collect(),
        }
    }

    fn conclusion(&self) -> String {
        let unfinished = match self.unfinished {
            0 => String::new(),
            count => format!(" Not complete and not checked: {count} planned."),
        };
        let name = &self.experiment;
        match self.problems().count() {
            0 => format!("{name}: nothing differs, nothing is missing.{unfinished}\n"),
            count => format!("{name}: {count} of the checks failed.{unfinished}\n"),
        }
    }
}

/// Checks every file that belongs to the experiment whose index lies in `results_dir`.
///
/// # Errors
///
/// When the index cannot be read or contradicts itself. What is wrong with any other file is part
/// of the result.
pub fn verify(results_dir: &Path) -> Result<Verification, ReportError> {
    let path = results_dir.join(INDEX_FILE);
    let index = read_index(&path)?;
    check(&index, &path)?;
    let mut all = Verification { experiment: index.experiment.clone(), ..Verification::default() };
    let (mut seen, mut unfinished) = (BTreeSet::new(), BTreeSet::new());
    for reference in &index.references {
        if reference.status != CellStatus::Complete {
            unfinished.insert(&reference.id);
            continue;
        }
        let expected = Expected {
            id: &reference.id,
            seed: reference.seed,
            negatives: None,
            reference: None,
            index: &index,
        };
        all.checked.extend(Entry::new(results_dir.join(&reference.dir)).verify(&expected));
    }
    for cell in &index.cells {
        if cell.status != CellStatus::Complete {
            unfinished.insert(&cell.id);
            continue;
        }
        // Cells that are the same by definition share a folder.
        if !seen.insert(&cell.dir) {
            continue;
        }
        let expected = Expected {
            id: &cell.id,
            seed: cell.seed,
            negatives: Some(cell.negatives),
            reference: Some(&cell.reference),
            index: &index,
        };
        all.checked.extend(Entry::new(results_dir.join(&cell.dir)).verify(&expected));
    }
    let first = index.cells.iter().find(|cell| cell.status == CellStatus::Complete);
    if let Some(store) = first.and_then(|cell| cell.dir.parent()?.parent()) {
        let fingerprint = &index.dataset.fingerprint;
        let name = fingerprint.get(..16).unwrap_or(fingerprint);
        let dir = results_dir.join(store).join("datasets").join(name);
        all.checked.extend(Entry::new(dir).content());
    }
    let popularity = results_dir.join(&index.popularity.dir).join(METRICS_FILE);
    let finding = if popularity.is_file() { Finding::NotHashed } else { Finding::Missing };
    all.checked.push(Checked { check: Check::Content, file: popularity, finding });
    all.unfinished = unfinished.len();
    Ok(all)
}
