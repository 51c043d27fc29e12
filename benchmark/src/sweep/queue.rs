//! Running a plan: references first, then the cells that start from them, on several workers.

use std::collections::{BTreeMap, VecDeque};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Condvar, Mutex};

use crate::job::Job;
use crate::pack::together;
use crate::plan::{Plan, PlannedCell};
use crate::store::{Kind, Store};

/// Runs one job at a time; a process in earnest, a fake in tests.
pub trait Runner: Send {
    /// Runs a job until its entry is complete.
    ///
    /// # Errors
    /// Why there is no entry; [`Failure::Stopped`] soon after `stopped` says so.
    fn run(
        &mut self,
        job: &Job,
        progress: &mut dyn FnMut(usize, usize),
        stopped: &dyn Fn() -> bool,
    ) -> Result<(), Failure>;
}

/// Why a job has no entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The user stopped the sweep.
    Stopped,
    /// It went wrong.
    Reason(String),
    /// Some trainings of a pack went wrong, by their ids; the others are complete.
    Part(BTreeMap<String, String>),
}

/// A job with a name and an estimate of its work.
#[derive(Clone, Debug, PartialEq)]
pub struct Task {
    /// The ids of its entries: one, or those of a pack.
    pub ids: Vec<String>,
    /// A name for people.
    pub name: String,
    /// What to run.
    pub job: Job,
    /// Relative amount of work.
    pub work: f64,
}

/// What happens during a sweep.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// A worker took a task.
    Started(usize, Task),
    /// A worker's steps done, of how many.
    Progress(usize, usize, usize),
    /// A worker's task ended.
    Finished(usize, Task, Result<(), Failure>),
}

/// The tasks of a plan that are not complete yet, up to `pack` cells in one.
#[must_use]
pub fn pending(plan: &Plan, store: &Store, pack: usize) -> Vec<Task> {
    let mut packs: Vec<Vec<&PlannedCell>> = Vec::new();
    for cell in plan.distinct_cells() {
        if store.is_complete(Kind::Cell, &cell.id) {
            continue;
        }
        let open = packs
            .iter_mut()
            .find(|cells| cells.len() < pack && together(&cells[0].spec, &cell.spec));
        match open {
            Some(cells) => cells.push(cell),
            None => packs.push(vec![cell]),
        }
    }
    let cells: Vec<Task> = packs.iter().map(|cells| cell_task(cells)).collect();
    let references = plan
        .references
        .iter()
        .filter(|reference| !store.is_complete(Kind::Reference, &reference.id));
    let references = references.map(|reference| Task {
        ids: vec![reference.id.clone()],
        name: format!("reference, seed {}", reference.spec.seed),
        work: reference_work(&reference.spec),
        job: Job::Reference(Box::new(reference.spec.clone())),
    });
    references.chain(cells).collect()
}

fn cell_task(cells: &[&PlannedCell]) -> Task {
    let specs = || cells.iter().map(|cell| cell.spec.clone());
    let seed = cells[0].spec.reference.seed;
    let (name, job) = match cells {
        [cell] => {
            let name = name(&cell.loss, cell.spec.negatives, seed, &cell.axes);
            (name, Job::Cell(Box::new(cell.spec.clone())))
        }
        cells => {
            (format!("{} cells at once, seed {seed}", cells.len()), Job::Pack(specs().collect()))
        }
    };
    Task {
        ids: cells.iter().map(|cell| cell.id.clone()).collect(),
        name,
        work: specs().map(|spec| cell_work(&spec)).sum(),
        job,
    }
}

fn name(loss: &str, negatives: usize, seed: u64, axes: &BTreeMap<String, String>) -> String {
    let axes: String = axes.iter().map(|(key, value)| format!(", {key}={value}")).collect();
    format!("{loss}, K={negatives}, seed {seed}{axes}")
}

/// Steps, weighted by what a step costs relative to one with few negatives; only the progress
/// bar's forecast depends on the weights.
fn cell_work(spec: &crate::plan::CellSpec) -> f64 {
    let pool = matches!(spec.loss.as_loss().sampling(), crate::losses::Sampling::PolicyPool { .. });
    let step = 1.0 + 0.02 * spec.negatives as f64 + if pool { 0.8 } else { 0.0 };
    let evaluations = spec.preference.steps as f64 / spec.evaluation.every as f64 + 2.0;
    spec.preference.steps as f64 * step + 4.0 * evaluations
}

fn reference_work(spec: &crate::plan::ReferenceSpec) -> f64 {
    // Epochs are not steps, but windows are not known here: most data have tens of batches.
    40.0 * spec.reference.epochs as f64
}

/// Tasks not yet taken, and the references that those in the queue wait for.
struct Queue {
    waiting: VecDeque<Task>,
    /// Ids of references that are being trained or still in the queue.
    unfinished: Vec<String>,
    /// References that failed, with the reason.
    failed: BTreeMap<String, String>,
}

impl Queue {
    fn new(tasks: Vec<Task>) -> Self {
        let unfinished = tasks
            .iter()
            .filter(|task| is_reference(task))
            .flat_map(|task| task.ids.clone())
            .collect();
        Self { waiting: tasks.into(), unfinished, failed: BTreeMap::new() }
    }

    /// The next task whose reference is there (or never will be).
    fn take(&mut self) -> Option<Task> {
        let ready = |task: &Task| match &task.job {
            Job::Reference(_) => true,
            job => !self.unfinished.contains(&job.reference_spec().id()),
        };
        let index = self.waiting.iter().position(ready)?;
        self.waiting.remove(index)
    }
}

fn is_reference(task: &Task) -> bool {
    matches!(task.job, Job::Reference(_))
}

/// Runs all tasks, one per runner at a time; `observe` sees every event on the calling thread.
/// Returns the failures by id.
pub fn run(
    tasks: Vec<Task>,
    runners: Vec<Box<dyn Runner>>,
    stopped: &(dyn Fn() -> bool + Sync),
    mut observe: impl FnMut(Event),
) -> BTreeMap<String, String> {
    let queue = Mutex::new(Queue::new(tasks));
    let changed = Condvar::new();
    let (events, received) = channel();
    let mut failures = BTreeMap::new();
    std::thread::scope(|scope| {
        for (slot, mut runner) in runners.into_iter().enumerate() {
            let (queue, changed, events) = (&queue, &changed, events.clone());
            scope.spawn(move || work(slot, runner.as_mut(), queue, changed, &events, stopped));
        }
        drop(events);
        for event in received {
            match &event {
                Event::Finished(_, task, Err(Failure::Reason(reason))) => {
                    failures.extend(task.ids.iter().map(|id| (id.clone(), reason.clone())));
                }
                Event::Finished(_, _, Err(Failure::Part(part))) => failures.extend(part.clone()),
                _ => {}
            }
            observe(event);
        }
    });
    failures
}

fn work(
    slot: usize,
    runner: &mut dyn Runner,
    queue: &Mutex<Queue>,
    changed: &Condvar,
    events: &Sender<Event>,
    stopped: &dyn Fn() -> bool,
) {
    // The receiver outlives the workers, so that sending cannot fail.
    let send = |event| events.send(event).expect("the receiver outlives the workers");
    let lock = || queue.lock().expect("no worker panics with the lock");
    loop {
        let mut state = lock();
        let task = loop {
            if stopped() || state.waiting.is_empty() {
                return;
            }
            if let Some(task) = state.take() {
                break task;
            }
            state = changed.wait(state).expect("no worker panics with the lock");
        };
        let missing = match &task.job {
            Job::Reference(_) => None,
            job => state.failed.get(&job.reference_spec().id()).cloned(),
        };
        drop(state);
        let result = match missing {
            Some(reason) => Err(Failure::Reason(format!("its reference failed: {reason}"))),
            None => {
                send(Event::Started(slot, task.clone()));
                runner.run(
                    &task.job,
                    &mut |done, of| send(Event::Progress(slot, done, of)),
                    stopped,
                )
            }
        };
        if is_reference(&task) {
            let mut state = lock();
            state.unfinished.retain(|id| !task.ids.contains(id));
            if let Err(Failure::Reason(reason)) = &result {
                state.failed.extend(task.ids.iter().map(|id| (id.clone(), reason.clone())));
            }
        }
        changed.notify_all();
        let ended = result == Err(Failure::Stopped);
        send(Event::Finished(slot, task, result));
        if ended {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::config::read_str;
    use crate::data::Prepared;
    use crate::device::Backend;

    /// Whether a job was a reference, and its seed, in the order of their ends.
    type Order = Arc<Mutex<Vec<(bool, u64)>>>;

    /// Records the order of jobs; fails those whose seed is in `fails`.
    struct Fake {
        order: Order,
        fails: Vec<u64>,
    }

    impl Runner for Fake {
        fn run(
            &mut self,
            job: &Job,
            progress: &mut dyn FnMut(usize, usize),
            stopped: &dyn Fn() -> bool,
        ) -> Result<(), Failure> {
            if stopped() {
                return Err(Failure::Stopped);
            }
            progress(1, 1);
            let reference = matches!(job, Job::Reference(_));
            let seed = job.reference_spec().seed;
            self.order.lock().unwrap().push((reference, seed));
            if reference && self.fails.contains(&seed) {
                return Err(Failure::Reason("out of memory".into()));
            }
            Ok(())
        }
    }

    fn tasks() -> Vec<Task> {
        tasks_in_packs(1)
    }

    fn tasks_in_packs(pack: usize) -> Vec<Task> {
        let yaml = "
title: test
dataset: {name: synthetic, synthetic: {users: 30, items: 80}}
sweep: {losses: [dpo, s_dpo], negatives: [3, 5], seeds: [1, 2]}";
        let experiment = read_str(yaml, "test.yaml", &[]).unwrap();
        let data = Prepared::load(&experiment.dataset, Path::new("."), 50).unwrap();
        let plan = Plan::new(&experiment, &data, Backend::Flex).unwrap();
        let folder = tempfile::tempdir().unwrap();
        pending(&plan, &Store::open(folder.path()).unwrap(), pack)
    }

    fn fakes(count: usize, fails: &[u64]) -> (Vec<Box<dyn Runner>>, Order) {
        let order = Arc::new(Mutex::new(Vec::new()));
        let runner = || -> Box<dyn Runner> {
            Box::new(Fake { order: Arc::clone(&order), fails: fails.to_vec() })
        };
        ((0..count).map(|_| runner()).collect(), order)
    }

    #[test]
    fn cells_wait_for_their_reference() {
        let (runners, order) = fakes(3, &[]);
        let failures = run(tasks(), runners, &|| false, |_| ());
        assert!(failures.is_empty());
        let order = order.lock().unwrap();
        assert_eq!(order.len(), 2 + 8);
        for seed in [1, 2] {
            let reference = order.iter().position(|entry| *entry == (true, seed)).unwrap();
            let cell = order.iter().position(|entry| *entry == (false, seed)).unwrap();
            assert!(reference < cell);
        }
    }

    #[test]
    fn a_failed_reference_costs_its_own_cells_only() {
        let (runners, order) = fakes(2, &[2]);
        let failures = run(tasks(), runners, &|| false, |_| ());
        assert_eq!(failures.len(), 1 + 4);
        let explained = failures
            .values()
            .filter(|reason| reason.contains("its reference failed: out of memory"));
        assert_eq!(explained.count(), 4);
        assert!(!order.lock().unwrap().contains(&(false, 2)));
    }

    #[test]
    fn packs_hold_cells_of_one_reference() {
        let tasks = tasks_in_packs(3);
        let packs: Vec<usize> = tasks[2..].iter().map(|task| task.ids.len()).collect();
        // dpo and s_dpo with 3 and 5 negatives, under two seeds.
        assert_eq!(packs, [3, 1, 3, 1]);
        for task in &tasks[2..] {
            let (_, ids) = task.job.entries();
            assert_eq!(ids, task.ids);
            if let Job::Pack(specs) = &task.job {
                assert!(specs.iter().all(|spec| spec.reference == specs[0].reference));
            }
        }
    }

    #[test]
    fn stopping_ends_the_sweep_without_failures() {
        let (runners, order) = fakes(2, &[]);
        let calls = AtomicUsize::new(0);
        let stopped = || calls.fetch_add(1, Ordering::Relaxed) > 6;
        let failures = run(tasks(), runners, &stopped, |_| ());
        assert!(failures.is_empty());
        assert!(order.lock().unwrap().len() < 10);
    }
}
