//! `prefsweep run`.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, Result};
use prefsweep::experiment::{ConfigError, closest};
use prefsweep::sweep::{
    self, ProcessRunner, Runner, WorkerSettings, committed_revision, other_revisions, retire,
    retrainable, share, tasks,
};
use prefsweep_policy::device::DeviceError;
use prefsweep_store::Kind;

use super::args::RunArgs;
use super::experiment::Ready;
use super::outcome::Outcome;
use super::progress::Display;
use super::show::conclude;

/// Runs what is not complete, then writes the report.
pub(crate) fn run(args: &RunArgs) -> Result<Outcome> {
    let ready = Ready::new(&args.sweep)?;
    if args.at_once > 1 && ready.place.backend.is_cpu() {
        return Err(DeviceError::AtOnceOnCpu { at_once: args.at_once }.into());
    }
    ready.make_folder()?;
    retrain(&ready, &args.retrain)?;
    let notice = revisions_notice(&ready);
    if args.one_revision {
        require_one_revision(notice.as_deref())?;
    }
    if let Some(notice) = notice {
        eprintln!("{notice}");
    }

    let all = tasks(&ready.plan, 1, &|_, _| true);
    let own = args.shard.map(|shard| share(&all, shard));
    let wanted = |kind, id: &str| {
        own.as_ref().is_none_or(|own| own.contains(id)) && !ready.store.is_complete(kind, id)
    };
    let tasks = tasks(&ready.plan, usize::from(args.at_once), &wanted);
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

    if args.shard.is_none() {
        conclude(&ready, &failures)?;
    }
    if stopped() {
        eprintln!("stopped; complete runs are kept, and the same command resumes here");
        return Ok(Outcome::Interrupted);
    }
    if !failures.is_empty() {
        eprintln!("{} of the runs failed; the same command tries them again:", failures.len());
        for (id, reason) in &failures {
            eprintln!("  {id}: {reason}");
        }
        return Ok(Outcome::Failed);
    }
    let is_own = |id: &str| own.as_ref().is_none_or(|own| own.contains(id));
    let (missing, elsewhere): (Vec<_>, Vec<_>) =
        missing(&ready).into_iter().partition(|(id, _)| is_own(id));
    if !missing.is_empty() {
        eprintln!(
            "{} planned runs have no result; the same command tries them again:",
            missing.len()
        );
        for (id, name) in missing {
            eprintln!("  {id}: {name}");
        }
        return Ok(Outcome::Failed);
    }
    if let Some(shard) = args.shard {
        eprintln!("share {shard} is done; {}", left(elsewhere.len()));
    }
    Ok(Outcome::Done)
}

/// What is left once a share is done.
fn left(runs: usize) -> String {
    match runs {
        0 => "nothing is left: a run without --shard writes the report".into(),
        runs => {
            format!("{runs} runs of other shares are not in this store, so there is no report yet")
        }
    }
}

/// What is planned and not in the store, with a name for people.
fn missing(ready: &Ready) -> Vec<(String, String)> {
    let (plan, store) = (&ready.plan, &ready.store);
    let references = plan.references.iter().map(|reference| {
        (Kind::Reference, &reference.id, format!("reference, seed {}", reference.spec.seed))
    });
    let baselines = plan
        .computed_baselines()
        .map(|baseline| (Kind::Baseline, &baseline.id, baseline.title.to_string()));
    let cells =
        plan.distinct_cells().into_iter().map(|cell| (Kind::Cell, &cell.id, cell.key.to_string()));
    let all = references.chain(baselines).chain(cells);
    let missing = all.filter(|(kind, id, _)| !store.is_complete(*kind, id));
    missing.map(|(_, id, name)| (id.clone(), name)).collect()
}

/// Takes results that are to be made again out of the store.
fn retrain(ready: &Ready, names: &[String]) -> Result<()> {
    let known = retrainable(&ready.plan);
    if let Some(unknown) = names.iter().find(|name| !known.contains(*name)) {
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        return Err(ConfigError {
            source: format!("--retrain {unknown}"),
            place: None,
            key: None,
            message: format!("found `{unknown}`, allowed {}", known.join(", ")),
            suggestion: closest(unknown, known.into_iter()),
        }
        .into());
    }
    for name in names {
        let retired = retire(&ready.plan, &ready.store, name)?;
        eprintln!("--retrain {name}: {retired} results will be made again");
    }
    Ok(())
}

/// Results to publish come from one committed revision.
fn require_one_revision(others: Option<&str>) -> Result<(), ConfigError> {
    let message = match (committed_revision(), others) {
        (Some(_), None) => return Ok(()),
        (None, _) => "this program was built from uncommitted changes, or outside a git checkout; \
                      commit and build it again"
            .to_owned(),
        (Some(_), Some(others)) => others.to_owned(),
    };
    Err(ConfigError {
        source: "--one-revision".into(),
        place: None,
        key: None,
        message,
        suggestion: None,
    })
}

/// Which results were not made by this program's revision, if any.
fn revisions_notice(ready: &Ready) -> Option<String> {
    let others = other_revisions(&ready.plan, &ready.store);
    let count: usize = others.values().sum();
    if count == 0 {
        return None;
    }
    let list: Vec<String> =
        others.iter().map(|(revision, count)| format!("{revision}: {count}")).collect();
    Some(format!(
        "{count} results of this experiment were made by other revisions of the sources, or with \
         uncommitted changes ({}); `--retrain LOSS` makes those of a loss again",
        list.join(", ")
    ))
}
