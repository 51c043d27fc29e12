//! `prefsweep run`.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use prefsweep::experiment::{ConfigError, closest};
use prefsweep::sweep::{
    Retired, WorkerSettings, committed_revision, other_revisions, rescore, retire,
    retire_without_weights, retrainable, share, tasks,
};
use prefsweep_policy::device::DeviceError;
use prefsweep_store::Kind;

use super::args::{Form, RunArgs};
use super::experiment::Ready;
use super::notices::Notices;
use super::outcome::Outcome;
use super::progress::Display;
use super::show::{conclude, keep_index};
use super::units::counted;
use super::work::work;

/// Runs what is not complete, then writes the report.
pub(crate) fn run(args: &RunArgs) -> Result<Outcome> {
    let form = if args.quiet { Form::None } else { args.progress };
    let mut notices = Notices::new(form == Form::Json);
    let ready = Ready::new(&args.sweep, &mut notices)?;
    if args.at_once > 1 && ready.place.backend.is_cpu() {
        return Err(DeviceError::AtOnceOnCpu { at_once: args.at_once }.into());
    }
    ready.make_folder()?;
    if args.one_revision {
        // Before anything is taken out of the store.
        require_one_revision(revisions_notice(&ready, &args.retrain).as_deref())?;
    }
    let own = args.shard.map(|shard| share(&tasks(&ready.plan, 1, &|_, _| true), shard));
    let is_own = |id: &str| own.as_ref().is_none_or(|own| own.contains(id));
    retrain(&ready, &args.retrain, &notices)?;
    // Before revisions are looked at: a run that is taken over keeps its own.
    reuse(&ready, &notices)?;
    if args.keep_weights {
        let without = retire_without_weights(&ready.plan, &ready.store, &is_own)?;
        if without > 0 {
            let runs = counted(without, "run");
            notices.tell(&format!("--keep-weights: {runs} kept none and will be trained again"));
        }
    }
    let notice = revisions_notice(&ready, &[]);
    if args.one_revision {
        require_one_revision(notice.as_deref())?;
    }
    if let Some(notice) = notice {
        notices.warn(&notice);
    }

    // Should this process be killed, what it completes is already named.
    keep_index(&ready, &BTreeMap::new())?;
    let wanted = |kind, id: &str| is_own(id) && !ready.store.is_complete(kind, id);
    let tasks = tasks(&ready.plan, usize::from(args.at_once), &wanted);
    let settings = WorkerSettings {
        program: std::env::current_exe().context("failed to find this program's own file")?,
        store: ready.store.root().to_owned(),
        threads: args.sweep.threads.into(),
        checkpoints: args.checkpoint_every,
        keep_weights: args.keep_weights,
        place: ready.place.clone(),
    };
    let workers = ready.workers(&args.sweep).min(tasks.len());
    if workers > 0
        && let Some(notice) = ready.memory_notice(&args.sweep)
    {
        notices.tell(&notice);
    }
    let mut display = Display::new(&tasks, workers, form);
    display.begin(&ready);
    let (failures, stop) = work(tasks, workers, &settings, &mut display)?;
    display.remove_bars();

    notices.warnings += display.warnings();
    if args.shard.is_none() {
        notices.warnings += conclude(&ready, &failures)?;
    }
    let (missing, elsewhere): (Vec<_>, Vec<_>) =
        missing(&ready).into_iter().partition(|(id, _)| is_own(id));
    // It would take what has just been trained out of the store again.
    let without = if args.retrain.is_empty() { "" } else { " without --retrain" };
    let outcome = if stop.is_wanted() {
        notices.tell(&format!(
            "stopped; complete runs are kept, and the same command{without} resumes here"
        ));
        Outcome::Interrupted
    } else if missing.is_empty() {
        if let Some(shard) = args.shard {
            notices.tell(&format!("share {shard} is done; {}", left(elsewhere.len())));
        }
        Outcome::Done
    } else {
        let count = missing.len();
        let list: String = missing.iter().map(|run| line(run, &failures)).collect();
        notices.tell(&format!(
            "{count} of the planned runs have no result; the same command{without} tries them again:{list}"
        ));
        Outcome::Failed
    };
    display.summary(outcome, missing.len(), notices.warnings);
    Ok(outcome)
}

/// Runs whose ranks are there need no training for metrics at other cut-offs.
pub(crate) fn reuse(ready: &Ready, notices: &Notices) -> Result<()> {
    let made = rescore(&ready.plan, &ready.store)?;
    if made > 0 {
        notices.tell(&format!(
            "{} of other cut-offs: their metrics are computed from the ranks that are there",
            counted(made, "run")
        ));
    }
    Ok(())
}

/// A run without a result, on a line of its own, with the reason where one is known.
fn line((id, name): &(String, String), failures: &BTreeMap<String, String>) -> String {
    match failures.get(id) {
        Some(reason) => format!("\n  {id}: {name}: {reason}"),
        None => format!("\n  {id}: {name}"),
    }
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
    let references =
        plan.references.iter().map(|reference| (Kind::Reference, &reference.id, reference.name()));
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
fn retrain(ready: &Ready, names: &[String], notices: &Notices) -> Result<()> {
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
        let Retired { planned, kin } = retire(&ready.plan, &ready.store, name)?;
        let also = match kin {
            0 => String::new(),
            kin => format!(
                "; {} of other cut-offs, which other experiments name, will be computed from them",
                counted(kin, "result")
            ),
        };
        let planned = counted(planned, "result");
        notices.tell(&format!("--retrain {name}: {planned} will be made again{also}"));
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
    Err(ConfigError::of("--one-revision", message))
}

/// Which results were not made by this program's revision, if any.
fn revisions_notice(ready: &Ready, retrained: &[String]) -> Option<String> {
    let others = other_revisions(&ready.plan, &ready.store, retrained);
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
