//! Runs with the ranks of their users.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use prefsweep_store::{CellStatus, DatasetFacts, Index, RANKS_FILE, RunKey};

use crate::error::ReportError;
use crate::ranks::{UserRanks, last_ranks};

/// One run with the ranks of all users on the test split, at the end of training.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct RankedCell {
    pub(crate) id: String,
    /// None where the results know their runs by labels alone.
    pub(crate) key: Option<RunKey>,
    /// The loss with the values on the axes.
    pub(crate) label: String,
    /// None for a reference.
    pub(crate) negatives: Option<usize>,
    pub(crate) seed: u64,
    /// By protocol.
    pub(crate) ranks: BTreeMap<&'static str, UserRanks>,
}

impl RankedCell {
    pub(crate) fn new(id: &str, key: RunKey) -> Self {
        Self {
            id: id.to_owned(),
            label: key.label(),
            negatives: key.negatives(),
            seed: key.seed(),
            key: Some(key),
            ranks: BTreeMap::new(),
        }
    }

    /// Whether they differ in their seeds at most. Where one of them has no key, their labels and K
    /// decide.
    pub(crate) fn is_same_setting(&self, other: &Self) -> bool {
        match (&self.key, &other.key) {
            (Some(one), Some(other)) => one.is_same_setting(other),
            _ => (&self.label, self.negatives) == (&other.label, other.negatives),
        }
    }

    /// Whether they are the same run.
    pub(crate) fn is_same_run(&self, other: &Self) -> bool {
        self.seed == other.seed && self.is_same_setting(other)
    }
}

/// All runs of an experiment that have results.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct RankedCells {
    pub(crate) experiment: String,
    pub(crate) dataset: DatasetFacts,
    pub(crate) cutoffs: Vec<usize>,
    /// References first, then cells in the order of the plan.
    pub(crate) cells: Vec<RankedCell>,
}

impl RankedCells {
    /// Ranks of every complete run of a results folder.
    pub(crate) fn of_results(dir: &Path, index: &Index) -> Result<Self, ReportError> {
        let mut cells = Vec::new();
        let ranks = |folder: &Path| last_ranks(&dir.join(folder).join(RANKS_FILE), "test");
        for entry in &index.references {
            if entry.status == CellStatus::Complete {
                let ranks = ranks(&entry.dir)?;
                cells.push(RankedCell { ranks, ..RankedCell::new(&entry.id, entry.into()) });
            }
        }
        // Cells that are the same by definition share a folder.
        let mut read: BTreeMap<&PathBuf, BTreeMap<&'static str, UserRanks>> = BTreeMap::new();
        for entry in index.cells.iter().filter(|cell| cell.status == CellStatus::Complete) {
            if !read.contains_key(&entry.dir) {
                read.insert(&entry.dir, ranks(&entry.dir)?);
            }
            let ranks = read[&entry.dir].clone();
            cells.push(RankedCell { ranks, ..RankedCell::new(&entry.id, entry.into()) });
        }
        Ok(Self {
            experiment: index.experiment.clone(),
            dataset: index.dataset.clone(),
            cutoffs: index.cutoffs.clone(),
            cells,
        })
    }
}
