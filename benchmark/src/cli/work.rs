//! Running tasks in worker processes until they are done, or somebody stops them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, Result};
use prefsweep::sweep::{self, ProcessRunner, Runner, Task, WorkerSettings};

use super::progress::Display;

/// Whether Ctrl-C was pressed.
#[derive(Clone, Debug)]
pub(crate) struct Stop(Arc<AtomicBool>);

impl Stop {
    pub(crate) fn is_wanted(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }

    /// From now on the first Ctrl-C asks to stop, and a second does not wait.
    fn watch() -> Result<Self> {
        let wanted = Arc::new(AtomicBool::new(false));
        let handler = Arc::clone(&wanted);
        ctrlc::set_handler(move || {
            if handler.swap(true, Ordering::SeqCst) {
                std::process::exit(130);
            }
        })
        .context("failed to watch for Ctrl-C")?;
        Ok(Self(wanted))
    }
}

/// Runs tasks on so many workers; gives the ids of runs without a result, with reasons.
pub(crate) fn work(
    tasks: Vec<Task>,
    workers: usize,
    settings: &WorkerSettings,
    display: &mut Display,
) -> Result<(BTreeMap<String, String>, Stop)> {
    let stop = Stop::watch()?;
    let runners = (0..workers)
        .map(|_| -> Box<dyn Runner> { Box::new(ProcessRunner::new(settings.clone())) })
        .collect();
    let failures = sweep::run(tasks, runners, &|| stop.is_wanted(), |event| display.show(&event));
    Ok((failures, stop))
}
