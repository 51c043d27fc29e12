//! `prefsweep slurm submit`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use prefsweep::experiment::ConfigError;
use prefsweep::sweep::Element;

use super::queue::{Job, jobs, output};
use super::script::{Script, ranges};
use crate::cli::args::SubmitArgs;
use crate::cli::element::plan_file;
use crate::cli::experiment::Ready;
use crate::cli::notices::Notices;
use crate::cli::outcome::Outcome;
use crate::cli::run::reuse;
use crate::cli::show::{keep_index, print};

/// Of a results folder: plan, script, logs and ends of elements.
pub(crate) const FOLDER: &str = "slurm";
/// The plan in it.
pub(crate) const PLAN: &str = "plan.json";

/// The name of a plan's jobs, by which the queue is asked for them.
pub(crate) fn job_name(hash: &str) -> String {
    format!("prefsweep-{hash}")
}

/// Writes plan and script, and submits what is neither complete nor in the queue.
pub(crate) fn submit(args: &SubmitArgs) -> Result<Outcome> {
    let mut notices = Notices::new(false);
    let ready = Ready::new(&args.sweep, &mut notices)?;
    // From now on the store keeps what the elements make.
    keep_index(&ready, &BTreeMap::new())?;
    reuse(&ready, &notices)?;
    let folder = ready.folder.join(FOLDER);
    let logs = folder.join("logs");
    std::fs::create_dir_all(&logs).with_context(|| logs.display().to_string())?;
    let plan = plan_file(&ready, args.cells_per_element)?;
    let hash = plan.write(&folder.join(PLAN))?;
    let name = job_name(&hash);
    let script = folder.join("element.sbatch");
    let text = Script {
        job_name: &name,
        program: &std::env::current_exe().context("failed to find this program's own file")?,
        plan: &absolute(&folder.join(PLAN))?,
        hash: &hash,
        results: &absolute(&args.sweep.results.dir)?,
        logs: &absolute(&logs)?,
        workers: args.sweep.workers.unwrap_or(1),
        threads: args.sweep.threads,
        resources: &args.resources,
    }
    .text();
    std::fs::write(&script, text).with_context(|| script.display().to_string())?;

    let known = match jobs(&name) {
        Ok(Some(known)) => known,
        Ok(None) | Err(_) if args.dry_run => BTreeMap::new(),
        Ok(None) => return Err(without_slurm().into()),
        Err(error) => return Err(error),
    };
    let live: BTreeMap<usize, Job> = known.into_iter().filter(|(_, job)| job.is_live()).collect();
    let is_complete = |element: &Element| element.is_complete(&ready.store);
    let open = |number: &usize| !is_complete(&plan.elements[*number]) && !live.contains_key(number);
    let (first, after): (Vec<usize>, Vec<usize>) = (0..plan.elements.len())
        .filter(open)
        .partition(|number| plan.elements[*number].needs.is_none());
    if first.is_empty() && after.is_empty() {
        let waiting = if live.is_empty() {
            "all is complete; `prefsweep run` writes the report"
        } else {
            "the rest is in the queue"
        };
        print(&format!("nothing to submit: {waiting}\n"))?;
        return Ok(Outcome::Done);
    }
    let mut references = None;
    if !first.is_empty() {
        references = Some(sbatch(args.dry_run, &first, None, &script)?);
    }
    // A failed reference costs its own cells only: they wait for its element, not for the array.
    let mut groups: BTreeMap<Option<String>, Vec<usize>> = BTreeMap::new();
    for number in after {
        let needs =
            plan.elements[number].needs.filter(|needs| !is_complete(&plan.elements[*needs]));
        let array = |needs: usize| match live.get(&needs) {
            Some(job) => Some(job.array.to_string()),
            None => references.clone(),
        };
        let start = needs.and_then(|needs| Some(format!("{}_{needs}", array(needs)?)));
        groups.entry(start).or_default().push(number);
    }
    for (start, numbers) in &groups {
        sbatch(args.dry_run, numbers, start.as_deref(), &script)?;
    }
    Ok(Outcome::Done)
}

/// Submits an array; gives its id.
fn sbatch(dry_run: bool, numbers: &[usize], after: Option<&str>, script: &Path) -> Result<String> {
    let array = format!("--array={}", ranges(numbers));
    let mut options = vec!["--parsable".to_owned(), array];
    if let Some(after) = after {
        options.push(format!("--dependency=afterok:{after}"));
        options.push("--kill-on-invalid-dep=yes".into());
    }
    options.push(script.display().to_string());
    let command = format!("sbatch {}", options.join(" "));
    if dry_run {
        print(&format!("{command}\n"))?;
        return Ok("REFERENCES".into());
    }
    let options: Vec<&str> = options.iter().map(String::as_str).collect();
    let said = output("sbatch", &options)?.ok_or_else(without_slurm)?;
    let id = said.split(';').next().unwrap_or_default().to_owned();
    print(&format!("submitted {id}: {command}\n"))?;
    Ok(id)
}

fn without_slurm() -> ConfigError {
    let message = "found no Slurm on this machine (squeue, sbatch); --dry-run writes plan and script without it";
    ConfigError::of("slurm submit", message)
}

fn absolute(path: &Path) -> Result<PathBuf> {
    path.canonicalize().with_context(|| path.display().to_string())
}
