//! Running an experiment as job arrays.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::results::ResultsDir;
use super::run::SweepArgs;
use super::values::{option, whole, word};

#[derive(Debug, Subcommand)]
pub(crate) enum SlurmCommand {
    /// Submit what is neither complete nor in the queue: references, and cells that wait for their own
    Submit(Box<SubmitArgs>),
    /// Show what is done, running, waiting, failed and missing; exit code 0 once all is done, otherwise 1
    Status(StatusArgs),
}

#[derive(Args, Debug)]
pub(crate) struct SubmitArgs {
    #[command(flatten)]
    pub(crate) sweep: SweepArgs,
    /// Write plan and script, print the commands, submit nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Cells of one reference in an element of the array
    #[arg(long, value_name = "CELLS", default_value_t = 4, allow_negative_numbers = true, value_parser = whole::<u16>(1, u64::from(u16::MAX)))]
    pub(crate) cells_per_element: u16,
    #[command(flatten)]
    pub(crate) resources: Resources,
}

/// What Slurm is asked for, for every element.
#[derive(Args, Debug, Default)]
pub(crate) struct Resources {
    /// Partition
    #[arg(long, value_parser = word)]
    pub(crate) partition: Option<String>,
    /// Time limit of an element, as sbatch takes it
    #[arg(long, value_parser = word)]
    pub(crate) time: Option<String>,
    /// Memory of an element, as sbatch takes it
    #[arg(long, value_parser = word)]
    pub(crate) mem: Option<String>,
    /// CPUs of an element; the default is workers x threads
    #[arg(long, allow_negative_numbers = true, value_parser = whole::<u16>(1, u64::from(u16::MAX)))]
    pub(crate) cpus: Option<u16>,
    /// GPUs of an element, as in 1 or a100:1
    #[arg(long, value_parser = word)]
    pub(crate) gpus: Option<String>,
    /// Module to load (may be repeated)
    #[arg(long = "module", value_name = "MODULE")]
    pub(crate) modules: Vec<String>,
    /// Further option of sbatch, as in --sbatch=--account=lab (may be repeated)
    #[arg(long = "sbatch", value_name = "OPTION", allow_hyphen_values = true, value_parser = option)]
    pub(crate) sbatch: Vec<String>,
    /// Line of shell before the element runs (may be repeated)
    #[arg(long = "setup", value_name = "LINE")]
    pub(crate) setup: Vec<String>,
}

#[derive(Args, Debug)]
pub(crate) struct StatusArgs {
    /// The experiment's YAML file
    pub(crate) experiment: PathBuf,
    /// The overrides that it was submitted with
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub(crate) overrides: Vec<String>,
    #[command(flatten)]
    pub(crate) results: ResultsDir,
    /// Name of the results' folder; the default is the file's name and the overrides
    #[arg(long)]
    pub(crate) name: Option<String>,
}
