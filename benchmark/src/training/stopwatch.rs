//! Where the time of a run goes.

use std::cell::Cell;
use std::time::Instant;

use prefsweep_store::Seconds;
use serde::{Deserialize, Serialize};

/// What a run spends its time on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activity {
    /// Steps: scores, loss, gradients, diagnostics and optimiser.
    Training,
    /// Batches and negatives.
    Sampling,
    /// Ranks, metrics and divergence.
    Evaluation,
    /// Reading what a run starts from, and writing its results.
    Storing,
}

/// What a run has taken so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Spent {
    /// The time, by activity.
    pub seconds: Seconds,
    /// How often the run went on after a stop.
    pub resumed: u64,
}

/// Counts all time that passes under one activity or another: reading the clock a few times per step
/// costs nothing beside the step.
#[derive(Debug)]
pub struct Stopwatch {
    started: Instant,
    last: Cell<Instant>,
    seconds: Cell<Seconds>,
    /// By the parts of the run before this one.
    before: Cell<Spent>,
}

impl Stopwatch {
    /// One that runs from now.
    #[must_use]
    pub fn start() -> Self {
        let now = Instant::now();
        let (seconds, before) = (Cell::default(), Cell::default());
        Self { started: now, last: Cell::new(now), seconds, before }
    }

    /// Counts what has passed since the last record, or since the start, under `activity`.
    pub fn record(&self, activity: Activity) {
        let now = Instant::now();
        let passed = (now - self.last.replace(now)).as_secs_f64();
        let mut seconds = self.seconds.get();
        *match activity {
            Activity::Training => &mut seconds.training,
            Activity::Sampling => &mut seconds.sampling,
            Activity::Evaluation => &mut seconds.evaluation,
            Activity::Storing => &mut seconds.storing,
        } += passed;
        self.seconds.set(seconds);
    }

    /// Goes on with a run that had already taken this when it was stopped.
    pub fn resume(&self, spent: Spent) {
        self.before.set(Spent { resumed: spent.resumed + 1, ..spent });
    }

    /// What the run has taken so far, in all of its parts.
    #[must_use]
    pub fn spent(&self) -> Spent {
        let mut spent = self.before.get();
        spent.seconds.add(&self.seconds.get());
        spent
    }

    /// The seconds of every activity so far, in all parts of the run.
    #[must_use]
    pub fn seconds(&self) -> Seconds {
        self.spent().seconds
    }

    /// The run's duration in seconds, without the time between its parts.
    #[must_use]
    pub fn elapsed(&self) -> f64 {
        self.before.get().seconds.total() + self.started.elapsed().as_secs_f64()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn every_moment_is_counted_once() {
        let started = Instant::now();
        let watch = Stopwatch::start();
        std::thread::sleep(Duration::from_millis(3));
        watch.record(Activity::Sampling);
        watch.record(Activity::Storing);
        std::thread::sleep(Duration::from_millis(2));
        watch.record(Activity::Training);
        let all = started.elapsed().as_secs_f64();
        let found = watch.seconds();
        assert!(found.sampling >= 0.003 && found.training >= 0.002, "{found:?}");
        assert_eq!(found.evaluation, 0.0);
        assert!(found.total() <= all, "{found:?} {all}");
    }

    #[test]
    fn the_parts_of_a_run_add_up() {
        let first = Stopwatch::start();
        std::thread::sleep(Duration::from_millis(2));
        first.record(Activity::Training);
        let second = Stopwatch::start();
        second.resume(first.spent());
        second.record(Activity::Evaluation);
        let spent = second.spent();
        assert_eq!(spent.seconds.training, first.seconds().training);
        assert_eq!((first.spent().resumed, spent.resumed), (0, 1));
        assert!(second.elapsed() >= spent.seconds.total());
    }
}
