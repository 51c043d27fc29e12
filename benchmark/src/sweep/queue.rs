//! Running a plan: references first, then the cells that start from them, on several workers.

use std::collections::{BTreeMap, VecDeque};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Condvar, Mutex};
use std::time::Duration;

use super::job::Job;
use super::tasks::Task;
use crate::training::{Progress, Steps};

/// After so much silence the observer is told that the sweep goes on.
const SILENCE: Duration = Duration::from_secs(1);

/// Runs one job at a time; a worker process, or a fake in tests.
pub trait Runner: Send {
    /// Makes ready for a job, unless it is; gives up soon after it is no longer `wanted`.
    ///
    /// # Errors
    /// Why it cannot run any.
    fn start(&mut self, wanted: &dyn Fn() -> bool) -> Result<(), String>;

    /// Runs a job until its entry is complete, once started.
    ///
    /// # Errors
    /// Why there is no entry; [`Failure::Stopped`] soon after `stopped` says so.
    fn run(
        &mut self,
        job: &Job,
        progress: Progress<'_>,
        stopped: &dyn Fn() -> bool,
    ) -> Result<(), Failure>;
}

/// Why a job has no entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The user stopped the sweep.
    Stopped,
    /// It failed.
    Reason(String),
    /// Some of the cells trained together failed, by their ids; the others are complete.
    Part(BTreeMap<String, String>),
}

/// What happens during a sweep.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// A worker could not be started, and why: the others do its tasks, if any are left.
    TakenOut(usize, String),
    /// A worker took a task.
    Started(usize, Task),
    /// How far a worker has come.
    Progress(usize, Steps),
    /// Nothing happened for a while.
    Waiting,
    /// A worker's task ended.
    Finished(usize, Task, Result<(), Failure>),
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
            .filter(|task| task.job.is_reference())
            .flat_map(|task| task.ids.clone())
            .collect();
        Self { waiting: tasks.into(), unfinished, failed: BTreeMap::new() }
    }

    /// The place of the next task whose reference is there (or never will be).
    fn next(&self) -> Option<usize> {
        self.waiting.iter().position(|task| {
            task.job.starts_from().is_none_or(|start| self.unfinished.iter().all(|id| id != start))
        })
    }

    fn take(&mut self) -> Option<Task> {
        self.next().and_then(|index| self.waiting.remove(index))
    }
}

/// Runs all tasks, one per runner at a time; `observe` sees every event on the calling thread. Where no runner can
/// be started, tasks are left.
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
        loop {
            let event = match received.recv_timeout(SILENCE) {
                Ok(event) => event,
                Err(RecvTimeoutError::Timeout) => Event::Waiting,
                Err(RecvTimeoutError::Disconnected) => break,
            };
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
        while state.next().is_none() && !state.waiting.is_empty() && !stopped() {
            state = changed.wait(state).expect("no worker panics with the lock");
        }
        drop(state);
        // Only who can run a task takes one: until then it is there for the others.
        let wanted = || !stopped() && !lock().waiting.is_empty();
        if let Err(reason) = runner.start(&wanted) {
            return send(Event::TakenOut(slot, reason));
        }
        if !wanted() {
            return;
        }
        let mut state = lock();
        let Some(task) = state.take() else { continue };
        let missing = task.job.starts_from().and_then(|start| state.failed.get(start)).cloned();
        drop(state);
        let result = match missing {
            Some(reason) => Err(Failure::Reason(format!("its reference failed: {reason}"))),
            None => {
                send(Event::Started(slot, task.clone()));
                runner.run(&task.job, &mut |steps| send(Event::Progress(slot, steps)), stopped)
            }
        };
        if task.job.is_reference() {
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

    use prefsweep_policy::device::Backend;

    use super::*;
    use crate::baselines::BASELINES;
    use crate::data::Prepared;
    use crate::experiment::{Plan, read_str};
    use crate::sweep::tasks::tasks as planned;

    /// Whether a job was a reference, and its seed, in the order of their ends.
    type Order = Arc<Mutex<Vec<(bool, u64)>>>;

    /// What stands for the seed of a baseline, which has none.
    const BASELINE: u64 = 0;

    /// Records the order of jobs; fails those whose seed is in `fails`, and starts unless there is a reason not to.
    struct Fake {
        order: Order,
        fails: Vec<u64>,
        cannot_start: Option<&'static str>,
    }

    impl Runner for Fake {
        fn start(&mut self, _wanted: &dyn Fn() -> bool) -> Result<(), String> {
            self.cannot_start.map_or(Ok(()), |reason| Err(reason.to_owned()))
        }

        fn run(
            &mut self,
            job: &Job,
            progress: Progress<'_>,
            stopped: &dyn Fn() -> bool,
        ) -> Result<(), Failure> {
            if stopped() {
                return Err(Failure::Stopped);
            }
            progress(Steps { done: 1, of: 1, loss: None });
            let reference = job.is_reference();
            let seed = match job {
                Job::Reference(named) => named.spec.seed,
                Job::Cells(cells) => cells[0].spec.start.seed,
                Job::Baseline(_) => BASELINE,
            };
            self.order.lock().unwrap().push((reference, seed));
            if reference && self.fails.contains(&seed) {
                return Err(Failure::Reason("out of memory".into()));
            }
            Ok(())
        }
    }

    fn tasks() -> Vec<Task> {
        tasks_of(1)
    }

    fn tasks_of(at_once: usize) -> Vec<Task> {
        let yaml = "
title: test
dataset: {name: synthetic, synthetic: {users: 30, items: 80}}
sweep: {losses: [dpo, s_dpo], negatives: [3, 5], seeds: [1, 2]}";
        let experiment = read_str(yaml, "test.yaml", &[]).unwrap();
        let data = Prepared::load(&experiment.dataset, Path::new("."), 50).unwrap();
        let plan = Plan::new(&experiment, &data, Backend::Flex).unwrap();
        planned(&plan, at_once, &|_, _| true)
    }

    fn fakes(count: usize, fails: &[u64]) -> (Vec<Box<dyn Runner>>, Order) {
        let order = Arc::new(Mutex::new(Vec::new()));
        let runner = |order| -> Box<dyn Runner> {
            Box::new(Fake { order, fails: fails.to_vec(), cannot_start: None })
        };
        ((0..count).map(|_| runner(Arc::clone(&order))).collect(), order)
    }

    /// One that never starts.
    fn broken() -> Box<dyn Runner> {
        Box::new(Fake { order: Order::default(), fails: vec![], cannot_start: Some("no memory") })
    }

    /// The runners that were taken out, and the tasks that were done.
    fn taken_out(runners: Vec<Box<dyn Runner>>) -> (Vec<usize>, usize) {
        let (mut out, mut done) = (Vec::new(), 0);
        let failures = run(tasks(), runners, &|| false, |event| match event {
            Event::TakenOut(slot, reason) => {
                assert_eq!(reason, "no memory");
                out.push(slot);
            }
            Event::Finished(_, _, Ok(())) => done += 1,
            _ => {}
        });
        assert!(failures.is_empty(), "{failures:?}");
        out.sort_unstable();
        (out, done)
    }

    #[test]
    fn what_a_runner_that_cannot_start_would_have_done_is_done_by_the_others() {
        for broken_slot in 0..3 {
            let (mut runners, order) = fakes(2, &[]);
            runners.insert(broken_slot, broken());
            let (out, done) = taken_out(runners);
            // One that sees a task only when all are done is not needed.
            assert!(out.is_empty() || out == [broken_slot], "{out:?}");
            assert_eq!((done, order.lock().unwrap().len()), (tasks().len(), done));
        }
    }

    #[test]
    fn where_no_runner_can_start_nothing_is_tried() {
        assert_eq!(taken_out(vec![broken(), broken()]), (vec![0, 1], 0));
    }

    #[test]
    fn cells_wait_for_their_reference() {
        let (runners, order) = fakes(3, &[]);
        let failures = run(tasks(), runners, &|| false, |_| ());
        assert!(failures.is_empty());
        let order = order.lock().unwrap();
        assert_eq!(order.len(), 2 + BASELINES.len() + 8);
        let baselines = order.iter().filter(|entry| **entry == (false, BASELINE));
        assert_eq!(baselines.count(), BASELINES.len());
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

    /// Takes its time without a word.
    struct Silent;

    impl Runner for Silent {
        fn start(&mut self, _wanted: &dyn Fn() -> bool) -> Result<(), String> {
            Ok(())
        }

        fn run(
            &mut self,
            _job: &Job,
            _progress: Progress<'_>,
            _stopped: &dyn Fn() -> bool,
        ) -> Result<(), Failure> {
            std::thread::sleep(SILENCE * 5 / 2);
            Ok(())
        }
    }

    #[test]
    fn the_observer_is_told_of_silence() {
        let mut waits = 0;
        let one = tasks().into_iter().take(1).collect();
        let observe = |event| waits += usize::from(event == Event::Waiting);
        assert!(run(one, vec![Box::new(Silent)], &|| false, observe).is_empty());
        assert_eq!(waits, 2);
    }

    #[test]
    fn baselines_wait_for_nothing() {
        let mut queue = Queue::new(tasks());
        let taken: Vec<Task> = std::iter::from_fn(|| queue.take()).collect();
        assert_eq!(taken.len(), 2 + BASELINES.len(), "cells wait for their references");
        assert!(
            taken[..2].iter().all(|task| task.job.is_reference()),
            "what others wait for first"
        );
        assert!(taken[2..].iter().all(|task| matches!(task.job, Job::Baseline(_))));
    }

    #[test]
    fn cells_trained_together_start_from_one_reference() {
        let tasks = tasks_of(3);
        let cells = &tasks[2 + BASELINES.len()..];
        let sizes: Vec<usize> = cells.iter().map(|task| task.ids.len()).collect();
        // dpo and s_dpo with 3 and 5 negatives, under two seeds.
        assert_eq!(sizes, [3, 1, 3, 1]);
        for task in cells {
            assert_eq!(task.job.ids(), task.ids);
            if let Job::Cells(cells) = &task.job {
                assert!(cells.iter().all(|cell| cell.spec.start == cells[0].spec.start));
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
