//! The index of a results folder, read and checked.

use std::collections::{BTreeSet, HashSet};
use std::path::Path;

use prefsweep_store::{INDEX_FORMAT, Index};

use crate::error::ReportError;
use crate::files::{read_format, read_json};

/// The index, in the format of this version.
pub(crate) fn read_index(path: &Path) -> Result<Index, ReportError> {
    let found = read_format(path)?;
    if found != u64::from(INDEX_FORMAT) {
        let remedy = "run the experiment again with this version: runs have other identities now";
        return Err(ReportError::format(path, found, INDEX_FORMAT, remedy));
    }
    let index = read_json(path)?;
    check(&index, path)?;
    Ok(index)
}

fn check(index: &Index, path: &Path) -> Result<(), ReportError> {
    let contradiction =
        |message| Err(ReportError::Contradiction { path: path.to_owned(), message });
    let known: BTreeSet<&str> = index.references.iter().map(|entry| entry.id.as_str()).collect();
    if known.len() < index.references.len() {
        return contradiction("two references have the same id".to_owned());
    }
    let mut seen = HashSet::new();
    for cell in &index.cells {
        if !known.contains(cell.reference.as_str()) {
            return contradiction(format!(
                "run `{}` ({}) names the reference `{}`, which is not listed",
                cell.id, cell.key, cell.reference
            ));
        }
        if !seen.insert(&cell.key) {
            return contradiction(format!("{} is listed twice", cell.key));
        }
    }
    Ok(())
}
