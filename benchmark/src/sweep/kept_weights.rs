//! A policy's weights in an entry, for who wants to recommend with it or to read it elsewhere.

use prefsweep_policy::{Weights, WeightsError};
use prefsweep_store::{
    Draft, FINAL_WEIGHTS_FILE, ITEMS_COLUMNS, ITEMS_FILE, Kind, PICKED_WEIGHTS_FILE, Store,
    StoreError, Table,
};
use serde_json::{Value, json};

use super::job::JobError;
use crate::data::Split;
use crate::evaluation::metrics::ndcg;
use crate::evaluation::{Protocol, Ranks};
use crate::experiment::Plan;

/// The weights of the evaluations of a run that are worth keeping.
#[derive(Debug, Default)]
pub(super) struct KeptWeights {
    last: Option<(usize, Weights)>,
    /// With its validation NDCG@10.
    best: Option<(f64, usize, Weights)>,
}

impl KeptWeights {
    /// Takes the weights of the next evaluation.
    pub(super) fn add(&mut self, step: usize, ranks: &[Ranks], weights: Weights) {
        let on_validation =
            |found: &&Ranks| (found.split, found.protocol) == (Split::Validation, Protocol::Full);
        let quality =
            ranks.iter().find(on_validation).map_or(f64::NAN, |found| ndcg(&found.ranks, 10));
        if self.best.as_ref().is_none_or(|(best, ..)| quality > *best) {
            self.best = Some((quality, step, weights.clone()));
        }
        self.last = Some((step, weights));
    }

    /// Writes what is kept, with what `facts` say of the run, and the table of items.
    pub(super) fn write(
        self,
        draft: &Draft,
        facts: &Value,
        item_ids: &[String],
    ) -> Result<(), JobError> {
        let Self { last: Some((step, last)), best: Some((_, best_step, best)) } = self else {
            return Ok(());
        };
        write(draft, FINAL_WEIGHTS_FILE, facts, step, &last)?;
        write(draft, PICKED_WEIGHTS_FILE, facts, best_step, &best)?;
        Ok(write_items(draft, item_ids)?)
    }
}

/// Writes weights to a file of the draft.
pub(super) fn write(
    draft: &Draft,
    file: &str,
    facts: &Value,
    step: usize,
    weights: &Weights,
) -> Result<(), WeightsError> {
    let mut facts = facts.clone();
    facts["step"] = json!(step);
    weights.write_safetensors(&draft.file(file), &facts)
}

/// Writes which item each row of a table of items is.
pub(super) fn write_items(draft: &Draft, item_ids: &[String]) -> Result<(), StoreError> {
    let mut table = Table::create(&draft.file(ITEMS_FILE), &ITEMS_COLUMNS)?;
    item_ids
        .iter()
        .enumerate()
        .try_for_each(|(row, item)| table.row([row.to_string(), item.clone()]))
}

/// Takes the runs of cells that are `wanted` and kept no weights out of the store; gives how many.
///
/// # Errors
/// When an entry cannot be moved.
pub fn retire_without_weights(
    plan: &Plan,
    store: &Store,
    wanted: &dyn Fn(&str) -> bool,
) -> Result<usize, StoreError> {
    let lacks = |id: &&str| {
        wanted(id)
            && store.is_complete(Kind::Cell, id)
            && !store.entry(Kind::Cell, id).join(FINAL_WEIGHTS_FILE).is_file()
    };
    let ids = plan.distinct_cells().into_iter().map(|cell| &cell.id[..]);
    let without: Vec<&str> = ids.filter(lacks).collect();
    without.iter().try_for_each(|id| store.retire(Kind::Cell, id))?;
    Ok(without.len())
}
