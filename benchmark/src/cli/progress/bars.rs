//! Bars on a terminal: one for all runs, one for the steps of each worker.

use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use prefsweep::training::Steps;

use super::tally::with_loss;

#[derive(Debug)]
pub(super) struct Bars {
    all: MultiProgress,
    total: ProgressBar,
    workers: Vec<ProgressBar>,
}

impl Bars {
    pub(super) fn new(runs: usize, workers: usize) -> Self {
        let all = MultiProgress::with_draw_target(ProgressDrawTarget::stderr());
        let style = |template| ProgressStyle::with_template(template).expect("a valid template");
        let total = all.add(ProgressBar::new(runs as u64));
        total.set_style(style("runs      [{bar:30}] {pos}/{len}  {elapsed} so far, {msg}"));
        total.enable_steady_tick(Duration::from_millis(500));
        let workers = (0..workers)
            .map(|_| {
                let bar = all.add(ProgressBar::new(1));
                bar.set_style(style("  steps   [{bar:30}] {pos}/{len}{prefix}  {msg}"));
                bar
            })
            .collect();
        Self { all, total, workers }
    }

    /// A worker's bar begins again with the name of what it runs; none where it runs nothing.
    pub(super) fn begin(&self, slot: usize, name: &str) {
        self.workers[slot].set_message(name.to_owned());
        self.workers[slot].set_prefix("");
        self.workers[slot].set_position(0);
    }

    pub(super) fn steps(&self, slot: usize, steps: Steps) {
        self.workers[slot].set_length(steps.of as u64);
        self.workers[slot].set_prefix(with_loss(steps));
        self.workers[slot].set_position(steps.done as u64);
    }

    pub(super) fn total(&self, done: usize, time_left: String) {
        self.total.set_position(done as u64);
        self.total.set_message(time_left);
    }

    /// A line above the bars.
    pub(super) fn say(&self, line: &str) {
        // A closed terminal is no reason to stop.
        drop(self.all.println(line));
    }

    /// Removes the bars for good: one that still ticks would erase what is printed after it.
    pub(super) fn remove(self) {
        self.total.finish_and_clear();
        self.workers.iter().for_each(ProgressBar::finish_and_clear);
        drop(self.all.clear());
    }
}
