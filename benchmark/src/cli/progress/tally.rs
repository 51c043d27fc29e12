//! What is done, what is running and how long the rest will take.

use std::time::{Duration, Instant};

use prefsweep::sweep::{Event, Failure, Task};
use prefsweep::training::Steps;

use crate::cli::units::duration;

/// The state of a sweep, from its events.
#[derive(Debug)]
pub(super) struct Tally {
    pub(super) started: Instant,
    pub(super) workers: Vec<Option<Running>>,
    /// Runs that ended, also without a result.
    pub(super) ended: usize,
    /// Those of them without a result.
    pub(super) failed: usize,
    /// Runs to do.
    pub(super) of: usize,
    /// What was computed since the start.
    work_done: f64,
    /// Of the runs that have not ended, what earlier calls computed of them included.
    work_open: f64,
}

/// A task that a worker has taken.
#[derive(Debug)]
pub(super) struct Running {
    pub(super) name: String,
    pub(super) since: Instant,
    /// How far it has come, once known.
    pub(super) steps: Option<Steps>,
    /// Steps that an earlier call has done.
    before: usize,
    work: f64,
}

impl Tally {
    pub(super) fn new(tasks: &[Task], workers: usize, now: Instant) -> Self {
        Self {
            started: now,
            workers: (0..workers).map(|_| None).collect(),
            ended: 0,
            failed: 0,
            of: tasks.iter().map(|task| task.ids.len()).sum(),
            work_done: 0.0,
            work_open: tasks.iter().map(|task| task.work).sum(),
        }
    }

    /// Takes note of an event; how long a task that ended has taken.
    pub(super) fn observe(&mut self, event: &Event, now: Instant) -> Duration {
        match event {
            Event::Started(slot, task) => {
                let (name, work) = (task.name.clone(), task.work);
                let running = Running { name, since: now, steps: None, before: 0, work };
                self.workers[*slot] = Some(running);
            }
            Event::Progress(slot, steps) => {
                if let Some(running) = &mut self.workers[*slot] {
                    if running.steps.is_none() {
                        // The first step is always told.
                        running.before = steps.done.saturating_sub(1);
                    }
                    running.steps = Some(*steps);
                }
            }
            Event::Waiting | Event::TakenOut(..) => {}
            Event::Finished(slot, task, result) => {
                let running = self.workers[*slot].take();
                let took = running.as_ref().map(|running| now - running.since);
                self.failed += match result {
                    Err(Failure::Stopped) => return took.unwrap_or_default(),
                    Err(Failure::Reason(_)) => task.ids.len(),
                    Err(Failure::Part(part)) => part.len(),
                    Ok(()) => 0,
                };
                self.ended += task.ids.len();
                self.work_open -= task.work;
                self.work_done += match running {
                    // Of a kind that counts no steps.
                    Some(Running { steps: None, .. }) if result.is_ok() => task.work,
                    // Fewer than all where it stopped early or failed.
                    Some(running) => running.work_done(),
                    None => 0.0,
                };
                return took.unwrap_or_default();
            }
        }
        Duration::ZERO
    }

    pub(super) fn running(&self) -> impl Iterator<Item = &Running> {
        self.workers.iter().flatten()
    }

    /// The forecast from the work done so far; none before any is.
    pub(super) fn left(&self, now: Instant) -> Option<Duration> {
        let done = self.work_done + self.running().map(Running::work_done).sum::<f64>();
        let rate = (now - self.started).as_secs_f64() / done;
        let reached = self.running().map(|running| running.work * running.share()).sum::<f64>();
        (done > 0.0).then(|| Duration::from_secs_f64(rate * (self.work_open - reached).max(0.0)))
    }

    /// [`Self::left`] in words.
    pub(super) fn time_left(&self, now: Instant) -> String {
        match self.left(now) {
            Some(left) => format!("about {} left", duration(left)),
            None => "time left: measuring".into(),
        }
    }

    /// How many runs have ended, in front of a line.
    pub(super) fn counter(&self) -> String {
        format!("[{:>3}/{}]", self.ended, self.of)
    }

    /// What is running, with its steps, and the time left.
    pub(super) fn line(&self, now: Instant) -> String {
        let running: Vec<String> = self
            .running()
            .map(|running| match running.steps {
                Some(steps @ Steps { done, of, .. }) => {
                    format!("{}: step {done} of {of}{}", running.name, with_loss(steps))
                }
                None => format!("{}: preparing", running.name),
            })
            .collect();
        format!("{} {}; {}", self.counter(), running.join("; "), self.time_left(now))
    }
}

impl Running {
    /// The share of its steps that are done.
    fn share(&self) -> f64 {
        self.steps.map_or(0.0, |steps| steps.done as f64 / steps.of.max(1) as f64)
    }

    /// The work that was done since it was taken.
    fn work_done(&self) -> f64 {
        let before = |steps: Steps| self.before as f64 / steps.of.max(1) as f64;
        self.work * (self.share() - self.steps.map_or(0.0, before))
    }
}

/// The loss behind the steps, where there is one.
pub(super) fn with_loss(steps: Steps) -> String {
    steps.loss.map(|loss| format!(", loss {loss:.4}")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use prefsweep::data::Prepared;
    use prefsweep::experiment::{Plan, read_str};
    use prefsweep::sweep::tasks as planned;
    use prefsweep_policy::device::Backend;

    use super::*;

    /// A reference and a cell, of the given work each.
    fn tasks(work: [f64; 2]) -> Vec<Task> {
        let yaml = "
title: test
dataset: {name: synthetic, synthetic: {users: 30, items: 80}}
sweep: {losses: [dmpo], negatives: [3], seeds: [1]}";
        let experiment = read_str(yaml, "test.yaml", &[]).unwrap();
        let data = Prepared::load(&experiment.dataset, Path::new("."), 50).unwrap();
        let plan = Plan::new(&experiment, &data, Backend::Flex).unwrap();
        let all = planned(&plan, 1, &|_, _| true);
        let ends = [all.first().unwrap(), all.last().unwrap()].map(Clone::clone);
        ends.into_iter().zip(work).map(|(task, work)| Task { work, ..task }).collect()
    }

    #[test]
    fn steps_and_time_left_are_those_of_the_work_done() {
        let tasks = tasks([30.0, 10.0]);
        let started = Instant::now();
        let at = |seconds| started + Duration::from_secs(seconds);
        let mut tally = Tally::new(&tasks, 1, started);
        let _ = tally.observe(&Event::Started(0, tasks[0].clone()), at(0));
        assert_eq!(tally.line(at(1)), "[  0/2] reference, seed 1: preparing; time left: measuring");
        // Half of 30 parts of work in 60 s: the other 25 take 100 s.
        let steps = Steps { done: 500, of: 1000, loss: None };
        let _ = tally.observe(&Event::Progress(0, Steps { done: 1, ..steps }), at(1));
        let _ = tally.observe(&Event::Progress(0, steps), at(60));
        let line = tally.line(at(60));
        assert_eq!(line, "[  0/2] reference, seed 1: step 500 of 1000; about 1 min 40 s left");
        let _ = tally.observe(&Event::Progress(0, Steps { loss: Some(1.234_56), ..steps }), at(60));
        assert!(tally.line(at(60)).contains("step 500 of 1000, loss 1.2346; about"));
        let took = tally.observe(&Event::Finished(0, tasks[0].clone(), Ok(())), at(120));
        assert_eq!(took, Duration::from_secs(120));
        // Without a runner's start: its reference failed.
        let failed = Err(Failure::Reason("why".into()));
        let _ = tally.observe(&Event::Finished(0, tasks[1].clone(), failed), at(121));
        assert_eq!((tally.ended, tally.failed, tally.of), (2, 1, 2));
    }

    #[test]
    fn time_left_knows_only_what_was_computed_since_the_start() {
        let started = Instant::now();
        let at = |seconds| started + Duration::from_secs(seconds);
        let steps = Steps { done: 500, of: 1000, loss: None };
        let begun = |tasks: &[Task]| {
            let mut tally = Tally::new(tasks, 1, started);
            let _ = tally.observe(&Event::Started(0, tasks[0].clone()), at(0));
            let _ = tally.observe(&Event::Progress(0, Steps { done: 1, ..steps }), at(0));
            tally
        };
        let tasks = tasks([30.0, 10.0]);
        // Half of it lay in a checkpoint: of 30 parts a quarter was computed in 60 s, and a quarter and 10 parts are left.
        let mut resumed = Tally::new(&tasks, 1, started);
        let _ = resumed.observe(&Event::Started(0, tasks[0].clone()), at(0));
        let _ = resumed.observe(&Event::Progress(0, Steps { done: 501, ..steps }), at(0));
        let _ = resumed.observe(&Event::Progress(0, Steps { done: 750, ..steps }), at(60));
        assert_eq!(resumed.left(at(60)).map(|left| left.as_secs()), Some(140));
        // It stopped early, halfway: 15 parts took 60 s, and 10 are left.
        let mut early = begun(&tasks);
        let _ = early.observe(&Event::Progress(0, steps), at(60));
        let _ = early.observe(&Event::Finished(0, tasks[0].clone(), Ok(())), at(60));
        assert_eq!(early.left(at(60)).map(|left| left.as_secs()), Some(40));
        // What waits for a run that failed has cost nothing.
        let mut failed = begun(&tasks);
        let _ = failed.observe(&Event::Progress(0, steps), at(60));
        for task in &tasks {
            let reason = Err(Failure::Reason("why".into()));
            let _ = failed.observe(&Event::Finished(0, task.clone(), reason), at(60));
        }
        assert_eq!(failed.left(at(60)), Some(Duration::ZERO));
    }
}
