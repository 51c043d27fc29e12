//! The compact form that `prefsweep export` writes: a description, and one row per run, protocol and
//! user.

use std::path::{Path, PathBuf};

use polars::prelude::*;
use prefsweep_store::{DatasetFacts, RANKS_FILE, RunKey, value_name};
use serde::{Deserialize, Serialize};

use super::cells::{RankedCell, RankedCells};
use super::rows::read_runs;
use crate::axes::Axes;
use crate::error::ReportError;
use crate::files::{write_json, write_parquet};

/// Name of the description beside exported tables.
pub(super) const EXPORT_FILE: &str = "export.json";
/// The format version of [`EXPORT_FILE`] and of the ranks beside it.
pub(super) const EXPORT_FORMAT: u32 = 2;

/// What an export is of.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Description {
    pub(super) format: u32,
    pub(super) experiment: String,
    pub(super) dataset: DatasetFacts,
    pub(super) cutoffs: Vec<usize>,
}

/// Writes the description and the ranks into a folder.
pub(crate) fn write(results: &RankedCells, dir: &Path) -> Result<[PathBuf; 2], ReportError> {
    let description = dir.join(EXPORT_FILE);
    let content = Description {
        format: EXPORT_FORMAT,
        experiment: results.experiment.clone(),
        dataset: results.dataset.clone(),
        cutoffs: results.cutoffs.clone(),
    };
    write_json(&description, &content)?;
    let ranks = dir.join(RANKS_FILE);
    write_parquet(&ranks, frame(&results.cells))?;
    Ok([description, ranks])
}

/// A run as its rows name it.
struct Named<'a> {
    cell: &'a RankedCell,
    key: &'a RunKey,
    loss: String,
    json: String,
}

fn frame(cells: &[RankedCell]) -> PolarsResult<DataFrame> {
    let named = cells.iter().filter_map(|cell| Some((cell, cell.key.as_ref()?)));
    let named = named.map(|(cell, key)| Named { cell, key, loss: key.loss(), json: key.json() });
    let named: Vec<Named<'_>> = named.collect();
    let all = named.iter().flat_map(|run| {
        run.cell.ranks.iter().flat_map(move |(protocol, ranks)| {
            ranks.iter().map(move |(user, rank)| (run, *protocol, *user, *rank))
        })
    });
    let mut all: Vec<_> = all.collect();
    // All ranks of a user beside each other, since they are alike: a third of the size of run after run.
    all.sort_by_key(|(.., user, _)| *user);
    let rows = || all.iter().copied();
    let loss = || rows().map(|(run, ..)| run.loss.as_str());
    let key = || rows().map(|(run, ..)| run.json.as_str());
    let k = || rows().map(|(run, ..)| run.cell.negatives.map(|k| k as u32));
    let mut columns = vec![
        column("id", rows().map(|(run, ..)| run.cell.id.as_str()).collect::<Vec<_>>()),
        column("loss", loss().collect::<Vec<_>>()),
        column("K", k().collect::<Vec<_>>()),
        column("seed", rows().map(|(run, ..)| run.cell.seed).collect::<Vec<_>>()),
    ];
    let others = ["id", "loss", "K", "seed", "key", "protocol", "user", "rank", "ties"];
    for (axis, name) in Axes::of(named.iter().map(|run| run.key.axes())).columns(&others) {
        let value = |run: &Named<'_>| run.key.axes().get(axis).map(value_name);
        let values: Vec<Option<String>> = rows().map(|(run, ..)| value(run)).collect();
        columns.push(column(name, values));
    }
    columns.extend([
        column("key", key().collect::<Vec<_>>()),
        column("protocol", rows().map(|(_, protocol, ..)| protocol).collect::<Vec<_>>()),
        column("user", rows().map(|(.., user, _)| user).collect::<Vec<_>>()),
        column("rank", rows().map(|(.., rank)| rank.rank).collect::<Vec<_>>()),
        column("ties", rows().map(|(.., rank)| rank.ties).collect::<Vec<_>>()),
    ]);
    DataFrame::new(all.len(), columns)
}

fn column<T, P: ?Sized>(name: &str, values: T) -> Column
where
    Series: NamedFrom<T, P>,
{
    Column::new(name.into(), values)
}

/// The runs of a folder.
pub(super) fn read(dir: &Path, items: usize) -> Result<Vec<RankedCell>, ReportError> {
    read_runs(&dir.join(RANKS_FILE), "key", items, |run| {
        let key = RunKey::read(run.name, run.negatives.is_some())?;
        Ok(RankedCell::new(run.id, key))
    })
}
