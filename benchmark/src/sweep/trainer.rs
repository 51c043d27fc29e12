//! One training, from its specification to its entry in the store.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use prefsweep_datasets::{DataError, Dataset};
use prefsweep_report::results::{Provenance, SPEC_FILE};
use serde::{Deserialize, Serialize};

use crate::artefacts::{
    RankTable, Table, add_metrics, add_trajectory, metrics_table, trajectory_table, write_json,
};
use crate::data::Prepared;
use crate::evaluation::{metrics, rank_model};
use crate::gradients::Head;
use crate::model::{Sasrec, Weights, WeightsError};
use crate::pack;
use crate::plan::{CellSpec, ReferenceSpec};
use crate::preference::{Baseline, Cell, Evaluation};
use crate::provenance;
use crate::reference::{hidden_states, train};
use crate::store::{Draft, Kind, Store, StoreError, at};
use crate::timing::{Part, Stopwatch};
use crate::training::{NotFinite, Progress};

/// What a worker is asked to do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Job {
    /// Train a reference model.
    Reference(Box<ReferenceSpec>),
    /// Train a cell, from a reference that is complete.
    Cell(Box<CellSpec>),
    /// Train cells that are [`together`](pack::together) at once.
    Pack(Vec<CellSpec>),
}

/// Why a training has no result.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "each variant is the error it holds")]
pub enum JobError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Data(#[from] DataError),
    #[error(transparent)]
    Weights(#[from] WeightsError),
    #[error(transparent)]
    NotFinite(#[from] NotFinite),
    #[error(
        "{0}: the data in the store are not those of the plan; remove the folder and run again"
    )]
    OtherData(String),
    /// Some trainings of a pack have no result: why, by their ids.
    #[error("{} trainings of the pack failed", .0.len())]
    Some(BTreeMap<String, String>),
}

impl Job {
    /// The kind and the ids of its entries.
    #[must_use]
    pub fn entries(&self) -> (Kind, Vec<String>) {
        match self {
            Self::Reference(spec) => (Kind::Reference, vec![spec.id()]),
            Self::Cell(spec) => (Kind::Cell, vec![spec.id()]),
            Self::Pack(specs) => (Kind::Cell, specs.iter().map(CellSpec::id).collect()),
        }
    }

    /// The reference that it trains or starts from.
    ///
    /// # Panics
    /// When it is an empty pack.
    #[must_use]
    pub fn reference_spec(&self) -> &ReferenceSpec {
        match self {
            Self::Reference(spec) => spec,
            Self::Cell(spec) => &spec.reference,
            Self::Pack(specs) => &specs[0].reference,
        }
    }
}

/// Runs jobs one after the other and keeps what they share.
#[derive(Debug)]
pub struct Trainer {
    store: Store,
    threads: usize,
    data: HashMap<(String, usize), Prepared>,
    reference: Option<Reference>,
}

/// The reference at hand.
#[derive(Debug)]
struct Reference {
    id: String,
    weights: Weights,
    states: Vec<f32>,
    baseline: Baseline,
}

impl Trainer {
    /// A trainer that writes to `store`; `threads` is for the record.
    #[must_use]
    pub fn new(store: Store, threads: usize) -> Self {
        Self { store, threads, data: HashMap::new(), reference: None }
    }

    /// Runs a job to its entry, unless that is complete already.
    ///
    /// # Errors
    /// When the data or the reference cannot be read, training diverges, or the store cannot be
    /// written.
    pub fn run(&mut self, job: &Job, progress: Progress<'_>) -> Result<(), JobError> {
        let (kind, ids) = job.entries();
        if ids.iter().all(|id| self.store.is_complete(kind, id)) {
            return Ok(());
        }
        let clock = Clock::start();
        let spec = job.reference_spec();
        let key = (spec.data_fingerprint.clone(), spec.model.max_len);
        if !self.data.contains_key(&key) {
            self.data.insert(key.clone(), read_data(&self.store, spec)?);
        }
        clock.watch.book(Part::Storing);
        match job {
            Job::Reference(spec) => self.train_reference(spec, &self.data[&key], progress, &clock),
            Job::Cell(spec) => {
                self.load_reference(&spec.reference, &key, &clock.watch)?;
                match spec.reference.backend.head() {
                    Head::Host => self.train_cell(spec, &self.data[&key], progress, &clock),
                    Head::Device => self.train_pack(&[spec], &self.data[&key], progress, &clock),
                }
            }
            Job::Pack(specs) => {
                self.load_reference(&specs[0].reference, &key, &clock.watch)?;
                let left = |spec: &&CellSpec| !self.store.is_complete(Kind::Cell, &spec.id());
                let specs: Vec<&CellSpec> = specs.iter().filter(left).collect();
                self.train_pack(&specs, &self.data[&key], progress, &clock)
            }
        }
    }

    fn train_reference(
        &self,
        spec: &ReferenceSpec,
        data: &Prepared,
        progress: Progress<'_>,
        clock: &Clock,
    ) -> Result<(), JobError> {
        let watch = &clock.watch;
        let model = Sasrec::new(&spec.model, data.dataset.n_items);
        let device = spec.backend.device();
        let mut steps = 0;
        let mut count = |done: usize, of: usize| {
            steps = done;
            progress(done, of);
        };
        let (settings, backend) = (&spec.reference, spec.backend);
        let trained = train(&model, settings, data, spec.seed, backend, &mut count, watch)?;
        let draft = self.store.draft(Kind::Reference, &spec.id())?;
        write_json(&draft.file(SPEC_FILE), spec)?;
        trained.weights.write(&draft.file("weights.bin"))?;
        let tensors = trained.weights.to_tensors(&device);
        watch.book(Part::Storing);
        let states = hidden_states(&model, &tensors, data);
        watch.book(Part::Training);
        write_floats(&draft.file("states.bin"), &states)?;
        let mut table =
            Table::create(&draft.file("training.csv"), &["epoch", "loss", "validation_ndcg_10"])?;
        for epoch in &trained.epochs {
            let ndcg = epoch.validation_ndcg.map(|ndcg| ndcg.to_string()).unwrap_or_default();
            table.row([epoch.epoch.to_string(), epoch.loss.to_string(), ndcg])?;
        }
        watch.book(Part::Storing);
        let ranks = rank_model(&model, &tensors, &data.dataset, &data.candidates);
        let metrics = metrics(&ranks, &spec.cutoffs);
        watch.book(Part::Evaluation);
        let last = trained.epochs.last().map_or(0, |epoch| epoch.epoch);
        add_metrics(&mut metrics_table(&draft.file("metrics.csv"))?, last, &metrics)?;
        let mut table = RankTable::default();
        table.add(last, &ranks);
        table.write(&draft.file("ranks.parquet"))?;
        watch.book(Part::Storing);
        write_json(&draft.file("provenance.json"), &self.provenance(spec, clock, steps, 0))?;
        draft.publish()?;
        Ok(())
    }

    fn train_cell(
        &self,
        spec: &CellSpec,
        data: &Prepared,
        progress: Progress<'_>,
        clock: &Clock,
    ) -> Result<(), JobError> {
        let watch = &clock.watch;
        let model = Sasrec::new(&spec.reference.model, data.dataset.n_items);
        let cell = self.cell(spec, &model, data);
        let mut entry = Entry::begin(&self.store, spec)?;
        watch.book(Part::Storing);
        let _ = cell
            .train::<JobError>(progress, watch, |evaluation| Ok(entry.add(&evaluation, watch)?))?;
        entry.publish(|| self.cell_provenance(&cell, spec, clock, None))?;
        Ok(())
    }

    fn train_pack(
        &self,
        specs: &[&CellSpec],
        data: &Prepared,
        progress: Progress<'_>,
        clock: &Clock,
    ) -> Result<(), JobError> {
        let watch = &clock.watch;
        let model = Sasrec::new(&specs[0].reference.model, data.dataset.n_items);
        let cells: Vec<Cell<'_>> = specs.iter().map(|spec| self.cell(spec, &model, data)).collect();
        let mut entries = Vec::new();
        for spec in specs {
            entries.push(Entry::begin(&self.store, spec)?);
        }
        watch.book(Part::Storing);
        let results = pack::train::<JobError>(&cells, progress, watch, |index, evaluation| {
            Ok(entries[index].add(&evaluation, watch)?)
        });
        let pack = (cells.len() > 1).then_some(cells.len());
        let mut failures = BTreeMap::new();
        for (index, (entry, result)) in entries.into_iter().zip(results).enumerate() {
            let (cell, spec) = (&cells[index], specs[index]);
            let provenance = || self.cell_provenance(cell, spec, clock, pack);
            let result = result.and_then(|()| Ok(entry.publish(provenance)?));
            if let Err(error) = result {
                if specs.len() == 1 {
                    return Err(error);
                }
                failures.insert(spec.id(), error.to_string());
            }
        }
        if failures.is_empty() { Ok(()) } else { Err(JobError::Some(failures)) }
    }

    fn cell<'a>(&'a self, spec: &'a CellSpec, model: &'a Sasrec, data: &'a Prepared) -> Cell<'a> {
        let reference = self.reference.as_ref().expect("the reference was loaded before the cell");
        Cell {
            model,
            data,
            reference: &reference.weights,
            reference_states: &reference.states,
            baseline: &reference.baseline,
            preference: &spec.preference,
            evaluation: &spec.evaluation,
            loss: &spec.loss,
            negatives: spec.negatives,
            seed: spec.reference.seed,
            device: spec.reference.backend.device(),
        }
    }

    fn load_reference(
        &mut self,
        spec: &ReferenceSpec,
        key: &(String, usize),
        watch: &Stopwatch,
    ) -> Result<(), JobError> {
        let id = spec.id();
        if self.reference.as_ref().is_some_and(|known| known.id == id) {
            return Ok(());
        }
        let entry = self.store.entry(Kind::Reference, &id);
        let data = &self.data[key];
        let model = Sasrec::new(&spec.model, data.dataset.n_items);
        let weights = Weights::read(model.layout(), &entry.join("weights.bin"))?;
        let states = read_floats(&entry.join("states.bin"), data.n_positions() * spec.model.dim)?;
        let tensors = weights.to_tensors(&spec.backend.device());
        watch.book(Part::Storing);
        let baseline = Baseline::new(&model, &tensors, data);
        watch.book(Part::Evaluation);
        self.reference = Some(Reference { id, weights, states, baseline });
        Ok(())
    }

    /// A cell's share of what it took to train it, alone or in a pack of some size.
    fn cell_provenance(
        &self,
        cell: &Cell<'_>,
        spec: &CellSpec,
        clock: &Clock,
        pack: Option<usize>,
    ) -> Provenance {
        clock.watch.book(Part::Storing);
        let steps = spec.preference.steps;
        let scored = cell.positions_in(steps) * spec.negatives;
        let mut provenance = self.provenance(&spec.reference, clock, steps, scored);
        provenance.pack = pack.map(|cells| cells as u64);
        provenance.wall_seconds /= pack.unwrap_or(1) as f64;
        let seconds = provenance.seconds.as_mut();
        seconds.expect("it was just recorded").divide(pack.unwrap_or(1));
        provenance
    }

    fn provenance(
        &self,
        spec: &ReferenceSpec,
        clock: &Clock,
        steps: usize,
        negatives_scored: usize,
    ) -> Provenance {
        Provenance {
            prefsweep_version: env!("CARGO_PKG_VERSION").into(),
            git_revision: provenance::git_revision(),
            device: spec.backend.name().into(),
            adapter: spec.backend.adapter(),
            threads: self.threads,
            os: provenance::os(),
            cpu: provenance::cpu(),
            started_unix: clock.unix,
            wall_seconds: clock.started.elapsed().as_secs_f64(),
            peak_memory_mib: provenance::peak_memory_mib(),
            steps: steps as u64,
            negatives_scored: negatives_scored as u64,
            pack: None,
            seconds: Some(clock.watch.seconds()),
        }
    }
}

/// A cell's entry while it is trained.
struct Entry<'a> {
    spec: &'a CellSpec,
    draft: Draft,
    trajectory: Table,
    metrics: Table,
    ranks: RankTable,
}

impl<'a> Entry<'a> {
    fn begin(store: &Store, spec: &'a CellSpec) -> Result<Self, StoreError> {
        let draft = store.draft(Kind::Cell, &spec.id())?;
        write_json(&draft.file(SPEC_FILE), spec)?;
        Ok(Self {
            spec,
            trajectory: trajectory_table(&draft.file("trajectory.csv"))?,
            metrics: metrics_table(&draft.file("metrics.csv"))?,
            ranks: RankTable::default(),
            draft,
        })
    }

    fn add(&mut self, evaluation: &Evaluation, watch: &Stopwatch) -> Result<(), StoreError> {
        let metrics = metrics(&evaluation.ranks, &self.spec.evaluation.cutoffs);
        watch.book(Part::Evaluation);
        add_trajectory(&mut self.trajectory, evaluation)?;
        add_metrics(&mut self.metrics, evaluation.step, &metrics)?;
        self.ranks.add(evaluation.step, &evaluation.ranks);
        Ok(())
    }

    fn publish(self, provenance: impl FnOnce() -> Provenance) -> Result<(), StoreError> {
        self.ranks.write(&self.draft.file("ranks.parquet"))?;
        write_json(&self.draft.file("provenance.json"), &provenance())?;
        drop((self.trajectory, self.metrics));
        self.draft.publish()
    }
}

struct Clock {
    unix: u64,
    started: Instant,
    watch: Stopwatch,
}

impl Clock {
    fn start() -> Self {
        let unix = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        Self { unix, started: Instant::now(), watch: Stopwatch::start() }
    }
}

/// Where a prepared dataset lies in the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Its folder.
    pub folder: PathBuf,
    /// Whether it was there before.
    pub was_there: bool,
}

/// Writes a prepared dataset to the store, unless it is there.
///
/// # Errors
/// When the store cannot be written.
pub fn keep_data(store: &Store, dataset: &Dataset) -> Result<Kept, JobError> {
    let id = data_id(&dataset.fingerprint);
    let folder = store.entry(Kind::Dataset, id);
    let was_there = store.is_complete(Kind::Dataset, id);
    if !was_there {
        let draft = store.draft(Kind::Dataset, id)?;
        dataset.write(draft.dir())?;
        draft.publish()?;
    }
    Ok(Kept { folder, was_there })
}

fn read_data(store: &Store, spec: &ReferenceSpec) -> Result<Prepared, JobError> {
    let entry = store.entry(Kind::Dataset, data_id(&spec.data_fingerprint));
    let data = Prepared::new(Dataset::read(&entry)?, &spec.dataset, spec.model.max_len)?;
    let same = data.dataset.fingerprint == spec.data_fingerprint
        && data.candidates.fingerprint == spec.candidates_fingerprint;
    if same { Ok(data) } else { Err(JobError::OtherData(entry.display().to_string())) }
}

/// The name of a dataset's entry: the start of its fingerprint.
pub(crate) fn data_id(fingerprint: &str) -> &str {
    &fingerprint[..16.min(fingerprint.len())]
}

fn write_floats(path: &Path, values: &[f32]) -> Result<(), StoreError> {
    let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
    std::fs::write(path, bytes).map_err(at(path))
}

fn read_floats(path: &Path, expected: usize) -> Result<Vec<f32>, StoreError> {
    let bytes = std::fs::read(path).map_err(at(path))?;
    if bytes.len() != 4 * expected {
        let found = format!("found {} bytes, expected {}", bytes.len(), 4 * expected);
        return Err(at(path)(std::io::Error::other(found)));
    }
    let float = |bytes: &[u8]| f32::from_le_bytes(bytes.try_into().expect("chunks of four bytes"));
    Ok(bytes.chunks_exact(4).map(float).collect())
}
