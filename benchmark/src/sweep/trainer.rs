//! One job after the other, from specifications to entries of the store.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use prefsweep_datasets::{Candidates, Dataset, FeatureKind, Item};
use prefsweep_policy::{Policy, Weights};
use prefsweep_store::{
    Draft, EXPERTS_FILE, FINAL_WEIGHTS_FILE, Kind, LISTS_FILE, METRICS_FILE, PROVENANCE_FILE,
    Provenance, RANKS_FILE, REFERENCE, RankTable, Store, StoreError, TRAINING_COLUMNS,
    TRAINING_FILE, Table, at, id_of, write_json,
};
use serde_json::json;

use super::entry::{
    CellDraft, add_experts, add_metrics, add_ranks, experts_table, metrics_table, write_spec,
};
use super::job::{Job, JobError, Named};
use super::{kept_weights, machine};
use crate::baselines::baseline;
use crate::data::{FewUsers, Prepared, Split, States, StatesFile, data_id, evaluated};
use crate::evaluation::metrics::{of_lists, of_ranks};
use crate::evaluation::{
    Baseline, Beside, Ranked, Ranks, ReferenceRoutes, TopLists, rank_policy, rank_scores,
};
use crate::experiment::{BaselineSpec, CellSpec, ReferenceSpec};
use crate::training::{
    Activity, Cell, Checkpoint, Progress, Steps, Stopwatch, n_hidden_states, train_cells,
    train_reference, write_hidden_states,
};

/// A reference's weights, in its entry.
pub(super) const WEIGHTS_FILE: &str = "weights.bin";
/// A reference's hidden states, in its entry.
const STATES_FILE: &str = "states.bin";

/// What tells prepared data apart: the dataset's entry, the length of windows, how many users are evaluated.
type DataKey = (String, usize, Option<usize>);

/// Runs jobs one after the other and keeps what they share.
#[derive(Debug)]
pub struct Trainer {
    store: Store,
    threads: usize,
    checkpoints: Duration,
    keep_weights: bool,
    data: HashMap<DataKey, Prepared>,
    reference: Option<LoadedReference>,
}

/// The reference that the last cells started from.
#[derive(Debug)]
struct LoadedReference {
    id: String,
    policy: std::sync::Arc<dyn Policy>,
    weights: Weights,
    states: KeptStates,
    baseline: Baseline,
}

/// The reference's hidden states of all training positions.
#[derive(Debug)]
enum KeptStates {
    Memory(Vec<f32>),
    File(StatesFile),
}

impl KeptStates {
    /// Reads them, or leaves them in their file where they are larger than `most` bytes.
    fn open(path: &Path, length: usize, most: u64) -> Result<Self, StoreError> {
        let file = StatesFile::open(path, length).map_err(at(path))?;
        if (size_of::<f32>() * length) as u64 > most {
            return Ok(Self::File(file));
        }
        Ok(Self::Memory(file.all().map_err(at(path))?))
    }

    fn states(&self) -> States<'_> {
        match self {
            Self::Memory(states) => States::Memory(states),
            Self::File(file) => States::File(file),
        }
    }
}

impl Trainer {
    /// A trainer that writes to `store`; `threads` is for the record, and `checkpoints` the least time between
    /// two checkpoints of a run. With `keep_weights` entries hold the policy's weights as safetensors, too.
    #[must_use]
    pub fn new(store: Store, threads: usize, checkpoints: Duration, keep_weights: bool) -> Self {
        Self { store, threads, checkpoints, keep_weights, data: HashMap::new(), reference: None }
    }

    /// Runs a job to its entries, unless they are complete already.
    ///
    /// # Errors
    /// When the job is not the one that was planned, data or reference cannot be read, training
    /// diverges, or the store cannot be written.
    pub fn run(&mut self, job: &Job, progress: Progress<'_>) -> Result<(), JobError> {
        job.check()?;
        if job.ids().iter().all(|id| self.store.is_complete(job.kind(), id)) {
            return Ok(());
        }
        let clock = Clock::start();
        match job {
            Job::Reference(named) => {
                let key = self.prepare(&named.spec, &clock.watch)?;
                self.train_reference(named, &self.data[&key], progress, &clock)
            }
            Job::Baseline(named) => self.compute_baseline(named, progress, &clock),
            Job::Cells(cells) => {
                let first = &cells.first().expect("a job has cells").spec;
                let key = self.prepare(&first.start, &clock.watch)?;
                self.load_reference(&first.start_id, &first.start, &key, &clock.watch)?;
                let left = |cell: &&Named<CellSpec>| !self.store.is_complete(Kind::Cell, &cell.id);
                let cells: Vec<&Named<CellSpec>> = cells.iter().filter(left).collect();
                self.train_cells(&cells, &self.data[&key], progress, &clock)
            }
        }
    }

    /// Loads the data of a reference unless they are loaded; gives their key.
    fn prepare(&mut self, spec: &ReferenceSpec, watch: &Stopwatch) -> Result<DataKey, JobError> {
        let key = (spec.data_entry().to_owned(), spec.model.max_len(), spec.evaluated);
        if !self.data.contains_key(&key) {
            self.data.insert(key.clone(), read_data(&self.store, spec)?);
        }
        watch.record(Activity::Storing);
        Ok(key)
    }

    /// Fits a baseline and ranks every user's held-out items with it.
    fn compute_baseline(
        &self,
        Named { id, spec }: &Named<BaselineSpec>,
        progress: Progress<'_>,
        clock: &Clock,
    ) -> Result<(), JobError> {
        let watch = &clock.watch;
        let method = baseline(&spec.baseline)
            .ok_or_else(|| JobError::UnknownBaseline(spec.baseline.clone()))?;
        let entry = self.store.entry(Kind::Dataset, data_id(&spec.data_fingerprint));
        let dataset = Dataset::read(&entry)?;
        let candidates = Candidates::sample(&dataset, &spec.dataset.candidates)?;
        let planned = (&spec.data_fingerprint[..], &spec.candidates_fingerprint[..]);
        check_data(&entry, &dataset, &candidates, planned)?;
        watch.record(Activity::Storing);
        // Fitting counts as one part of three, beside the two splits.
        let most = spec.evaluated;
        let splits: usize =
            Split::ALL.map(|split| evaluated(&dataset, split, most).len()).iter().sum();
        let (fitting, all) = (splits / 2, splits / 2 + splits);
        let mut told = |done| progress(Steps { done, of: all, loss: None });
        told(0);
        let scorer = method.fit(&dataset);
        watch.record(Activity::Training);
        let mut lists = TopLists::default();
        let score = |history: &[Item], scores: &mut [f64]| scorer.score(history, scores);
        let ranked = Ranked { dataset: &dataset, candidates: &candidates, most };
        let ranks = rank_scores(ranked, Some(&mut lists), score, |ranked| {
            told(fitting + ranked);
        });
        let draft = self.store.draft(Kind::Baseline, id)?;
        write_spec(&draft, spec, &spec.identity())?;
        write_evaluation(&draft, 0, &ranks, &lists, &dataset, &spec.cutoffs, watch)?;
        let provenance = self.provenance_on(("cpu".into(), None), clock, 0, 0);
        write_json(&draft.file(PROVENANCE_FILE), &provenance)?;
        draft.publish()?;
        Ok(())
    }

    fn train_reference(
        &self,
        Named { id, spec }: &Named<ReferenceSpec>,
        data: &Prepared,
        progress: Progress<'_>,
        clock: &Clock,
    ) -> Result<(), JobError> {
        let watch = &clock.watch;
        let policy = spec.model.build(data.catalogue(&spec.model));
        let policy = policy.as_ref();
        let mut steps = 0;
        let mut count = |reached: Steps| {
            steps = reached.done;
            progress(reached);
        };
        let (settings, backend) = (&spec.reference, spec.backend);
        let mut checkpoint =
            Checkpoint::to(self.store.checkpoint(Kind::Reference, id), self.checkpoints);
        let few = FewUsers::of(&spec.training, data, spec.seed);
        let trained = train_reference(
            policy,
            settings,
            data,
            few.as_ref(),
            spec.seed,
            backend,
            &mut count,
            watch,
            &mut checkpoint,
        )?;
        let draft = self.store.draft(Kind::Reference, id)?;
        write_spec(&draft, spec, &spec.identity())?;
        trained.weights.write(&draft.file(WEIGHTS_FILE))?;
        let weights = trained.weights.to_parameters(&backend.device());
        watch.record(Activity::Storing);
        let states = draft.file(STATES_FILE);
        write_hidden_states(&states, policy, &weights, data).map_err(at(&states))?;
        watch.record(Activity::Training);
        let mut table = Table::create(&draft.file(TRAINING_FILE), &TRAINING_COLUMNS)?;
        for epoch in &trained.epochs {
            let ndcg = epoch.validation_ndcg.map(|ndcg| ndcg.to_string()).unwrap_or_default();
            table.row([epoch.epoch.to_string(), epoch.loss.to_string(), ndcg])?;
        }
        watch.record(Activity::Storing);
        let mut lists = TopLists::default();
        let beside = Beside { lists: Some(&mut lists), ..Beside::default() };
        let ranks = rank_policy(policy, &weights, data, beside);
        let last = trained.epochs.last().map_or(0, |epoch| epoch.epoch);
        write_evaluation(&draft, last, &ranks, &lists, &data.dataset, &spec.cutoffs, watch)?;
        if self.keep_weights {
            let facts = json!({"run": id, "name": REFERENCE, "model": spec.model});
            kept_weights::write(&draft, FINAL_WEIGHTS_FILE, &facts, steps, &trained.weights)?;
            kept_weights::write_items(&draft, &data.dataset.item_ids)?;
        }
        if let Some(routes) = ReferenceRoutes::new(policy, &weights, data) {
            let mut table = experts_table(&draft.file(EXPERTS_FILE))?;
            add_experts(&mut table, last, &routes.of_reference())?;
        }
        let mut provenance = self.provenance(spec, clock, steps, 0);
        provenance.count_parameters(policy.parameters(), policy.active_parameters());
        write_json(&draft.file(PROVENANCE_FILE), &provenance)?;
        draft.publish()?;
        checkpoint.done();
        Ok(())
    }

    fn train_cells(
        &self,
        named: &[&Named<CellSpec>],
        data: &Prepared,
        progress: Progress<'_>,
        clock: &Clock,
    ) -> Result<(), JobError> {
        let watch = &clock.watch;
        // Those that are trained together see the same users.
        let first = &named.first().expect("a job has cells").spec;
        let few = FewUsers::of(&first.training, data, first.start.seed);
        let cells: Vec<Cell<'_>> =
            named.iter().map(|named| self.cell(&named.spec, data, few.as_ref())).collect();
        let mut drafts = Vec::new();
        for named in named {
            drafts.push(CellDraft::begin(&self.store, named, data)?);
        }
        let ids: Vec<&str> = named.iter().map(|named| named.id.as_str()).collect();
        // Of several the name begins with the first, by which `store gc` knows whose it is.
        let name = match ids[..] {
            [id] => id.to_owned(),
            _ => format!("{}-{}", ids[0], id_of(&ids.join(" "))),
        };
        let mut checkpoint =
            Checkpoint::to(self.store.checkpoint(Kind::Cell, &name), self.checkpoints);
        watch.record(Activity::Storing);
        let evaluated = |index: usize, evaluation| {
            let draft: &mut CellDraft<'_> = &mut drafts[index];
            let metrics = draft.measure(&evaluation);
            watch.record(Activity::Evaluation);
            Ok(draft.add(evaluation, &metrics)?)
        };
        let results = train_cells::<JobError>(&cells, progress, watch, &mut checkpoint, evaluated);
        let together = (cells.len() > 1).then_some(cells.len());
        let mut failures = BTreeMap::new();
        for (index, (draft, result)) in drafts.into_iter().zip(results).enumerate() {
            let (cell, named) = (&cells[index], named[index]);
            let provenance = || self.cell_provenance(cell, &named.spec, clock, together);
            let result = result.and_then(|()| draft.publish(provenance));
            if let Err(error) = result {
                if cells.len() == 1 {
                    return Err(error);
                }
                failures.insert(named.id.clone(), error.to_string());
            }
        }
        if !failures.is_empty() {
            return Err(JobError::Some(failures));
        }
        checkpoint.done();
        Ok(())
    }

    fn cell<'a>(
        &'a self,
        spec: &'a CellSpec,
        data: &'a Prepared,
        few: Option<&'a FewUsers>,
    ) -> Cell<'a> {
        let reference = self.reference.as_ref().expect("the reference was loaded before the cell");
        Cell {
            policy: reference.policy.as_ref(),
            data,
            few,
            reference: &reference.weights,
            reference_states: reference.states.states(),
            baseline: &reference.baseline,
            preference: &spec.preference,
            evaluation: &spec.evaluation,
            loss: &spec.loss,
            negatives: spec.negatives,
            seed: spec.start.seed,
            backend: spec.start.backend,
            keep_weights: self.keep_weights,
        }
    }

    fn load_reference(
        &mut self,
        id: &str,
        spec: &ReferenceSpec,
        key: &DataKey,
        watch: &Stopwatch,
    ) -> Result<(), JobError> {
        if self.reference.as_ref().is_some_and(|known| known.id == id) {
            return Ok(());
        }
        let entry = self.store.entry(Kind::Reference, id);
        let data = &self.data[key];
        let policy = spec.model.build(data.catalogue(&spec.model));
        let weights = Weights::read(policy.layout(), &entry.join(WEIGHTS_FILE))?;
        let length = n_hidden_states(policy.as_ref(), data);
        let most = machine::memory_for_states();
        let states = KeptStates::open(&entry.join(STATES_FILE), length, most)?;
        let parameters = weights.to_parameters(&spec.backend.device());
        watch.record(Activity::Storing);
        let baseline = Baseline::new(policy.as_ref(), &parameters, data);
        watch.record(Activity::Evaluation);
        let id = id.to_owned();
        self.reference = Some(LoadedReference { id, policy, weights, states, baseline });
        Ok(())
    }

    /// A cell's share of what it took to train it, alone or with others.
    fn cell_provenance(
        &self,
        cell: &Cell<'_>,
        spec: &CellSpec,
        clock: &Clock,
        together: Option<usize>,
    ) -> Provenance {
        clock.watch.record(Activity::Storing);
        let steps = spec.preference.steps();
        let scored = cell.positions_in(steps) * spec.negatives;
        let mut provenance = self.provenance(&spec.start, clock, steps, scored);
        provenance.count_parameters(cell.policy.parameters(), cell.policy.active_parameters());
        provenance.at_once = together.map(|cells| cells as u64);
        provenance.wall_seconds /= together.unwrap_or(1) as f64;
        let seconds = provenance.seconds.as_mut();
        seconds.expect("it was just recorded").divide(together.unwrap_or(1));
        provenance
    }

    fn provenance(
        &self,
        spec: &ReferenceSpec,
        clock: &Clock,
        steps: usize,
        negatives_scored: usize,
    ) -> Provenance {
        let device = (spec.backend.name().into(), spec.backend.adapter());
        self.provenance_on(device, clock, steps, negatives_scored)
    }

    /// The record of what was computed on a device, by its name and adapter.
    fn provenance_on(
        &self,
        (device, adapter): (String, Option<String>),
        clock: &Clock,
        steps: usize,
        negatives_scored: usize,
    ) -> Provenance {
        Provenance {
            prefsweep_version: env!("CARGO_PKG_VERSION").into(),
            git_revision: machine::git_revision(),
            device,
            adapter,
            threads: self.threads,
            os: machine::os(),
            cpu: machine::cpu(),
            started_unix: clock.unix,
            wall_seconds: clock.watch.elapsed(),
            peak_memory_mib: machine::peak_memory_mib(),
            steps: steps as u64,
            negatives_scored: negatives_scored as u64,
            at_once: None,
            resumed: Some(clock.watch.spent().resumed).filter(|&resumed| resumed > 0),
            imported: None,
            seconds: Some(clock.watch.seconds()),
            parameters: None,
            active_parameters: None,
        }
    }
}

struct Clock {
    unix: u64,
    watch: Stopwatch,
}

impl Clock {
    fn start() -> Self {
        let unix = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        Self { unix, watch: Stopwatch::start() }
    }
}

/// The prepared data of a reference, checked to be those of its plan.
pub(super) fn read_data(store: &Store, spec: &ReferenceSpec) -> Result<Prepared, JobError> {
    let entry = store.entry(Kind::Dataset, data_id(spec.data_entry()));
    let data = Prepared::new(Dataset::read(&entry)?, &spec.dataset, spec.model.max_len())?
        .evaluating(spec.evaluated);
    if spec.titles_fingerprint.is_some() && data.titles_fingerprint() != spec.titles_fingerprint {
        return Err(JobError::OtherData(entry.display().to_string()));
    }
    let kinds = spec.model.features();
    let has = |kind: &FeatureKind| data.features().iter().any(|feature| feature.kind == *kind);
    if !kinds.iter().all(has) || data.features_fingerprint(&kinds) != spec.features_fingerprint {
        return Err(JobError::OtherData(entry.display().to_string()));
    }
    let planned = (&spec.data_fingerprint[..], &spec.candidates_fingerprint[..]);
    check_data(&entry, &data.dataset, &data.candidates, planned)?;
    Ok(data)
}

/// Whether data have the fingerprints of the plan.
fn check_data(
    entry: &Path,
    dataset: &Dataset,
    candidates: &Candidates,
    planned: (&str, &str),
) -> Result<(), JobError> {
    if (&dataset.fingerprint[..], &candidates.fingerprint[..]) == planned {
        return Ok(());
    }
    Err(JobError::OtherData(entry.display().to_string()))
}

/// Writes ranks and lists of one evaluation, and the metrics of both.
fn write_evaluation(
    draft: &Draft,
    step: usize,
    ranks: &[Ranks],
    lists: &TopLists,
    dataset: &Dataset,
    cutoffs: &[usize],
    watch: &Stopwatch,
) -> Result<(), StoreError> {
    let mut metrics = of_ranks(ranks, cutoffs);
    metrics.extend(of_lists(lists, dataset));
    watch.record(Activity::Evaluation);
    add_metrics(&mut metrics_table(&draft.file(METRICS_FILE))?, step, &metrics)?;
    let mut table = RankTable::default();
    add_ranks(&mut table, step, ranks);
    table.write(&draft.file(RANKS_FILE))?;
    lists.table().write(&draft.file(LISTS_FILE), step)?;
    watch.record(Activity::Storing);
    Ok(())
}
