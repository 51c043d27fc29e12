//! Where the time of a training goes.

use std::cell::Cell;
use std::time::Instant;

use prefsweep_report::results::Seconds;

/// What a training does with its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Steps: scores, loss, gradients, diagnostics and optimiser.
    Training,
    /// Batches and negatives.
    Sampling,
    /// Ranks, metrics and divergence.
    Evaluation,
    /// Reading what a training starts from, and writing what it leaves.
    Storing,
}

/// Books all time that passes to one part or another: reading the clock a few times per step costs
/// nothing beside the step.
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

    /// Books what has passed since the last booking, or since the start.
    pub fn book(&self, part: Part) {
        let now = Instant::now();
        let passed = (now - self.last.replace(now)).as_secs_f64();
        let mut seconds = self.seconds.get();
        *match part {
            Part::Training => &mut seconds.training,
            Part::Sampling => &mut seconds.sampling,
            Part::Evaluation => &mut seconds.evaluation,
            Part::Storing => &mut seconds.storing,
        } += passed;
        self.seconds.set(seconds);
    }

    /// All that is booked.
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
    fn every_moment_is_booked_once() {
        let started = Instant::now();
        let watch = Stopwatch::start();
        std::thread::sleep(Duration::from_millis(3));
        watch.book(Part::Sampling);
        watch.book(Part::Storing);
        std::thread::sleep(Duration::from_millis(2));
        watch.book(Part::Training);
        let all = started.elapsed().as_secs_f64();
        let found = watch.seconds();
        assert!(found.sampling >= 0.003 && found.training >= 0.002, "{found:?}");
        assert_eq!(found.evaluation, 0.0);
        assert!(found.total() <= all, "{found:?} {all}");
    }
}
