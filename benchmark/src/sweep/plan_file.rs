//! A plan as a file, for elements that run on other machines and never plan anew.

use std::io;
use std::path::Path;

use prefsweep_store::{Store, StoreError, at};
use serde::{Deserialize, Serialize};

use super::machine::git_revision;
use super::revisions::committed_revision;
use super::tasks::{Task, tasks};
use crate::experiment::Plan;

/// The version of the file.
const FORMAT: u32 = 1;

/// Everything that an element needs beside the store.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlanFile {
    /// The version of the file.
    format: u32,
    /// The program that planned, as [`program`] names it.
    pub program: String,
    /// The experiment's name.
    pub experiment: String,
    /// The fingerprint of its data, which lie in the store.
    pub data: String,
    /// The backend that computes, which is part of every id.
    pub device: String,
    /// Whether a software graphics adapter is allowed.
    pub software: bool,
    /// What is run together: one element for each reference, one for the baselines, then groups of cells.
    pub elements: Vec<Element>,
}

/// What is run together, on one machine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Element {
    /// The number of the element, from 0, that must be complete before.
    pub needs: Option<usize>,
    /// Its tasks, complete or not.
    pub tasks: Vec<Task>,
}

impl PlanFile {
    /// All of a plan, with up to `cells` cells of one reference in an element. The same plan gives the same file,
    /// whatever is complete.
    ///
    /// # Errors
    /// When the program's own file cannot be read.
    pub fn new(
        plan: &Plan,
        experiment: &str,
        data: &str,
        (device, software): (&str, bool),
        cells: usize,
    ) -> io::Result<Self> {
        let (first, cell_tasks): (Vec<Task>, Vec<Task>) =
            tasks(plan, 1, &|_, _| true).into_iter().partition(|t| t.job.starts_from().is_none());
        let (references, baselines): (Vec<Task>, Vec<Task>) =
            first.into_iter().partition(|task| task.job.is_reference());
        let alone = |tasks: Vec<Task>| Element { needs: None, tasks };
        let mut elements: Vec<Element> =
            references.iter().map(|reference| alone(vec![reference.clone()])).collect();
        if !baselines.is_empty() {
            elements.push(alone(baselines));
        }
        for (number, reference) in references.iter().enumerate() {
            let own: Vec<&Task> = cell_tasks
                .iter()
                .filter(|task| task.job.starts_from() == Some(&reference.ids[0]))
                .collect();
            elements.extend(own.chunks(cells.max(1)).map(|group| Element {
                needs: Some(number),
                tasks: group.iter().map(|task| (*task).clone()).collect(),
            }));
        }
        Ok(Self {
            format: FORMAT,
            program: program()?,
            experiment: experiment.into(),
            data: data.into(),
            device: device.into(),
            software,
            elements,
        })
    }

    /// Writes it, whole or not at all; gives the hash of what was written.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write(&self, path: &Path) -> Result<String, StoreError> {
        let text = serde_json::to_vec_pretty(self).expect("a plan is plain data");
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let draft = tempfile::NamedTempFile::new_in(folder.unwrap_or(Path::new(".")));
        let draft = draft.map_err(at(path))?;
        std::fs::write(draft.path(), &text).map_err(at(path))?;
        // Elements may be run by others of the group, as a file that was simply written could be.
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let readable = std::fs::Permissions::from_mode(0o644);
            std::fs::set_permissions(draft.path(), readable).map_err(at(path))?;
        }
        draft.persist(path).map_err(|error| at(path)(error.error))?;
        Ok(hash(&text))
    }

    /// Reads a file; gives its hash, too. None where it is no plan of this version.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn read(path: &Path) -> Result<Option<(Self, String)>, StoreError> {
        let text = std::fs::read(path).map_err(at(path))?;
        let plan = serde_json::from_slice::<Self>(&text).ok();
        let plan = plan.filter(|plan| plan.format == FORMAT);
        Ok(plan.map(|plan| (plan, hash(&text))))
    }
}

impl Element {
    /// Whether all its entries are in the store.
    #[must_use]
    pub fn is_complete(&self, store: &Store) -> bool {
        self.tasks.iter().all(|task| task.is_complete(store))
    }
}

fn hash(text: &[u8]) -> String {
    blake3::hash(text).to_hex()[..16].to_owned()
}

/// This program: version and revision, and where the revision does not say what it was built from, the hash of its
/// file.
///
/// # Errors
/// When its file cannot be read.
pub fn program() -> io::Result<String> {
    let revision = git_revision().unwrap_or_else(|| "unknown".into());
    let mut name = format!("{} {revision}", env!("CARGO_PKG_VERSION"));
    if committed_revision().is_none() {
        name = format!("{name} {}", hash(&std::fs::read(std::env::current_exe()?)?));
    }
    Ok(name)
}
