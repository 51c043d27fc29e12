//! Writing all entries, and what the index says of them.

use std::collections::BTreeSet;
use std::path::Path;

use prefsweep_store::{
    CellEntry, CellKey, CellStatus, Kind, ReferenceEntry, ReferenceKey, RunKey, StoreError, id_of,
    relative,
};

use super::control::{all_k, is_everywhere, shown_at};
use super::entries::Entries;
use super::runs::Run;

/// Writes the entries of all runs; gives back the references and the cells for an index in `out`.
///
/// # Errors
/// When a file cannot be written.
pub(super) fn listed(
    entries: &Entries<'_>,
    out: &Path,
) -> Result<(Vec<ReferenceEntry>, Vec<CellEntry>), StoreError> {
    let references = references(entries, out)?;
    let runs = || entries.found.runs.iter();
    let all_k = all_k(&entries.found.runs);
    let mut cells = Vec::new();
    for (run, key) in runs().filter_map(|run| Some((run, cell(run)?))) {
        let fitting = references.iter().filter(|(reference, _)| reference.is_start_of(key));
        let start = fitting.max_by_key(|(reference, _)| reference.axes.len());
        let reference = start.map_or(String::new(), |(_, entry)| entry.id.clone());
        let id = entries.write(run, &reference)?;
        let everywhere = is_everywhere(key);
        for negatives in shown_at(key, &all_k) {
            cells.push(CellEntry {
                id: id.clone(),
                key: CellKey { negatives, ..key.clone() },
                trained_as: None,
                resolved: if everywhere { vec!["negatives".into()] } else { Vec::new() },
                reference: reference.clone(),
                dir: relative(&entries.store.entry(Kind::Cell, &id), out),
                status: CellStatus::Complete,
            });
        }
    }
    Ok((references.into_iter().map(|(_, entry)| entry).collect(), cells))
}

/// The references, and a missing one for every seed of which cells have none: they name what they start from.
fn references(
    entries: &Entries<'_>,
    out: &Path,
) -> Result<Vec<(ReferenceKey, ReferenceEntry)>, StoreError> {
    let mut found = Vec::new();
    let mut add = |key: ReferenceKey, id: String, status| {
        let dir = relative(&entries.store.entry(Kind::Reference, &id), out);
        let entry = ReferenceEntry { id, seed: key.seed, axes: key.axes.clone(), dir, status };
        found.push((key, entry));
    };
    let runs = || entries.found.runs.iter();
    let mut known = Vec::new();
    for run in runs() {
        if let RunKey::Reference(key) = &run.key {
            add(key.clone(), entries.write(run, "")?, CellStatus::Complete);
            known.push(key);
        }
    }
    let lacks =
        runs().filter_map(cell).filter(|cell| !known.iter().any(|key| key.is_start_of(cell)));
    let seeds: BTreeSet<u64> = lacks.map(|cell| cell.seed).collect();
    for seed in seeds {
        let id = id_of(&format!("no reference of seed {seed}"));
        add(ReferenceKey { seed, axes: [].into() }, id, CellStatus::Missing);
    }
    Ok(found)
}

fn cell(run: &Run) -> Option<&CellKey> {
    match &run.key {
        RunKey::Cell(cell) => Some(cell),
        RunKey::Reference(_) => None,
    }
}
