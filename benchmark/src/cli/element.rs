//! `prefsweep plan --write` and `prefsweep run-element`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use prefsweep::data::data_id;
use prefsweep::experiment::ConfigError;
use prefsweep::sweep::{Element, PlanFile, Task, WorkerSettings, program};
use prefsweep_datasets::Dataset;
use prefsweep_policy::device::{DeviceName, Probe, resolve};
use prefsweep_store::{Kind, Store};

use super::args::{ElementArgs, Form, PlanArgs};
use super::experiment::Ready;
use super::notices::{Notices, say};
use super::out_file::check_folder;
use super::outcome::Outcome;
use super::progress::Display;
use super::show::{keep_index, print};
use super::work::{Stop, work};

/// What the file of an element holds while it has not ended, or if it was killed.
pub(crate) const STARTED: &str = "started";
/// What it holds once the element is complete.
pub(crate) const DONE: &str = "done";

/// The file beside a plan file that says how an element which was started ended. By the plan's hash: a plan that was
/// written anew has other elements.
pub(crate) fn end_file(plan: &Path, hash: &str, element: usize) -> PathBuf {
    plan.with_file_name("elements").join(hash).join(format!("{element}.txt"))
}

/// Writes a plan as a file.
pub(crate) fn write_plan(args: &PlanArgs) -> Result<Outcome> {
    let path = args.write.as_ref().expect("the command was given a file");
    check_folder(path)?;
    // A plan of before is replaced; anything else is somebody's.
    if path.exists() && !matches!(PlanFile::read(path), Ok(Some(_))) {
        let message = "there is a file of this name, which is no plan that this version of prefsweep wrote; give another";
        return Err(refused(path, message).into());
    }
    let ready = Ready::new(&args.sweep, &mut Notices::new(false))?;
    // From now on the store keeps what the elements make.
    keep_index(&ready, &BTreeMap::new())?;
    let plan = plan_file(&ready, args.cells_per_element)?;
    let hash = plan.write(path)?;
    let elements = plan.elements.len();
    print(&format!("{elements} elements, 0 to {}, in {}\n", elements - 1, path.display()))?;
    for (number, element) in plan.elements.iter().enumerate() {
        let after = element.needs.map(|n| format!(" (after {n})")).unwrap_or_default();
        print(&format!("  {number}{after}: {}\n", names(&element.tasks)))?;
    }
    print(&format!("hash {hash}\n"))?;
    Ok(Outcome::Done)
}

/// The plan file of an experiment.
pub(crate) fn plan_file(ready: &Ready, cells: u16) -> Result<PlanFile> {
    let place = &ready.place;
    let software = place.adapter.as_ref().is_some_and(|(_, adapter)| !adapter.is_gpu());
    let device = (place.backend.name(), software);
    let data = &ready.data.dataset.fingerprint;
    PlanFile::new(&ready.plan, &ready.name, data, device, cells.into())
        .context("failed to read this program's own file")
}

/// The names of tasks, for people.
pub(crate) fn names(tasks: &[Task]) -> String {
    tasks.iter().map(|task| task.name.as_str()).collect::<Vec<_>>().join("; ")
}

fn refused(path: &Path, message: impl Into<String>) -> ConfigError {
    ConfigError::of(path.display().to_string(), message)
}

/// A plan file with its hash.
pub(crate) fn read_plan(path: &Path) -> Result<(PlanFile, String)> {
    if !path.is_file() {
        return Err(refused(path, "there is no such plan file").into());
    }
    let message = "not a plan that this version of prefsweep wrote; write it again";
    Ok(PlanFile::read(path)?.ok_or_else(|| refused(path, message))?)
}

fn not_as_planned(plan: &Path, what: &str, found: &str, expected: &str) -> ConfigError {
    let message = format!(
        "the {what} is not the one that was planned with: found {found}, expected {expected}; plan and submit again"
    );
    refused(plan, message)
}

/// Refuses an element whose program or data are not those of the plan.
fn check<'a>(args: &ElementArgs, plan: &'a PlanFile, store: &Store) -> Result<&'a Element> {
    let own = program().context("failed to read this program's own file")?;
    if own != plan.program {
        return Err(not_as_planned(&args.plan, "program", &own, &plan.program).into());
    }
    let found = match Dataset::read(&store.entry(Kind::Dataset, data_id(&plan.data))) {
        Ok(dataset) => dataset.fingerprint,
        Err(error) => format!("none ({error})"),
    };
    if found != plan.data {
        return Err(not_as_planned(&args.plan, "dataset", &found, &plan.data).into());
    }
    let element = plan.elements.get(args.element).ok_or_else(|| {
        let all = plan.elements.len();
        refused(&args.plan, format!("--element: found {}, allowed 0 to {}", args.element, all - 1))
    })?;
    for task in &element.tasks {
        task.job.check().map_err(|error| refused(&args.plan, error.to_string()))?;
    }
    Ok(element)
}

/// Runs an element.
pub(crate) fn run(args: &ElementArgs) -> Result<Outcome> {
    let (plan, hash) = read_plan(&args.plan)?;
    let store = Store::open(&args.results.store())?;
    // Before anything is written: it would be said of an element of the new plan.
    if let Some(expected) = args.hash.as_deref().filter(|expected| *expected != hash) {
        return Err(not_as_planned(&args.plan, "plan", &hash, expected).into());
    }
    let end = end_file(&args.plan, &hash, args.element);
    let say = |text: &str| -> Result<()> {
        let folder = end.parent().expect("a file in a folder");
        std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
        std::fs::write(&end, text).with_context(|| end.display().to_string())
    };
    let element = match check(args, &plan, &store) {
        Ok(element) => element,
        Err(error) => {
            say(&format!("refused: {error:#}"))?;
            return Err(error);
        }
    };
    say(STARTED)?;
    let result = run_tasks(args, &plan, element, &store);
    say(&match &result {
        Ok(_) if element.is_complete(&store) => DONE.to_owned(),
        Ok((_, stop)) if stop.is_wanted() => "stopped".to_owned(),
        Ok((failures, _)) if failures.is_empty() => "no worker could be started".to_owned(),
        Ok((failures, _)) => failures.join("; "),
        Err(error) => format!("{error:#}"),
    })?;
    let (_, stop) = result?;
    Ok(match element.is_complete(&store) {
        true => Outcome::Done,
        false if stop.is_wanted() => Outcome::Interrupted,
        false => Outcome::Failed,
    })
}

/// Runs what is not complete; gives what failed, with reasons, and whether somebody stopped it.
fn run_tasks(
    args: &ElementArgs,
    plan: &PlanFile,
    element: &Element,
    store: &Store,
) -> Result<(Vec<String>, Stop)> {
    let left = element.tasks.iter().filter(|task| !task.is_complete(store));
    let tasks: Vec<Task> = left.cloned().collect();
    let is_missing = |needs: &usize| !plan.elements[*needs].is_complete(store);
    if let Some(needs) = element.needs.filter(is_missing) {
        anyhow::bail!(
            "element {needs}, the reference that these cells start from, is not complete"
        );
    }
    let program = std::env::current_exe().context("failed to find this program's own file")?;
    let device = plan.device.parse::<DeviceName>().context("the plan's device")?;
    let (place, notice) = resolve(device, &Probe::new(program.clone()), plan.software)?;
    if let Some(notice) = notice {
        say(&notice);
    }
    let settings = WorkerSettings {
        program,
        store: store.root().to_owned(),
        threads: args.threads.into(),
        checkpoints: args.checkpoint_every,
        keep_weights: false,
        place,
    };
    let workers = usize::from(args.workers).min(tasks.len());
    let mut display = Display::new(&tasks, workers, Form::Lines);
    let (failures, stop) = work(tasks, workers, &settings, &mut display)?;
    Ok((failures.into_iter().map(|(id, reason)| format!("{id}: {reason}")).collect(), stop))
}
