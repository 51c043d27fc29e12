//! What Slurm knows of a plan's elements.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::process::Command;

use anyhow::{Context, Result};

/// States in which a job is over.
const OVER: [&str; 9] = [
    "BOOT_FAIL",
    "CANCELLED",
    "COMPLETED",
    "DEADLINE",
    "FAILED",
    "NODE_FAIL",
    "OUT_OF_MEMORY",
    "PREEMPTED",
    "TIMEOUT",
];

/// The last job of an element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Job {
    /// The id of its array.
    pub(crate) array: u64,
    /// Slurm's name of its state.
    pub(crate) state: String,
}

impl Job {
    /// Whether it runs or will run.
    pub(crate) fn is_live(&self) -> bool {
        !OVER.contains(&self.state.as_str())
    }
}

/// The last job of every element that the queue still knows, by the jobs' name; None without Slurm.
pub(crate) fn jobs(job_name: &str) -> Result<Option<BTreeMap<usize, Job>>> {
    let name = format!("--name={job_name}");
    let options = ["--noheader", "--array", "--states=all", "--me", "--format=%F %K %T", &name];
    let Some(text) = output("squeue", &options)? else { return Ok(None) };
    Ok(Some(parsed(&text)))
}

/// What a command of Slurm's says; None where there is no such command.
pub(crate) fn output(program: &str, options: &[&str]) -> Result<Option<String>> {
    let output = match Command::new(program).args(options).output() {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        output => output.with_context(|| program.to_owned())?,
    };
    let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    anyhow::ensure!(output.status.success(), "{program} failed: {}", said(&output.stderr));
    Ok(Some(said(&output.stdout)))
}

fn parsed(text: &str) -> BTreeMap<usize, Job> {
    let mut jobs: BTreeMap<usize, Job> = BTreeMap::new();
    for line in text.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [array, element, state] = words[..] else { continue };
        let (Ok(array), Ok(element)) = (array.parse::<u64>(), element.parse::<usize>()) else {
            continue;
        };
        if jobs.get(&element).is_none_or(|known| known.array <= array) {
            jobs.insert(element, Job { array, state: state.into() });
        }
    }
    jobs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_job_of_an_element_counts() {
        let jobs =
            parsed("12 0 TIMEOUT\n15 0 RUNNING\n12 1 COMPLETED\n12 3 CANCELLED\n9 N/A PENDING\n");
        assert_eq!(jobs.len(), 3);
        assert_eq!(jobs[&0], Job { array: 15, state: "RUNNING".into() });
        assert_eq!(jobs.values().filter(|job| job.is_live()).count(), 1);
    }
}
