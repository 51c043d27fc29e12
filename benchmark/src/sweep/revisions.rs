//! Results that another revision of the sources made, or one with uncommitted changes.
//!
//! The store knows settings, and a version of the numerics of every loss, sampler, policy and metric;
//! it does not know the rest of the code. So a sweep says which of the results that it finds are not
//! of this program's revision, and can make those of a loss again.

use std::collections::{BTreeMap, BTreeSet};

use prefsweep_store::{Kind, LossKey, PROVENANCE_FILE, Provenance, Store, StoreError};

use super::machine::git_revision;
use super::rescore::kin_of;
use crate::experiment::Plan;

/// How a revision with uncommitted changes ends.
const CHANGED: &str = "-dirty";
/// What `--retrain` calls the reference models.
const REFERENCE: &str = "reference";
/// What `--retrain` calls the baselines.
const BASELINES: &str = "baselines";

/// The revision that this program was built from, if its sources had no uncommitted changes.
#[must_use]
pub fn committed_revision() -> Option<String> {
    git_revision().filter(|revision| !revision.ends_with(CHANGED))
}

/// How many results of the plan each other revision made, without those of the losses `retrained`; results of this
/// program's revision are not counted, unless its sources have uncommitted changes.
#[must_use]
pub fn other_revisions(
    plan: &Plan,
    store: &Store,
    retrained: &[String],
) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    let current = committed_revision();
    let again: BTreeSet<&str> =
        retrained.iter().flat_map(|name| concerned(plan, name)).map(|(_, id)| id).collect();
    for (kind, id) in entries(plan).filter(|(_, id)| !again.contains(id)) {
        let path = store.entry(kind, id).join(PROVENANCE_FILE);
        let Ok(text) = std::fs::read(path) else { continue };
        // A damaged record is the business of `verify`.
        let Ok(found) = serde_json::from_slice::<Provenance>(&text) else { continue };
        if found.git_revision.is_none() || found.git_revision != current {
            let revision = found.git_revision.unwrap_or_else(|| "unknown".into());
            *counts.entry(revision).or_default() += 1;
        }
    }
    counts
}

/// The names that `--retrain` accepts for a plan: its losses and modifiers, `reference` and `baselines`.
#[must_use]
pub fn retrainable(plan: &Plan) -> BTreeSet<String> {
    let losses = plan.cells.iter().flat_map(|cell| names(&cell.key.loss));
    losses.chain([REFERENCE, BASELINES].map(str::to_owned)).collect()
}

/// What was taken out of the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retired {
    /// Results of the plan.
    pub planned: usize,
    /// Results of other experiments that differ in their cut-offs alone.
    pub kin: usize,
}

/// Takes the results of a loss, also as the base of a modifier, out of the store; with
/// `reference` those of the reference models and of all cells, which start from them, with
/// `baselines` those of the baselines.
///
/// The same runs at other cut-offs go as well: the next sweep would take their ranks for what is missing.
///
/// # Errors
/// When an entry cannot be moved.
pub fn retire(plan: &Plan, store: &Store, name: &str) -> Result<Retired, StoreError> {
    let meant = concerned(plan, name);
    let kin = kin_of(plan, store, &meant);
    let planned: Vec<_> =
        meant.into_iter().filter(|(kind, id)| store.is_complete(*kind, id)).collect();
    let both = planned.iter().copied().chain(kin.iter().map(|(kind, id)| (*kind, &id[..])));
    for (kind, id) in both {
        store.retire(kind, id)?;
    }
    Ok(Retired { planned: planned.len(), kin: kin.len() })
}

/// The runs of the plan that `--retrain` means by a name.
fn concerned<'a>(plan: &'a Plan, name: &str) -> Vec<(Kind, &'a str)> {
    let cells: BTreeSet<&str> = plan
        .cells
        .iter()
        .filter(|cell| name == REFERENCE || names(&cell.key.loss).any(|loss| loss == name))
        .map(|cell| cell.id.as_str())
        .collect();
    let meant = |(kind, id): &(Kind, &str)| match kind {
        Kind::Reference => name == REFERENCE,
        Kind::Baseline => name == BASELINES,
        _ => cells.contains(id),
    };
    entries(plan).filter(meant).collect()
}

fn names(loss: &LossKey) -> impl Iterator<Item = String> {
    std::iter::once(loss).chain(loss.bases()).map(|loss| loss.name.clone())
}

/// Every run of the plan once.
fn entries(plan: &Plan) -> impl Iterator<Item = (Kind, &str)> {
    let references =
        plan.references.iter().map(|reference| (Kind::Reference, reference.id.as_str()));
    let cells = plan.distinct_cells().into_iter().map(|cell| (Kind::Cell, cell.id.as_str()));
    let baselines =
        plan.computed_baselines().map(|baseline| (Kind::Baseline, baseline.id.as_str()));
    references.chain(baselines).chain(cells)
}
