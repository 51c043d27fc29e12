//! Exporting everything.

use std::fs;
use std::path::{Path, PathBuf};

use prefsweep_store::INDEX_FILE;

use super::run::runs;
use super::selected;
use super::tables::{metrics, trajectories, write};
use super::tensorboard;
use crate::error::ReportError;
use crate::index::read_index;
use crate::ranked_cells::{self, RankedCells};

/// Writes all tables into `out_dir`, which is made when needed: `metrics` and `trajectories` as CSV
/// and Parquet, `ranks.parquet` with `export.json` (what `prefsweep compare` reads), `selected.parquet`, and with
/// `tensorboard` one folder of event files per cell.
///
/// Gives back the files written.
///
/// # Errors
///
/// When a file of the results cannot be used, or one cannot be written.
pub fn export(
    results_dir: &Path,
    out_dir: &Path,
    tensorboard: bool,
) -> Result<Vec<PathBuf>, ReportError> {
    let index = read_index(&results_dir.join(INDEX_FILE))?;
    fs::create_dir_all(out_dir).map_err(ReportError::write(out_dir))?;
    let runs = runs(&index, results_dir);
    let mut files = Vec::new();
    for (name, table) in
        [("metrics", metrics(&index, &runs)?), ("trajectories", trajectories(&index, &runs)?)]
    {
        files.extend(write(table, &out_dir.join(name))?);
    }
    files.extend(ranked_cells::write(&RankedCells::of_results(results_dir, &index)?, out_dir)?);
    files.push(selected::write(results_dir, out_dir)?);
    if tensorboard {
        files.extend(tensorboard::write(&index, &runs, &out_dir.join("tensorboard"))?);
    }
    Ok(files)
}
