//! Running an experiment, and where.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use prefsweep::sweep::Shard;
use prefsweep_policy::device::{DeviceName, PATIENCE};

use super::results::ResultsDir;
use super::values::{seconds, whole};

#[derive(Args, Debug)]
pub(crate) struct SweepArgs {
    /// The experiment's YAML file
    pub(crate) experiment: PathBuf,
    /// Override a setting, as in --set preference.beta=0.5 (may be repeated)
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub(crate) overrides: Vec<String>,
    /// Where to compute: flex (cpu), ndarray, wgpu (gpu, cuda: the first GPU), wgpu:N (adapter N of
    /// `prefsweep devices`) or auto (a GPU that works, otherwise flex); the default is the experiment's own
    /// `device`
    #[arg(long)]
    pub(crate) device: Option<DeviceName>,
    /// Accept a software graphics adapter for --device wgpu; many times slower than flex
    #[arg(long)]
    pub(crate) allow_software_gpu: bool,
    /// Folder with downloaded datasets
    #[arg(long, value_name = "DIR", default_value = "data", env = "PREFSWEEP_DATA_DIR")]
    pub(crate) data_dir: PathBuf,
    #[command(flatten)]
    pub(crate) results: ResultsDir,
    /// Name of the results' folder; the default is the file's name and the overrides
    #[arg(long)]
    pub(crate) name: Option<String>,
    /// Worker processes; the default is one per core on the CPU, as far as the memory reaches, and one on a GPU
    #[arg(long, short = 'j', visible_alias = "jobs", allow_negative_numbers = true, value_parser = whole::<u16>(1, 1024))]
    pub(crate) workers: Option<u16>,
    /// Threads per worker process
    #[arg(long, default_value_t = 1, allow_negative_numbers = true, value_parser = whole::<u16>(1, 1024))]
    pub(crate) threads: u16,
}

#[derive(Args, Debug)]
pub(crate) struct RunArgs {
    #[command(flatten)]
    pub(crate) sweep: SweepArgs,
    /// Runs to batch per GPU as one tensor program, where one small model does not fill it
    #[arg(long, value_name = "RUNS", default_value_t = 1, allow_negative_numbers = true, value_parser = whole::<u16>(1, 256))]
    pub(crate) at_once: u16,
    /// Least time between two checkpoints, from which a run goes on after a kill; they take at most 1 % of its
    /// time (0: save at every opportunity, whatever it takes)
    #[arg(long, value_name = "SECONDS", default_value = "10", allow_negative_numbers = true, value_parser = seconds)]
    pub(crate) checkpoint_every: Duration,
    /// Train the runs of a loss again, for example after a correction (may be repeated);
    /// `reference` stands for everything but the `baselines`
    #[arg(long, value_name = "LOSS")]
    pub(crate) retrain: Vec<String>,
    /// Keep the policy of every run, at the end and where validation NDCG@10 is best, as safetensors for
    /// `prefsweep recommend` and other programs; runs that are complete without are trained again
    #[arg(long)]
    pub(crate) keep_weights: bool,
    /// For results to publish: refuse to start unless this program is of a committed revision, and every
    /// result that is there already is of the same
    #[arg(long)]
    pub(crate) one_revision: bool,
    /// Run the i-th of n shares, as in 1/4; every share runs on its own, on any machine. Without a report: once
    /// all shares are in one store, a run without --shard trains nothing and writes it
    #[arg(long, value_name = "I/N", conflicts_with = "retrain")]
    pub(crate) shard: Option<Shard>,
    /// Progress on standard error: bars on a terminal and lines elsewhere (auto), or always one of them;
    /// one JSON object a line, for programs (json)
    #[arg(long, value_enum, default_value_t = Form::Auto)]
    pub(crate) progress: Form,
    /// Suppress progress output, as --progress none
    #[arg(long, short, conflicts_with = "progress")]
    pub(crate) quiet: bool,
}

#[derive(Args, Debug)]
pub(crate) struct PlanArgs {
    #[command(flatten)]
    pub(crate) sweep: SweepArgs,
    /// Print JSON, for programs: every run with its id, its key and whether it is done
    #[arg(long, conflicts_with = "write")]
    pub(crate) json: bool,
    /// Write the plan as a file whose elements `run-element` runs, each with its own --workers and --threads
    #[arg(long, value_name = "FILE", conflicts_with_all = ["workers", "threads"])]
    pub(crate) write: Option<PathBuf>,
    /// Cells of one reference in an element of that file
    #[arg(long, value_name = "CELLS", default_value_t = 4, requires = "write", allow_negative_numbers = true, value_parser = whole::<u16>(1, u64::from(u16::MAX)))]
    pub(crate) cells_per_element: u16,
}

#[derive(Args, Debug)]
pub(crate) struct ElementArgs {
    /// The plan file
    pub(crate) plan: PathBuf,
    /// The element's number, from 0
    #[arg(long, value_name = "NUMBER", allow_negative_numbers = true)]
    pub(crate) element: usize,
    /// Refuse a plan file with another hash
    #[arg(long)]
    pub(crate) hash: Option<String>,
    #[command(flatten)]
    pub(crate) results: ResultsDir,
    /// Worker processes
    #[arg(long, default_value_t = 1, allow_negative_numbers = true, value_parser = whole::<u16>(1, 1024))]
    pub(crate) workers: u16,
    /// Threads per worker process
    #[arg(long, default_value_t = 1, allow_negative_numbers = true, value_parser = whole::<u16>(1, 1024))]
    pub(crate) threads: u16,
    /// Least time between two checkpoints, from which an element that is submitted again goes on
    #[arg(long, value_name = "SECONDS", default_value = "10", allow_negative_numbers = true, value_parser = seconds)]
    pub(crate) checkpoint_every: Duration,
}

#[derive(Args, Debug)]
pub(crate) struct DevicesArgs {
    /// Time limit per device, shader compilation included
    #[arg(long, value_name = "SECONDS", default_value_t = PATIENCE.as_secs(), allow_negative_numbers = true, value_parser = whole::<u64>(1, 86_400))]
    pub(crate) time_limit: u64,
}

#[derive(Args, Debug)]
pub(crate) struct WorkerArgs {
    #[arg(long)]
    pub(crate) store: PathBuf,
    #[arg(long)]
    pub(crate) threads: usize,
    #[arg(long, allow_negative_numbers = true, value_parser = seconds)]
    pub(crate) checkpoint_every: Duration,
    #[arg(long)]
    pub(crate) keep_weights: bool,
    /// Where to compute, as JSON
    #[arg(long)]
    pub(crate) place: String,
}

#[derive(Args, Debug)]
pub(crate) struct ProductArgs {
    /// Where to compute, as JSON
    pub(crate) place: String,
}

/// How progress is shown. Described where the option is, and in `docs/progress.md`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Form {
    // Bars on a terminal, lines elsewhere.
    Auto,
    // Bars; lines where standard error is no terminal.
    Bar,
    // A line per run, and at least every 30 s.
    Lines,
    // One JSON object a line, for programs.
    Json,
    // Nothing.
    None,
}
