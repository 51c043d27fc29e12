//! Progress over runs and steps, with the time left: bars on a terminal, lines elsewhere.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use prefsweep::sweep::{Event, Failure, Task};

use super::experiment::Ready;
use super::units::duration;

/// Shows a sweep's events on standard error.
#[derive(Debug)]
pub(crate) struct Display {
    quiet: bool,
    /// On a terminal.
    bars: Option<Bars>,
    started: Instant,
    workers: Vec<Option<Running>>,
    work_done: f64,
    work: f64,
    done: usize,
    tasks: usize,
}

#[derive(Debug)]
struct Bars {
    all: MultiProgress,
    total: ProgressBar,
    workers: Vec<ProgressBar>,
}

#[derive(Debug)]
struct Running {
    task: Task,
    since: Instant,
    share: f64,
}

impl Display {
    pub(crate) fn new(ready: &Ready, tasks: &[Task], workers: usize, quiet: bool) -> Self {
        let runs = tasks.iter().map(|task| task.ids.len()).sum();
        let display = Self {
            quiet,
            bars: (!quiet && std::io::stderr().is_terminal()).then(|| Bars::new(runs, workers)),
            started: Instant::now(),
            workers: (0..workers).map(|_| None).collect(),
            work_done: 0.0,
            work: tasks.iter().map(|task| task.work).sum(),
            done: 0,
            tasks: runs,
        };
        display.say(&format!(
            "{} on {} ({} users, {} items), device {}, {workers} worker{}: {} of {} runs to do",
            ready.name,
            ready.data.dataset.name,
            ready.data.dataset.n_users(),
            ready.data.dataset.n_items,
            ready.place,
            if workers == 1 { "" } else { "s" },
            runs,
            ready.plan.n_runs(),
        ));
        display
    }

    pub(crate) fn show(&mut self, event: &Event) {
        match event {
            Event::Started(slot, task) => {
                self.workers[*slot] =
                    Some(Running { task: task.clone(), since: Instant::now(), share: 0.0 });
                if let Some(bars) = &self.bars {
                    bars.workers[*slot].set_message(task.name.clone());
                    bars.workers[*slot].set_position(0);
                }
            }
            Event::Progress(slot, done, of) => {
                if let Some(running) = &mut self.workers[*slot] {
                    running.share = *done as f64 / *of as f64;
                }
                if let Some(bars) = &self.bars {
                    bars.workers[*slot].set_length(*of as u64);
                    bars.workers[*slot].set_position(*done as u64);
                    bars.total.set_message(self.time_left());
                }
            }
            Event::Finished(slot, task, result) => self.finished(*slot, task, result),
        }
    }

    fn finished(&mut self, slot: usize, task: &Task, result: &Result<(), Failure>) {
        let running = self.workers[slot].take();
        let took = running.map(|running| running.since.elapsed()).unwrap_or_default();
        if *result == Err(Failure::Stopped) {
            return;
        }
        self.done += task.ids.len();
        self.work_done += task.work;
        let state = match result {
            Ok(()) => format!("done in {}", duration(took)),
            Err(Failure::Reason(reason)) => format!("FAILED: {reason}"),
            Err(Failure::Part(part)) => {
                let reason = part.values().next().map_or("", String::as_str);
                format!("{} FAILED, the first: {reason}", part.len())
            }
            Err(Failure::Stopped) => return,
        };
        let (done, tasks) = (self.done, self.tasks);
        if let Some(bars) = &self.bars {
            bars.workers[slot].set_message("");
            bars.workers[slot].set_position(0);
            bars.total.set_position(done as u64);
            if result.is_err() {
                self.say(&format!("{}: {state}", task.name));
            }
        } else {
            let left = self.time_left();
            self.say(&format!("[{done:>3}/{tasks}] {}: {state}; {left}", task.name));
        }
    }

    /// The forecast from the work done so far.
    fn time_left(&self) -> String {
        let running: f64 = self.workers.iter().flatten().map(|r| r.share * r.task.work).sum();
        let done = self.work_done + running;
        if done <= 0.0 {
            return "time left: measuring".into();
        }
        let rate = self.started.elapsed().as_secs_f64() / done;
        format!(
            "about {} left",
            duration(Duration::from_secs_f64(rate * (self.work - done).max(0.0)))
        )
    }

    fn say(&self, line: &str) {
        match &self.bars {
            // A closed terminal is no reason to stop.
            Some(bars) => drop(bars.all.println(line)),
            None if self.quiet => {}
            None => eprintln!("{line}"),
        }
    }

    /// Removes the bars for good: one that still ticks would erase what is printed after it.
    pub(crate) fn finish(&mut self) {
        if let Some(bars) = self.bars.take() {
            bars.total.finish_and_clear();
            bars.workers.iter().for_each(ProgressBar::finish_and_clear);
            drop(bars.all.clear());
        }
        self.say(&format!("{} runs in {}", self.done, duration(self.started.elapsed())));
    }
}

impl Bars {
    fn new(tasks: usize, workers: usize) -> Self {
        let all = MultiProgress::with_draw_target(ProgressDrawTarget::stderr());
        let style = |template| ProgressStyle::with_template(template).expect("a valid template");
        let total = all.add(ProgressBar::new(tasks as u64));
        total.set_style(style("runs      [{bar:30}] {pos}/{len}  {elapsed} so far, {msg}"));
        total.enable_steady_tick(Duration::from_millis(500));
        let workers = (0..workers)
            .map(|_| {
                let bar = all.add(ProgressBar::new(1));
                bar.set_style(style("  steps   [{bar:30}] {pos}/{len}  {msg}"));
                bar
            })
            .collect();
        Self { all, total, workers }
    }
}
