//! The test ranks of all trainings of an experiment, from its results or from the compact file
//! that `prefsweep export` writes.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};

use polars::prelude::*;
use serde::{Deserialize, Serialize};

use crate::error::ReportError;
use crate::ranks::{UserRanks, last_ranks, not_null, read_parquet, word};
use crate::results::{
    CellStatus, DatasetFacts, INDEX_FILE, Index, PROTOCOLS, RANKS_FILE, with_axes,
};
use crate::sweep::{check, read_index, read_json};

/// Name of the description beside exported tables.
pub(crate) const EXPORT_FILE: &str = "export.json";
/// The format version of [`EXPORT_FILE`] and of the ranks beside it.
const EXPORT_FORMAT: u32 = 1;
/// The name of a reference among losses; it has no K.
pub(crate) const REFERENCE: &str = "reference";

/// What an export is of.
#[derive(Debug, Serialize, Deserialize)]
struct Description {
    format: u32,
    experiment: String,
    dataset: DatasetFacts,
    cutoffs: Vec<usize>,
}

/// One training with the ranks of all users on the test split, at the end of training.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct RankedCell {
    pub(crate) id: String,
    pub(crate) loss: String,
    /// None for a reference.
    pub(crate) negatives: Option<usize>,
    pub(crate) seed: u64,
    pub(crate) axes: BTreeMap<String, String>,
    /// By protocol.
    pub(crate) ranks: BTreeMap<&'static str, UserRanks>,
}

impl RankedCell {
    /// The loss with the other swept scalars.
    pub(crate) fn label(&self) -> String {
        with_axes(&self.loss, &self.axes)
    }
}

/// All trainings of an experiment that have results.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct RankedCells {
    pub(crate) experiment: String,
    pub(crate) dataset: DatasetFacts,
    pub(crate) cutoffs: Vec<usize>,
    /// References first, then cells in the order of the plan.
    pub(crate) cells: Vec<RankedCell>,
}

impl RankedCells {
    /// From a results folder, its index, or a folder with an export.
    pub(crate) fn load(path: &Path) -> Result<Self, ReportError> {
        let dir = if path.is_file() { path.parent().unwrap_or(Path::new(".")) } else { path };
        if dir.join(INDEX_FILE).is_file() {
            let file = dir.join(INDEX_FILE);
            let index = read_index(&file)?;
            check(&index, &file)?;
            Self::of_results(dir, &index)
        } else if dir.join(EXPORT_FILE).is_file() {
            Self::of_export(dir)
        } else {
            Err(ReportError::NoResults { path: path.to_owned() })
        }
    }

    /// Ranks of every complete training of a results folder.
    pub(crate) fn of_results(dir: &Path, index: &Index) -> Result<Self, ReportError> {
        let mut cells = Vec::new();
        for entry in &index.references {
            if entry.status == CellStatus::Complete {
                cells.push(RankedCell {
                    id: entry.id.clone(),
                    loss: REFERENCE.to_owned(),
                    negatives: None,
                    seed: entry.seed,
                    axes: entry.axes.clone(),
                    ranks: last_ranks(&dir.join(&entry.dir).join(RANKS_FILE), "test")?,
                });
            }
        }
        // Cells that are the same by definition share a folder.
        let mut read: BTreeMap<&PathBuf, BTreeMap<&'static str, UserRanks>> = BTreeMap::new();
        for entry in index.cells.iter().filter(|cell| cell.status == CellStatus::Complete) {
            if !read.contains_key(&entry.dir) {
                let ranks = last_ranks(&dir.join(&entry.dir).join(RANKS_FILE), "test")?;
                read.insert(&entry.dir, ranks);
            }
            cells.push(RankedCell {
                id: entry.id.clone(),
                loss: entry.loss.clone(),
                negatives: Some(entry.negatives),
                seed: entry.seed,
                axes: entry.axes.clone(),
                ranks: read[&entry.dir].clone(),
            });
        }
        Ok(Self {
            experiment: index.experiment.clone(),
            dataset: index.dataset.clone(),
            cutoffs: index.cutoffs.clone(),
            cells,
        })
    }

    /// Writes the description and one row per training, protocol and user.
    pub(crate) fn export(&self, dir: &Path) -> Result<[PathBuf; 2], ReportError> {
        let description = dir.join(EXPORT_FILE);
        let content = Description {
            format: EXPORT_FORMAT,
            experiment: self.experiment.clone(),
            dataset: self.dataset.clone(),
            cutoffs: self.cutoffs.clone(),
        };
        crate::write_json(&description, &content)?;
        let ranks = dir.join(RANKS_FILE);
        let file = File::create(&ranks).map_err(ReportError::write(&ranks))?;
        self.frame()
            .and_then(|mut frame| ParquetWriter::new(file).finish(&mut frame))
            .map_err(|error| ReportError::write(&ranks)(std::io::Error::other(error)))?;
        Ok([description, ranks])
    }

    fn frame(&self) -> PolarsResult<DataFrame> {
        let rows = || {
            self.cells.iter().flat_map(|cell| {
                cell.ranks.iter().flat_map(move |(protocol, ranks)| {
                    ranks.iter().map(move |(user, rank)| (cell, *protocol, *user, *rank))
                })
            })
        };
        let axes = |cell: &RankedCell| serde_json::to_string(&cell.axes).unwrap_or_default();
        df!(
            "id" => rows().map(|(cell, ..)| cell.id.as_str()).collect::<Vec<_>>(),
            "loss" => rows().map(|(cell, ..)| cell.loss.as_str()).collect::<Vec<_>>(),
            "K" => rows().map(|(cell, ..)| cell.negatives.map(|k| k as u32)).collect::<Vec<_>>(),
            "seed" => rows().map(|(cell, ..)| cell.seed).collect::<Vec<_>>(),
            "axes" => rows().map(|(cell, ..)| axes(cell)).collect::<Vec<_>>(),
            "protocol" => rows().map(|(_, protocol, ..)| protocol).collect::<Vec<_>>(),
            "user" => rows().map(|(.., user, _)| user).collect::<Vec<_>>(),
            "rank" => rows().map(|(.., rank)| rank).collect::<Vec<_>>(),
        )
    }

    fn of_export(dir: &Path) -> Result<Self, ReportError> {
        let file = dir.join(EXPORT_FILE);
        let description: Description = read_json(&file)?;
        if description.format != EXPORT_FORMAT {
            let found = u64::from(description.format);
            return Err(ReportError::Format { path: file, found, expected: EXPORT_FORMAT });
        }
        let ranks = dir.join(RANKS_FILE);
        File::open(&ranks).map_err(ReportError::read(&ranks))?;
        let cells = read_parquet(&ranks)
            .and_then(|frame| cells(&frame))
            .map_err(|error| ReportError::parquet(&ranks, &error))?;
        let Description { experiment, dataset, cutoffs, .. } = description;
        Ok(Self { experiment, dataset, cutoffs, cells })
    }
}

fn cells(frame: &DataFrame) -> PolarsResult<Vec<RankedCell>> {
    let words = |name: &str| frame.column(name)?.str();
    let (id, loss, axes) = (words("id")?, words("loss")?, words("axes")?);
    let (protocol, seed) = (words("protocol")?, frame.column("seed")?.u64()?);
    let (k, user) = (frame.column("K")?.u32()?, frame.column("user")?.u32()?);
    let rank = frame.column("rank")?.f32()?;
    let mut cells: Vec<RankedCell> = Vec::new();
    let mut start = None;
    for row in 0..frame.height() {
        // Rows of one training lie together.
        let key = (id.get(row), loss.get(row), k.get(row), seed.get(row), axes.get(row));
        if start != Some(key) {
            let axes = not_null("axes", row, key.4)?;
            cells.push(RankedCell {
                id: not_null("id", row, key.0)?.to_owned(),
                loss: not_null("loss", row, key.1)?.to_owned(),
                negatives: key.2.map(|k| k as usize),
                seed: not_null("seed", row, key.3)?,
                axes: serde_json::from_str(axes).map_err(
                    |error| polars_err!(ComputeError: "row {}: axes `{axes}`: {error}", row + 1),
                )?,
                ranks: BTreeMap::new(),
            });
            start = Some(key);
        }
        let protocol = word("protocol", row, protocol.get(row), &PROTOCOLS)?;
        let one = (not_null("user", row, user.get(row))?, not_null("rank", row, rank.get(row))?);
        if let Some(cell) = cells.last_mut() {
            cell.ranks.entry(protocol).or_default().push(one);
        }
    }
    Ok(cells)
}
