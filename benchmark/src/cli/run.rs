//! `prefsweep run`.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, Result};
use prefsweep::sweep::{self, ProcessRunner, Runner, WorkerSettings, pending};
use prefsweep_policy::device::DeviceError;

use super::args::RunArgs;
use super::experiment::Ready;
use super::outcome::Outcome;
use super::progress::Display;
use super::show::conclude;

/// Runs what is not complete, then writes the report.
pub(crate) fn run(args: &RunArgs) -> Result<Outcome> {
    let ready = Ready::new(&args.sweep)?;
    if args.pack > 1 && ready.place.backend.is_cpu() {
        return Err(DeviceError::PackOnCpu { pack: args.pack }.into());
    }
    ready.make_folder()?;

    let tasks = pending(&ready.plan, &ready.store, usize::from(args.pack));
    let stop = Arc::new(AtomicBool::new(false));
    let handler = Arc::clone(&stop);
    ctrlc::set_handler(move || {
        // A second Ctrl-C does not wait.
        if handler.swap(true, Ordering::SeqCst) {
            std::process::exit(130);
        }
    })
    .context("failed to watch for Ctrl-C")?;

    let settings = WorkerSettings {
        program: std::env::current_exe().context("failed to find this program's own file")?,
        store: ready.store.root().to_owned(),
        threads: args.sweep.threads.into(),
        place: ready.place.clone(),
    };
    let workers = ready.workers(&args.sweep).min(tasks.len());
    let runners = (0..workers)
        .map(|_| -> Box<dyn Runner> { Box::new(ProcessRunner::new(settings.clone())) })
        .collect();
    let mut display = Display::new(&ready, &tasks, workers, args.quiet);
    let stopped = || stop.load(Ordering::SeqCst);
    let failures = sweep::run(tasks, runners, &stopped, |event| display.show(&event));
    display.finish();

    conclude(&ready, &failures)?;
    if stopped() {
        eprintln!("stopped; what is complete is kept, and the same command goes on from here");
        return Ok(Outcome::Interrupted);
    }
    if !failures.is_empty() {
        eprintln!("{} of the trainings failed; the same command tries them again:", failures.len());
        for (id, reason) in &failures {
            eprintln!("  {id}: {reason}");
        }
        return Ok(Outcome::Failed);
    }
    Ok(Outcome::Done)
}
