//! The entries of the store while they are written.

use std::path::Path;

use prefsweep_store::{
    CellFile, Draft, EXPERTS_COLUMNS, EXPERTS_FILE, EXPLANATIONS_FILE, Explanation, IDENTITY_FILE,
    Identity, Kind, LISTS_FILE, METRICS_COLUMNS, METRICS_FILE, PROVENANCE_FILE, Provenance,
    RANKS_FILE, RankTable, SPEC_FILE, Store, StoreError, TRAJECTORY_COLUMNS, TRAJECTORY_FILE,
    Table, at, write_json,
};
use serde::Serialize;
use serde_json::json;

use super::job::{JobError, Named};
use super::kept_weights::KeptWeights;
use crate::data::Prepared;
use crate::evaluation::metrics::{MetricValue, of_lists, of_ranks};
use crate::evaluation::{BlockUse, ExpertUse, Ranks, TopLists};
use crate::experiment::CellSpec;
use crate::training::Evaluation;

/// A cell's entry while it is trained.
pub(super) struct CellDraft<'a> {
    cell: &'a Named<CellSpec>,
    data: &'a Prepared,
    draft: Draft,
    trajectory: Table,
    metrics: Table,
    ranks: RankTable,
    lists: Option<(usize, TopLists)>,
    explanations: Option<Vec<Explanation>>,
    weights: KeptWeights,
    /// Begun where the model has experts.
    experts: Option<Table>,
}

impl<'a> CellDraft<'a> {
    pub(super) fn begin(
        store: &Store,
        cell: &'a Named<CellSpec>,
        data: &'a Prepared,
    ) -> Result<Self, StoreError> {
        let draft = store.draft(Kind::Cell, &cell.id)?;
        let file = CellFile { key: cell.spec.key(), settings: &cell.spec };
        write_spec(&draft, &file, &cell.spec.identity())?;
        Ok(Self {
            cell,
            data,
            trajectory: Table::create(&draft.file(TRAJECTORY_FILE), &TRAJECTORY_COLUMNS)?,
            metrics: metrics_table(&draft.file(METRICS_FILE))?,
            ranks: RankTable::default(),
            lists: None,
            explanations: None,
            weights: KeptWeights::default(),
            experts: None,
            draft,
        })
    }

    /// All metrics of an evaluation.
    pub(super) fn measure(&self, evaluation: &Evaluation) -> Vec<MetricValue> {
        let mut values = of_ranks(&evaluation.ranks, &self.cell.spec.evaluation.cutoffs);
        let lists = evaluation.lists.as_ref();
        values.extend(lists.into_iter().flat_map(|lists| of_lists(lists, &self.data.dataset)));
        values
    }

    pub(super) fn add(
        &mut self,
        evaluation: Evaluation,
        metrics: &[MetricValue],
    ) -> Result<(), StoreError> {
        self.trajectory.row(trajectory_row(&evaluation))?;
        add_metrics(&mut self.metrics, evaluation.step, metrics)?;
        add_ranks(&mut self.ranks, evaluation.step, &evaluation.ranks);
        if let Some(found) = &evaluation.experts {
            let table = match &mut self.experts {
                Some(table) => table,
                none => none.insert(experts_table(&self.draft.file(EXPERTS_FILE))?),
            };
            add_experts(table, evaluation.step, found)?;
        }
        if let Some(weights) = evaluation.weights {
            self.weights.add(evaluation.step, &evaluation.ranks, weights);
        }
        if let Some(lists) = evaluation.lists {
            self.lists = Some((evaluation.step, lists));
        }
        if let Some(explained) = evaluation.explained {
            self.explanations = Some(explained.shown);
        }
        Ok(())
    }

    pub(super) fn publish(self, provenance: impl FnOnce() -> Provenance) -> Result<(), JobError> {
        self.ranks.write(&self.draft.file(RANKS_FILE))?;
        if let Some((step, lists)) = self.lists {
            lists.table().write(&self.draft.file(LISTS_FILE), step)?;
        }
        if let Some(explanations) = &self.explanations {
            write_json(&self.draft.file(EXPLANATIONS_FILE), explanations)?;
        }
        write_json(&self.draft.file(PROVENANCE_FILE), &provenance())?;
        let Named { id, spec } = self.cell;
        let facts = json!({"run": id, "name": spec.key().to_string(), "model": spec.start.model});
        self.weights.write(&self.draft, &facts, &self.data.dataset.item_ids)?;
        drop((self.trajectory, self.metrics, self.experts));
        Ok(self.draft.publish()?)
    }
}

/// Writes the resolved settings and the text that names them.
pub(crate) fn write_spec(
    draft: &Draft,
    spec: &impl Serialize,
    identity: &Identity,
) -> Result<(), StoreError> {
    write_json(&draft.file(SPEC_FILE), spec)?;
    let path = draft.file(IDENTITY_FILE);
    std::fs::write(&path, identity.text()).map_err(at(&path))
}

/// Starts the table of metrics, one row per step and measure.
pub(crate) fn metrics_table(path: &Path) -> Result<Table, StoreError> {
    Table::create(path, &METRICS_COLUMNS)
}

/// Adds an evaluation's metrics.
pub(crate) fn add_metrics(
    table: &mut Table,
    step: usize,
    metrics: &[MetricValue],
) -> Result<(), StoreError> {
    for metric in metrics {
        table.row([
            step.to_string(),
            metric.split.name().into(),
            metric.protocol.name().into(),
            metric.name.into(),
            metric.cutoff.to_string(),
            metric.value.to_string(),
        ])?;
    }
    Ok(())
}

/// Starts the table of how experts are used.
pub(super) fn experts_table(path: &Path) -> Result<Table, StoreError> {
    Table::create(path, &EXPERTS_COLUMNS)
}

/// Adds an evaluation's use of experts.
pub(super) fn add_experts(
    table: &mut Table,
    step: usize,
    found: &ExpertUse,
) -> Result<(), StoreError> {
    for BlockUse { block, shares } in &found.blocks {
        for (expert, share) in shares.iter().enumerate() {
            let place = [step, *block, expert].map(|number| number.to_string());
            table.row(place.into_iter().chain([share.to_string()]))?;
        }
    }
    Ok(())
}

/// Adds an evaluation's ranks.
pub(crate) fn add_ranks(table: &mut RankTable, step: usize, ranks: &[Ranks]) {
    for Ranks { split, protocol, users, ranks, .. } in ranks {
        let rows = users.iter().zip(ranks);
        let rows = rows.map(|(&user, rank)| (user, rank.rank, rank.competitors, rank.ties));
        table.add(step, split.name(), protocol.name(), rows);
    }
}

/// One row of the trajectory, in the order of its columns.
fn trajectory_row(evaluation: &Evaluation) -> [String; TRAJECTORY_COLUMNS.len()] {
    let summary = &evaluation.summary;
    let [low, median, high] = summary.beta_b.map_or([None; 3], |quantiles| quantiles.map(Some));
    let shift = &evaluation.shift;
    let deletion = evaluation.explained.as_ref().and_then(|explained| explained.deletion);
    let optional = |value: Option<f64>| value.map(|value| value.to_string()).unwrap_or_default();
    [
        evaluation.step.to_string(),
        summary.loss.to_string(),
        summary.loss_normalised.to_string(),
        summary.margin.to_string(),
        summary.accuracy.to_string(),
        summary.positive_log_ratio.to_string(),
        summary.negative_log_ratio.to_string(),
        summary.gradient_norm.to_string(),
        optional(summary.boundary_weight),
        optional(summary.boundary_share),
        optional(summary.easy_share),
        summary.boundary_negatives.to_string(),
        shift.kl.to_string(),
        optional(summary.effective_negatives),
        summary.saturated.to_string(),
        optional(low),
        optional(median),
        optional(high),
        optional(summary.false_negatives),
        optional(evaluation.expected_false_negatives),
        optional(summary.false_share),
        optional(shift.liked_mass),
        optional(shift.liked_mass_lost),
        optional(evaluation.regret),
        evaluation.validation_loss.to_string(),
        optional(summary.coefficient),
        optional(summary.coefficient_clipped),
        optional(summary.coefficient_below_one),
        optional(evaluation.experts.as_ref().map(|experts| experts.rerouted)),
        optional(evaluation.experts.as_ref().map(ExpertUse::busiest)),
        optional(shift.written.map(|written| written.catalogue_mass)),
        optional(shift.written.map(|written| written.chosen_length)),
        optional(shift.written.map(|written| written.valid_share)),
        evaluation.moved.positive.to_string(),
        evaluation.moved.negative.to_string(),
        optional(shift.written.map(|written| written.candidate_length)),
        optional(shift.written.map(|written| written.expected_length)),
        optional(deletion.map(|found| found.without_top)),
        optional(deletion.map(|found| found.without_random)),
        optional(deletion.map(|found| found.top_matters_more)),
        optional(shift.written.and_then(|written| written.beam_recall)),
    ]
}
