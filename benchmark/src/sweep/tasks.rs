//! What is left to do of a plan.

use prefsweep_losses::Sampling;
use prefsweep_store::{Kind, Store};
use serde::{Deserialize, Serialize};

use super::job::{Job, Named};
use crate::experiment::{CellSpec, Plan, PlannedCell, PlannedReference};
use crate::training::trained_together;

/// What a baseline takes, in steps: the largest matrix on a middle-sized dataset.
const BASELINE_WORK: f64 = 40.0;

/// A job with a name and an estimate of its work.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Task {
    /// The ids of its entries: one, or those of cells trained together.
    pub ids: Vec<String>,
    /// A name for people.
    pub name: String,
    /// What to run.
    pub job: Job,
    /// Relative amount of work.
    pub work: f64,
}

impl Task {
    /// Whether all its entries are in the store.
    #[must_use]
    pub fn is_complete(&self, store: &Store) -> bool {
        self.ids.iter().all(|id| store.is_complete(self.job.kind(), id))
    }
}

/// The tasks of the entries that are `wanted`, by kind and id: references, baselines, then up to `at_once` cells in
/// one.
#[must_use]
pub fn tasks(plan: &Plan, at_once: usize, wanted: &dyn Fn(Kind, &str) -> bool) -> Vec<Task> {
    let mut groups: Vec<Vec<&PlannedCell>> = Vec::new();
    for cell in plan.distinct_cells() {
        if !wanted(Kind::Cell, &cell.id) {
            continue;
        }
        let open = groups
            .iter_mut()
            .find(|cells| cells.len() < at_once && trained_together(&cells[0].spec, &cell.spec));
        match open {
            Some(cells) => cells.push(cell),
            None => groups.push(vec![cell]),
        }
    }
    let cells: Vec<Task> = groups.iter().map(|cells| cell_task(cells)).collect();
    let references =
        plan.references.iter().filter(|reference| wanted(Kind::Reference, &reference.id));
    let references = references.map(|reference| Task {
        ids: vec![reference.id.clone()],
        name: reference.name(),
        work: reference_work(reference),
        job: Job::Reference(Box::new(Named {
            id: reference.id.clone(),
            spec: reference.spec.clone(),
        })),
    });
    let baselines =
        plan.computed_baselines().filter(|baseline| wanted(Kind::Baseline, &baseline.id));
    let baselines = baselines.map(|baseline| Task {
        ids: vec![baseline.id.clone()],
        name: format!("baseline {}", baseline.title),
        work: BASELINE_WORK,
        job: Job::Baseline(Box::new(Named {
            id: baseline.id.clone(),
            spec: baseline.spec.clone(),
        })),
    });
    references.chain(baselines).chain(cells).collect()
}

fn cell_task(cells: &[&PlannedCell]) -> Task {
    let name = match cells {
        [cell] => cell.key.to_string(),
        cells => format!("{} cells at once, seed {}", cells.len(), cells[0].key.seed),
    };
    let named = |cell: &&PlannedCell| Named { id: cell.id.clone(), spec: cell.spec.clone() };
    Task {
        ids: cells.iter().map(|cell| cell.id.clone()).collect(),
        name,
        work: cells.iter().map(|cell| cell_work(&cell.spec)).sum(),
        job: Job::Cells(cells.iter().map(named).collect()),
    }
}

/// Windows of a step that is one unit of work.
const UNIT: f64 = 128.0;

/// Steps, weighted by what a step costs relative to one with few negatives; only the progress
/// bar's forecast depends on the weights.
fn cell_work(spec: &CellSpec) -> f64 {
    let loss = spec.loss.as_loss();
    let pool = matches!(loss.sampling(), Sampling::PolicyPool { .. });
    let catalogue = loss.needs().log_normaliser;
    let extra = if pool { 0.8 } else { 0.0 } + if catalogue { 1.0 } else { 0.0 };
    let step = 1.0 + 0.02 * spec.negatives as f64 + extra;
    let evaluations = spec.preference.steps() as f64 / spec.evaluation.every as f64 + 2.0;
    let size = spec.preference.batch_size as f64 / UNIT;
    spec.preference.steps() as f64 * size * step + 4.0 * evaluations
}

/// All epochs: a reference that stops early ends sooner than forecast.
fn reference_work(PlannedReference { spec, windows, .. }: &PlannedReference) -> f64 {
    (spec.reference.epochs * windows) as f64 / UNIT
}
