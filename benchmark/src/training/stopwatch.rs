//! Where the time of a run goes.

use std::cell::Cell;
use std::time::Instant;

use prefsweep_store::Seconds;

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

/// Counts all time that passes under one activity or another: reading the clock a few times per step
/// costs nothing beside the step.
#[derive(Debug)]
pub struct Stopwatch {
    last: Cell<Instant>,
    seconds: Cell<Seconds>,
}

impl Stopwatch {
    /// One that runs from now.
    #[must_use]
    pub fn start() -> Self {
        Self { last: Cell::new(Instant::now()), seconds: Cell::default() }
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

    /// The seconds of every activity so far.
    #[must_use]
    pub fn seconds(&self) -> Seconds {
        self.seconds.get()
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
}
