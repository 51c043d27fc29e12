//! The references where the files name none: at step 0 a run is what it starts from.

use std::collections::BTreeMap;
use std::path::PathBuf;

use prefsweep_store::{ReferenceKey, RunKey};

use super::error::ImportError;
use super::runs::{Evaluation, Part, Run, UserRow};
use crate::data::Split;
use crate::evaluation::Protocol;

/// A reference, with the run that each part of it is taken from.
struct Start<'r> {
    key: RunKey,
    file: usize,
    parts: BTreeMap<(Split, Protocol), (&'r Part, &'r Run)>,
}

/// One reference for all runs of a seed. `users` are the names of users, `files` those of files.
///
/// # Errors
/// When two runs of a seed differ at step 0: then one of them did not start from the other's reference.
pub(super) fn references(
    runs: &[Run],
    users: &[String],
    files: &[PathBuf],
) -> Result<Vec<Run>, ImportError> {
    let mut starts: Vec<Start<'_>> = Vec::new();
    for run in runs {
        let (RunKey::Cell(cell), Some(first)) = (&run.key, run.evaluations.get(&0)) else {
            continue;
        };
        let key = RunKey::Reference(ReferenceKey { seed: cell.seed, axes: cell.axes.clone() });
        let known = starts.iter().position(|start| start.key == key).unwrap_or_else(|| {
            starts.push(Start { key, file: run.file, parts: BTreeMap::new() });
            starts.len() - 1
        });
        for (at, part) in &first.parts {
            let (known, of) = *starts[known].parts.entry(*at).or_insert((part, run));
            if let Some((row, other, found, allowed)) = difference(part, known, users) {
                let message = format!(
                    "found {found} at step 0 of {}, allowed {allowed}, as at step 0 of {} ({}): without rows of the \
                     loss `reference`, step 0 is what all runs of a seed start from",
                    run.key,
                    of.key,
                    other.said(files)
                );
                return Err(ImportError::at(&files[row.file as usize], row.place, message));
            }
        }
    }
    Ok(starts.into_iter().map(Start::run).collect())
}

impl Start<'_> {
    fn run(self) -> Run {
        let parts = self.parts.into_iter().map(|(at, (part, _))| (at, part.clone())).collect();
        let evaluation = Evaluation { parts, training: BTreeMap::new() };
        Run { key: self.key, file: self.file, evaluations: BTreeMap::from([(0, evaluation)]) }
    }
}

/// The first row that differs from the other part's of its user, with what was found and what was before. What only one
/// of the two says is no difference.
fn difference<'p>(
    part: &'p Part,
    known: &'p Part,
    users: &[String],
) -> Option<(&'p UserRow, &'p UserRow, String, String)> {
    let differ = |one: Option<u32>, other: Option<u32>| one.zip(other).is_some_and(|(a, b)| a != b);
    for (row, other) in part.rows.iter().zip(&known.rows) {
        let user = &users[row.user as usize];
        let said = |what: &str, found: &dyn ToString, allowed: &dyn ToString| {
            let found = format!("{what} `{}` of user `{user}`", found.to_string());
            Some((row, other, found, format!("`{}`", allowed.to_string())))
        };
        let count = |count: Option<u32>| count.unwrap_or_default();
        if row.rank != other.rank {
            return said("the rank", &row.rank, &other.rank);
        }
        if differ(row.ties, other.ties) {
            return said("the ties", &count(row.ties), &count(other.ties));
        }
        if differ(row.competitors, other.competitors) {
            return said("the competitors", &count(row.competitors), &count(other.competitors));
        }
    }
    // Texts that name no candidate rank the truth like those that name another one.
    match (part.valid.zip(known.valid), part.rows.first().zip(known.rows.first())) {
        (Some((found, allowed)), Some((row, other))) if found != allowed => {
            let found = format!("a share of {found} valid texts");
            Some((row, other, found, allowed.to_string()))
        }
        _ => None,
    }
}
