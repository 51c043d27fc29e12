//! What was read, checked and completed as far as it follows from itself.

use std::collections::BTreeMap;
use std::path::Path;

use prefsweep_store::RunKey;

use super::control;
use super::ends;
use super::error::ImportError;
use super::first_steps::references;
use super::limits::MOST;
use super::mapping::Mapping;
use super::read::Found;
use super::runs::{Evaluation, Run};
use super::users::{align, numbers, rows};
use crate::data::Split;
use crate::evaluation::Protocol;

/// Everything that entries and index are written from.
#[derive(Debug)]
pub(super) struct Prepared {
    pub(super) runs: Vec<Run>,
    /// The number of each user.
    pub(super) numbers: Vec<u32>,
    /// The numbers of the users of each split.
    pub(super) users: BTreeMap<Split, Vec<u32>>,
    /// Items of the catalogue, or as many as there are at least.
    pub(super) items: usize,
    /// Competitors where the files do not say how many.
    pub(super) competitors: BTreeMap<Protocol, u32>,
    pub(super) knows: Knows,
}

/// What the files say.
#[derive(Clone, Copy, Debug)]
pub(super) struct Knows {
    /// The number of competitors of every rank.
    pub(super) competitors: bool,
    /// Ties of every rank.
    pub(super) ties: bool,
    /// Who is first, and nothing else, as generated texts do.
    pub(super) first_alone: bool,
}

/// Checks what was read.
///
/// # Errors
/// When there is no test rank, users differ between evaluations, a run is there twice or ends without what others have at
/// their ends, runs of a seed start from different ranks, or the mapping has fewer items than the files.
pub(super) fn prepare(
    source: &Path,
    mapping: &Mapping,
    found: &mut Found,
) -> Result<Prepared, ImportError> {
    let numbers = numbers(&found.runs.users);
    let users = align(&mut found.runs, &numbers, &found.paths)?;
    let refuse = |message: String| Err(ImportError::of(source, message));
    if !users.contains_key(&Split::Test) {
        return refuse("found no rank of the split `test`, allowed at least one run's".into());
    }
    let mut runs = std::mem::take(&mut found.runs.runs);
    control::check(&runs, &found.paths)?;
    ends::check(&runs, &mapping.tuning_seeds, &found.paths)?;
    let mut last = BTreeMap::new();
    let (mut items, mut knows) =
        (2, Knows { competitors: true, ties: true, first_alone: mapping.candidates.is_some() });
    for (protocol, row) in rows(&runs) {
        let place = last.entry(protocol).or_insert(2);
        *place = row.last_place().max(*place);
        items =
            items.max(row.competitors.map_or(0, |count| count as usize + 1)).max(*place as usize);
        knows.competitors &= row.competitors.is_some();
        knows.ties &= row.ties.is_some();
    }
    if let Some(known) = mapping.dataset.items {
        if known < items {
            return refuse(format!(
                "found an item among {items}, allowed {known}, which the mapping has as `dataset.items`"
            ));
        }
        items = known;
        // The mapping was checked: there are at most `MOST`.
        last.insert(Protocol::Full, items.min(MOST as usize) as u32);
    }
    let competitors = last.into_iter().map(|(protocol, last)| (protocol, last - 1)).collect();
    if !runs.iter().any(|run| matches!(run.key, RunKey::Reference(_))) {
        let references = references(&runs, &found.runs.users, &found.paths)?;
        runs.extend(references);
    }
    runs.iter_mut().for_each(normalise);
    Ok(Prepared { runs, numbers, users, items, competitors, knows })
}

/// The normalised loss is the loss over its value where the policy equals the reference: at step 0.
fn normalise(run: &mut Run) {
    let known = run.evaluations.values().any(|one| one.training.contains_key("loss_normalised"));
    let first = run.evaluations.get(&0).and_then(|first| first.training.get("loss").copied());
    let Some(first) = first.filter(|first| !known && *first != 0.0) else { return };
    for evaluation in run.evaluations.values_mut() {
        if let Some(loss) = evaluation.training.get("loss").copied() {
            evaluation.training.insert("loss_normalised", loss / first);
        }
    }
}

impl Prepared {
    /// The cells' evaluations.
    pub(super) fn evaluations(&self) -> impl Iterator<Item = (&u32, &Evaluation)> {
        let cells = self.runs.iter().filter(|run| matches!(run.key, RunKey::Cell(_)));
        cells.flat_map(|run| &run.evaluations)
    }

    /// Whether any cell has a value of a quantity.
    pub(super) fn has(&self, quantity: &str) -> bool {
        self.evaluations().any(|(_, evaluation)| evaluation.training.contains_key(quantity))
    }
}
