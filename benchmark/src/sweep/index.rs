//! The table of contents of an experiment's results, for the report.

use std::collections::BTreeMap;
use std::path::Path;

use prefsweep_datasets::{Dataset, DatasetConfig, DatasetName, SyntheticConfig};
use prefsweep_store::{
    BaselineEntry, BaselineStatus, CellEntry, CellStatus, DatasetFacts, Dropped, Evaluated,
    INDEX_FILE, INDEX_FORMAT, Index, IndexSource, Kind, LeftOut, PublishedFigure, ReferenceEntry,
    Store, StoreError, relative,
};

use crate::data::{Prepared, Split, cold_targets, evaluated, leaks, people};
use crate::evaluation::metrics::metric_facts;
use crate::experiment::{Experiment, Plan, PlannedBaseline};

/// What an index is written from.
#[derive(Clone, Copy, Debug)]
pub struct IndexContext<'a> {
    /// The experiment's name.
    pub name: &'a str,
    /// What somebody else would type to get these results.
    pub command: &'a str,
    /// The experiment's file, as the index holds it.
    pub source: &'a IndexSource,
    /// The experiment.
    pub experiment: &'a Experiment,
    /// Its plan.
    pub plan: &'a Plan,
    /// Its data.
    pub data: &'a Prepared,
    /// Where the runs lie.
    pub store: &'a Store,
}

/// Writes `index.json` into `folder`.
///
/// `failures` are the ids of runs that failed in this sweep, with the reasons.
///
/// # Errors
/// When a file cannot be written.
pub fn write_index(
    folder: &Path,
    context: IndexContext<'_>,
    failures: &BTreeMap<String, String>,
) -> Result<(), StoreError> {
    let IndexContext { name, command, source, experiment, plan, data, store } = context;
    let status = |kind, id: &str| {
        if store.is_complete(kind, id) {
            CellStatus::Complete
        } else if let Some(reason) = failures.get(id) {
            CellStatus::Failed { reason: reason.clone() }
        } else {
            CellStatus::Missing
        }
    };
    let dir = |kind, id: &str| relative(&store.entry(kind, id), folder);
    let references = plan.references.iter().map(|reference| ReferenceEntry {
        id: reference.id.clone(),
        seed: reference.spec.seed,
        axes: reference.axes.clone(),
        dir: dir(Kind::Reference, &reference.id),
        status: status(Kind::Reference, &reference.id),
    });
    let baseline_status = |baseline: &PlannedBaseline| {
        if let Some(reason) = &baseline.skipped {
            return BaselineStatus::Skipped { reason: reason.clone() };
        }
        match status(Kind::Baseline, &baseline.id) {
            CellStatus::Complete => BaselineStatus::Complete,
            CellStatus::Missing => BaselineStatus::Missing,
            CellStatus::Failed { reason } => BaselineStatus::Failed { reason },
        }
    };
    let baselines = plan.baselines.iter().map(|baseline| BaselineEntry {
        id: Some(baseline.id.clone()),
        name: baseline.spec.baseline.clone(),
        title: baseline.title.clone(),
        dir: dir(Kind::Baseline, &baseline.id),
        status: baseline_status(baseline),
    });
    let cells = plan.cells.iter().map(|cell| CellEntry {
        id: cell.id.clone(),
        key: cell.key.clone(),
        trained_as: cell.trained_as.clone(),
        resolved: cell.resolved.clone(),
        reference: cell.spec.start_id.clone(),
        dir: dir(Kind::Cell, &cell.id),
        status: status(Kind::Cell, &cell.id),
    });
    let index = Index {
        format: INDEX_FORMAT,
        experiment: name.into(),
        title: experiment.title.clone(),
        question: experiment.question.clone(),
        predictions: experiment.predictions.clone(),
        command: Some(command.into()),
        source: Some(source.clone()),
        imported: None,
        dataset: DatasetFacts {
            // Only where it is a question, so that other indices stay as they are.
            cold: plan
                .reads_features()
                .then(|| cold_targets(&data.dataset, &data.evaluated(Split::Test))),
            with_more: plan.more_data().into_iter().map(str::to_owned).collect(),
            ..facts(experiment, data)
        },
        model: Some(experiment.model.name().into()),
        cutoffs: experiment.evaluation.cutoffs.clone(),
        metrics: metric_facts(),
        report: experiment.report.into(),
        tuning_seeds: experiment.sweep.tuning_seeds.clone(),
        cells: cells.collect(),
        references: references.collect(),
        baselines: baselines.collect(),
        popularity: None,
    };
    store.replace(&folder.join(INDEX_FILE), &index)
}

fn facts(experiment: &Experiment, data: &Prepared) -> DatasetFacts {
    let dataset = &data.dataset;
    let tested = data.evaluated(Split::Test);
    DatasetFacts {
        name: data_name(&experiment.dataset),
        trained_on: experiment.dataset.other_domain(),
        users: dataset.n_users(),
        items: dataset.n_items,
        interactions: dataset.n_interactions(),
        fingerprint: dataset.fingerprint.clone(),
        with_more: Vec::new(),
        candidates_fingerprint: data.candidates.fingerprint.clone(),
        source: match experiment.dataset.name {
            DatasetName::Synthetic => {
                "generated by prefsweep's own generator, no licence needed".into()
            }
            name => name.manifest().source(),
        },
        left_out: left_out(dataset),
        dropped: dropped(dataset, &experiment.dataset),
        leaks: leaks(dataset),
        evaluated: (dataset.cuts.is_some() || data.most_evaluated.is_some()).then(|| Evaluated {
            validation: data.evaluated(Split::Validation).len(),
            test: tested.len(),
            sampled_of: data.most_evaluated.map(|_| evaluated(dataset, Split::Test, None).len()),
        }),
        people: people(dataset, &tested),
        published: published(experiment.dataset.name, &dataset.fingerprint),
        cold: None,
    }
}

/// The dataset's name; a generated world with a seed of its own is other data.
fn data_name(config: &DatasetConfig) -> String {
    let seed = config.resolved().synthetic.map(|world| world.seed);
    match seed.filter(|seed| *seed != SyntheticConfig::default().seed) {
        Some(seed) => format!("{}-{seed}", config.label()),
        None => config.label(),
    }
}

/// The malformed rows of a dataset's source, where there are any.
#[must_use]
pub fn left_out(dataset: &Dataset) -> Option<LeftOut> {
    let (rows, of, first) = (dataset.rows_bad, dataset.rows_read, dataset.rows_bad_first.clone());
    (rows > 0).then_some(LeftOut { rows, of, first })
}

/// What preprocessing dropped of a dataset's source, where it dropped anything.
#[must_use]
pub fn dropped(dataset: &Dataset, config: &DatasetConfig) -> Option<Dropped> {
    let (rows, of) = (dataset.rows_dropped, dataset.rows_read);
    (rows > 0).then(|| Dropped { rows, of, reasons: config.resolved().drops() })
}

/// What was published on exactly these prepared data: their fingerprint says file and preprocessing.
fn published(name: DatasetName, fingerprint: &str) -> Vec<PublishedFigure> {
    let figures = name.manifest().published_on(fingerprint).iter();
    let figure = |figure: &prefsweep_datasets::PublishedFigure| PublishedFigure {
        model: figure.model.clone(),
        metric: figure.metric.clone(),
        protocol: figure.protocol.as_str().into(),
        value: figure.value,
        settings: figure.settings.clone(),
        source: figure.source.clone(),
    };
    figures.map(figure).collect()
}
