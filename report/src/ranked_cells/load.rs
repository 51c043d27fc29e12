//! Finding out which kind of folder holds the runs.

use std::path::Path;

use prefsweep_store::INDEX_FILE;

use super::cells::RankedCells;
use super::compact::{self, Description, EXPORT_FILE, EXPORT_FORMAT};
use super::labelled;
use crate::error::ReportError;
use crate::files::{read_format, read_json};
use crate::index::read_index;

/// From a results folder, its index, or a folder with an export.
pub(crate) fn load(path: &Path) -> Result<RankedCells, ReportError> {
    let dir = if path.is_file() { path.parent().unwrap_or(Path::new(".")) } else { path };
    if dir.join(INDEX_FILE).is_file() {
        RankedCells::of_results(dir, &read_index(&dir.join(INDEX_FILE))?)
    } else if dir.join(EXPORT_FILE).is_file() {
        of_export(dir)
    } else {
        Err(ReportError::NoResults { path: path.to_owned() })
    }
}

fn of_export(dir: &Path) -> Result<RankedCells, ReportError> {
    let file = dir.join(EXPORT_FILE);
    let found = read_format(&file)?;
    if ![labelled::FORMAT, EXPORT_FORMAT].map(u64::from).contains(&found) {
        let remedy = "make it again with `prefsweep export`";
        return Err(ReportError::format(&file, found, EXPORT_FORMAT, remedy));
    }
    let Description { format, experiment, dataset, cutoffs } = read_json(&file)?;
    let cells = match format {
        labelled::FORMAT => labelled::read(dir, dataset.items)?,
        _ => compact::read(dir, dataset.items)?,
    };
    Ok(RankedCells { experiment, dataset, cutoffs, cells })
}
