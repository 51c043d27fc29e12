//! Shows a sweep's events on standard error, in the form that was asked for.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

use prefsweep::sweep::{Event, Failure, Task};
use serde_json::json;

use super::bars::Bars;
use super::json::{event, seconds};
use super::tally::Tally;
use crate::cli::args::Form;
use crate::cli::experiment::Ready;
use crate::cli::outcome::Outcome;
use crate::cli::units::{counted, duration};

/// Longest silence in lines; with the time until it is noticed it stays below half a minute.
const LINE_EVERY: Duration = Duration::from_secs(25);
/// Longest silence in JSON, which nobody reads line by line.
const OBJECT_EVERY: Duration = Duration::from_secs(5);

/// A sweep's progress on standard error.
#[derive(Debug)]
pub(crate) struct Display {
    output: Output,
    tally: Tally,
    /// When the last line was written.
    said: Instant,
    /// Workers that could not be started.
    taken_out: usize,
}

#[derive(Debug)]
enum Output {
    Bars(Bars),
    Lines,
    Json,
    Nothing,
}

impl Display {
    /// For tasks that so many workers run.
    pub(crate) fn new(tasks: &[Task], workers: usize, form: Form) -> Self {
        let now = Instant::now();
        let tally = Tally::new(tasks, workers, now);
        let output = match form {
            Form::Json => Output::Json,
            Form::None => Output::Nothing,
            Form::Auto | Form::Bar if std::io::stderr().is_terminal() => {
                Output::Bars(Bars::new(tally.of, workers))
            }
            Form::Auto | Form::Bar | Form::Lines => Output::Lines,
        };
        Self { output, tally, said: now, taken_out: 0 }
    }

    /// The first line: which experiment, on what.
    pub(crate) fn begin(&mut self, ready: &Ready) {
        let dataset = &ready.data.dataset;
        let workers = self.tally.workers.len();
        self.say(&format!(
            "{} on {} ({} users, {} items), device {}, {}: {} of {} runs to do",
            ready.name,
            ready.experiment.dataset.label(),
            dataset.n_users(),
            dataset.n_items,
            ready.place,
            counted(workers, "worker"),
            self.tally.of,
            ready.plan.n_runs(),
        ));
        self.object(
            "begin",
            json!({
                "experiment": ready.name,
                "dataset": ready.experiment.dataset.label(),
                "device": ready.place.to_string(),
                "workers": workers,
                "planned": ready.plan.n_runs(),
            }),
        );
    }

    pub(crate) fn show(&mut self, event: &Event) {
        let now = Instant::now();
        let took = self.tally.observe(event, now);
        match event {
            Event::Started(slot, task) => {
                if let Output::Bars(bars) = &self.output {
                    bars.begin(*slot, &task.name);
                }
                self.object("start", json!({ "run": task.name, "ids": task.ids }));
            }
            Event::Progress(slot, steps) => {
                if let Output::Bars(bars) = &self.output {
                    bars.steps(*slot, *steps);
                    bars.total(self.tally.ended, self.tally.time_left(now));
                }
            }
            Event::TakenOut(slot, reason) => self.take_out(*slot, reason),
            Event::Waiting | Event::Finished(_, _, Err(Failure::Stopped)) => {}
            Event::Finished(slot, task, result) => self.finished(*slot, task, result, took),
        }
        self.beat(now);
    }

    fn finished(&mut self, slot: usize, task: &Task, result: &Result<(), Failure>, took: Duration) {
        let now = Instant::now();
        let failure = failure(result);
        if let Output::Bars(bars) = &self.output {
            bars.begin(slot, "");
            bars.total(self.tally.ended, self.tally.time_left(now));
            if let Some(failure) = &failure {
                bars.say(&format!("{}: {failure}", task.name));
            }
        } else {
            let state = failure.clone().unwrap_or_else(|| format!("done in {}", duration(took)));
            let (counter, left) = (self.tally.counter(), self.tally.time_left(now));
            self.say(&format!("{counter} {}: {state}; {left}", task.name));
        }
        self.object(
            "finish",
            json!({
                "run": task.name,
                "ids": task.ids,
                "took_seconds": seconds(took),
                "failure": failure,
            }),
        );
    }

    /// Warns of a worker that could not be started.
    fn take_out(&mut self, slot: usize, reason: &str) {
        self.taken_out += 1;
        let workers = self.tally.workers.len();
        let rest = if self.taken_out < workers { "the others do its runs" } else { "none is left" };
        let text = format!(
            "worker {} of {workers} could not be started and is taken out, {rest}: {reason}",
            slot + 1
        );
        match &self.output {
            Output::Bars(bars) => bars.say(&text),
            Output::Lines | Output::Nothing => self.write(&text),
            Output::Json => self.write(&json!({ "event": "warning", "text": text }).to_string()),
        }
    }

    /// Says what is running, where nothing was said for long.
    fn beat(&mut self, now: Instant) {
        let silent = now - self.said;
        if self.tally.running().next().is_none() {
            return;
        }
        match self.output {
            Output::Lines if silent >= LINE_EVERY => self.say(&self.tally.line(now)),
            Output::Json if silent >= OBJECT_EVERY => self.object("progress", json!({})),
            _ => {}
        }
    }

    /// A line for people; nothing where the output is for programs.
    fn say(&mut self, line: &str) {
        match &self.output {
            Output::Bars(bars) => bars.say(line),
            Output::Lines => self.write(line),
            Output::Json | Output::Nothing => {}
        }
    }

    /// An object for programs.
    fn object(&mut self, name: &str, fields: serde_json::Value) {
        if let Output::Json = self.output {
            self.write(&event(name, &self.tally, Instant::now(), fields));
        }
    }

    fn write(&mut self, line: &str) {
        // A closed output is no reason to stop.
        let _ = writeln!(std::io::stderr(), "{line}");
        self.said = Instant::now();
    }

    /// Warnings that were shown.
    pub(crate) fn warnings(&self) -> usize {
        self.taken_out
    }

    /// Removes the bars, so that what is printed from now on stays.
    pub(crate) fn remove_bars(&mut self) {
        if let Output::Bars(_) = self.output
            && let Output::Bars(bars) = std::mem::replace(&mut self.output, Output::Lines)
        {
            bars.remove();
        }
    }

    /// The last line: what was done, and how many warnings were given. `missing` counts planned runs without a
    /// result.
    pub(crate) fn summary(&mut self, outcome: Outcome, missing: usize, warnings: usize) {
        let Tally { started, ended, failed, of, .. } = self.tally;
        let mut line =
            format!("{} of {of} runs done in {}", ended - failed, duration(started.elapsed()));
        if failed > 0 {
            line.push_str(&format!(", {failed} failed"));
        }
        self.say(&format!("{line}, {}", counted(warnings, "warning")));
        let outcome = match outcome {
            Outcome::Done => "done",
            Outcome::Interrupted => "stopped",
            Outcome::Failed | Outcome::UserError => "failed",
        };
        self.object("end", json!({ "outcome": outcome, "missing": missing, "warnings": warnings }));
    }
}

/// Why a task has no result, or not all, if so.
fn failure(result: &Result<(), Failure>) -> Option<String> {
    match result {
        Ok(()) | Err(Failure::Stopped) => None,
        Err(Failure::Reason(reason)) => Some(format!("FAILED: {reason}")),
        Err(Failure::Part(part)) => {
            let reason = part.values().next().map_or("", String::as_str);
            Some(format!("{} FAILED, the first: {reason}", part.len()))
        }
    }
}
