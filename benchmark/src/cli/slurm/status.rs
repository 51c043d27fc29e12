//! `prefsweep slurm status`.

use std::collections::BTreeMap;

use anyhow::Result;
use prefsweep_store::Store;

use super::queue::{Job, jobs};
use super::submit::{FOLDER, PLAN, job_name};
use crate::cli::args::StatusArgs;
use crate::cli::element::{DONE, STARTED, end_file, names, read_plan};
use crate::cli::notices::say;
use crate::cli::outcome::Outcome;
use crate::cli::results_name::results_name;
use crate::cli::show::print;

/// What became of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum State {
    Done,
    Running,
    Waiting,
    Failed,
    Missing,
}

/// Shows how many runs are done, by the store, and what became of the others, by the queue and what elements said.
pub(crate) fn status(args: &StatusArgs) -> Result<Outcome> {
    let name = results_name(args.name.as_deref(), &args.experiment, &args.overrides)?;
    let folder = args.results.dir.join(&name).join(FOLDER);
    let file = folder.join(PLAN);
    let (plan, hash) = read_plan(&file)?;
    let store = Store::open(&args.results.store())?;
    let known = match jobs(&job_name(&hash)) {
        Ok(Some(known)) => known,
        Ok(None) => BTreeMap::new(),
        Err(error) => {
            say(&format!("warning: {error:#}; what follows is from the store alone"));
            BTreeMap::new()
        }
    };
    let mut counts: BTreeMap<State, usize> = BTreeMap::new();
    let mut notes = String::new();
    for (number, element) in plan.elements.iter().enumerate() {
        let end = std::fs::read_to_string(end_file(&file, &hash, number));
        let (state, reason) = state(known.get(&number), end.ok().as_deref());
        for task in &element.tasks {
            for id in &task.ids {
                let done = store.is_complete(task.job.kind(), id);
                *counts.entry(if done { State::Done } else { state }).or_default() += 1;
            }
        }
        if state == State::Failed && !element.is_complete(&store) {
            notes.push_str(&format!("  {number} ({}): {reason}\n", names(&element.tasks)));
        }
    }
    let count = |state| counts.get(&state).copied().unwrap_or_default();
    print(&format!(
        "{name}: done {}, running {}, waiting {}, failed {}, missing {}\n",
        count(State::Done),
        count(State::Running),
        count(State::Waiting),
        count(State::Failed),
        count(State::Missing),
    ))?;
    if !notes.is_empty() {
        print(&format!(
            "elements without a result (logs are in {}/logs):\n{notes}",
            folder.display()
        ))?;
    }
    let all: usize = counts.values().sum();
    Ok(if count(State::Done) == all { Outcome::Done } else { Outcome::Failed })
}

/// The state of the runs of an element that are not in the store, with the reason of a failure.
fn state(job: Option<&Job>, end: Option<&str>) -> (State, String) {
    match (job, end) {
        (Some(job), _) if job.state == "PENDING" => (State::Waiting, String::new()),
        (Some(job), _) if job.is_live() => (State::Running, String::new()),
        (Some(job), _) if !["FAILED", "COMPLETED"].contains(&job.state.as_str()) => {
            (State::Failed, job.state.clone())
        }
        // It was complete once, and its entries are gone.
        (_, Some(DONE)) => (State::Missing, String::new()),
        (_, Some(STARTED)) => {
            (State::Failed, "ended without a word: killed, or out of time or memory".into())
        }
        (_, Some(reason)) => (State::Failed, reason.into()),
        (Some(job), None) => (State::Failed, job.state.clone()),
        (None, None) => (State::Missing, String::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_queue_is_asked_first_then_the_element() {
        let job = |state: &str| Job { array: 1, state: state.into() };
        let found = |job: Option<Job>, end| state(job.as_ref(), end);
        assert_eq!(found(None, None).0, State::Missing);
        assert_eq!(found(Some(job("PENDING")), Some("failed before")).0, State::Waiting);
        assert_eq!(found(Some(job("RUNNING")), Some(STARTED)).0, State::Running);
        assert_eq!(found(Some(job("TIMEOUT")), Some(STARTED)), (State::Failed, "TIMEOUT".into()));
        assert_eq!(found(Some(job("FAILED")), Some("why")), (State::Failed, "why".into()));
        assert_eq!(found(None, Some(STARTED)).0, State::Failed);
    }
}
