//! The commands and their options.

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use prefsweep::sweep::{Shard, WORKER_COMMAND};
use prefsweep_datasets::DatasetName;
use prefsweep_policy::device::{DeviceName, LIST_COMMAND, PATIENCE, PRODUCT_COMMAND};
use prefsweep_report::{PaperWidth, TableFormat};

const EXIT_CODES: &str = "Exit codes: 0 done; 1 failed, or some cells have no result; 2 wrong input; \
130 stopped by Ctrl-C (the same command resumes where it stopped).";

/// Does preference optimisation help a recommender, and at how many negatives does it hurt?
#[derive(Debug, Parser)]
// Called the same on Windows, where the file ends in `.exe`.
#[command(bin_name = "prefsweep", version, about, after_help = EXIT_CODES)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Write a commented experiment to start from
    Init(InitArgs),
    /// Show the runs of an experiment, which are complete, and how long the rest will take
    Plan(PlanArgs),
    /// Run an experiment, or resume it, and write its report
    Run(RunArgs),
    /// Run one element of a plan file (`plan --write`, `slurm submit`); never plans anew
    RunElement(ElementArgs),
    /// Run an experiment as job arrays of Slurm
    #[command(subcommand)]
    Slurm(SlurmCommand),
    /// Print the main results table of an experiment, or one that fits a column of a paper
    Table(TableArgs),
    /// Draw the main figures of an experiment for a paper, as PDF
    Plot(PlotArgs),
    /// Write the report (HTML, Markdown, tables, plots) of stored results
    Report(ReportArgs),
    /// Download, check, prepare and describe datasets
    #[command(subcommand)]
    Data(DataCommand),
    /// List, clear or move what all experiments keep in the results folder's store
    #[command(subcommand)]
    Store(StoreCommand),
    /// Check every stored file of an experiment, and recompute its metrics from the ranks
    Verify(VerifyArgs),
    /// Compare two results of an experiment, run by run and user by user
    Compare(CompareArgs),
    /// Test the claims of the literature on several experiments: where does each hold?
    Claims(ClaimsArgs),
    /// Rank the losses of several experiments beside continued supervised training
    Leaderboard(LeaderboardArgs),
    /// Show the report in the browser
    Open(ReportArgs),
    /// Show a run: settings, numbers, how it was made, files
    Show(ShowArgs),
    /// Show which settings of two experiments differ, defaults included
    Diff(DiffArgs),
    /// Write an experiment's results as tidy tables: CSV, Parquet, TensorBoard
    Export(ExportArgs),
    /// Read runs that were trained elsewhere (ranks as CSV or Parquet, or generated texts) and write their report
    Import(ImportArgs),
    /// Write what a run's policy recommends to every user (after `run --keep-weights`), as CSV or Parquet
    Recommend(RecommendArgs),
    /// List the devices of this machine and test each
    Devices(DevicesArgs),
    /// List the losses, or describe one: formula, needs, settings, source, gradient weights
    Losses(LossesArgs),
    /// List the samplers of negatives, or describe one
    Samplers(SamplersArgs),
    /// List the metrics
    Metrics,
    /// In a checkout: write the file of a new loss, its registration and a test, to start from
    NewLoss(NewLossArgs),
    /// Print the JSON schema of experiment files
    Schema,
    /// Print completions for a shell
    Completions(CompletionsArgs),
    /// Print the manual's page, or write one for every command
    Man(ManArgs),
    #[command(hide = true, name = WORKER_COMMAND)]
    Worker(WorkerArgs),
    #[command(hide = true, name = LIST_COMMAND)]
    ListAdapters,
    #[command(hide = true, name = PRODUCT_COMMAND)]
    ComputeProduct(ProductArgs),
}

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
    /// Folder for results
    #[arg(long, value_name = "DIR", default_value = "results")]
    pub(crate) results: PathBuf,
    /// Name of the results' folder; the default is the file's name and the overrides
    #[arg(long)]
    pub(crate) name: Option<String>,
    /// Worker processes; the default is one per core on the CPU, as far as the memory reaches, and one on a GPU
    #[arg(long, short = 'j', visible_alias = "jobs", value_parser = whole::<u16>(1, 1024))]
    pub(crate) workers: Option<u16>,
    /// Threads per worker process
    #[arg(long, default_value_t = 1, value_parser = whole::<u16>(1, 1024))]
    pub(crate) threads: u16,
}

#[derive(Args, Debug)]
pub(crate) struct RunArgs {
    #[command(flatten)]
    pub(crate) sweep: SweepArgs,
    /// Runs to batch per GPU as one tensor program, where one small model does not fill it
    #[arg(long, value_name = "RUNS", default_value_t = 1, value_parser = whole::<u16>(1, 256))]
    pub(crate) at_once: u16,
    /// Least time between two checkpoints, from which a run goes on after a kill; they take at most 1 % of its
    /// time (0: save at every opportunity, whatever it takes)
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = seconds)]
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
    /// Write the plan as a file whose elements `run-element` runs
    #[arg(long, value_name = "FILE")]
    pub(crate) write: Option<PathBuf>,
    /// Cells of one reference in an element of that file
    #[arg(long, value_name = "CELLS", default_value_t = 4, value_parser = whole::<u16>(1, u64::from(u16::MAX)))]
    pub(crate) cells_per_element: u16,
}

#[derive(Args, Debug)]
pub(crate) struct ElementArgs {
    /// The plan file
    pub(crate) plan: PathBuf,
    /// The element's number, from 0
    #[arg(long, value_name = "NUMBER")]
    pub(crate) element: usize,
    /// Refuse a plan file with another hash
    #[arg(long)]
    pub(crate) hash: Option<String>,
    /// Folder for results
    #[arg(long, value_name = "DIR", default_value = "results")]
    pub(crate) results: PathBuf,
    /// Worker processes
    #[arg(long, default_value_t = 1, value_parser = whole::<u16>(1, 1024))]
    pub(crate) workers: u16,
    /// Threads per worker process
    #[arg(long, default_value_t = 1, value_parser = whole::<u16>(1, 1024))]
    pub(crate) threads: u16,
    /// Least time between two checkpoints, from which an element that is submitted again goes on
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = seconds)]
    pub(crate) checkpoint_every: Duration,
}

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
    #[arg(long, value_name = "CELLS", default_value_t = 4, value_parser = whole::<u16>(1, u64::from(u16::MAX)))]
    pub(crate) cells_per_element: u16,
    #[command(flatten)]
    pub(crate) resources: Resources,
}

/// What Slurm is asked for, for every element.
#[derive(Args, Debug, Default)]
pub(crate) struct Resources {
    /// Partition
    #[arg(long)]
    pub(crate) partition: Option<String>,
    /// Time limit of an element, as sbatch takes it
    #[arg(long)]
    pub(crate) time: Option<String>,
    /// Memory of an element, as sbatch takes it
    #[arg(long)]
    pub(crate) mem: Option<String>,
    /// CPUs of an element; the default is workers x threads
    #[arg(long)]
    pub(crate) cpus: Option<u16>,
    /// GPUs of an element, as in 1 or a100:1
    #[arg(long)]
    pub(crate) gpus: Option<String>,
    /// Module to load (may be repeated)
    #[arg(long = "module", value_name = "MODULE")]
    pub(crate) modules: Vec<String>,
    /// Further option of sbatch, as in --sbatch=--account=lab (may be repeated)
    #[arg(long = "sbatch", value_name = "OPTION", allow_hyphen_values = true)]
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
    /// Folder for results
    #[arg(long, value_name = "DIR", default_value = "results")]
    pub(crate) results: PathBuf,
    /// Name of the results' folder; the default is the file's name and the overrides
    #[arg(long)]
    pub(crate) name: Option<String>,
}

#[derive(Args, Debug)]
pub(crate) struct LossesArgs {
    /// The loss to describe, as experiment files name it
    pub(crate) name: Option<String>,
}

#[derive(Args, Debug)]
pub(crate) struct NewLossArgs {
    /// Its name in experiment files, as in my_dpo
    pub(crate) name: String,
    /// The loss whose form it starts from
    #[arg(long, value_name = "LOSS", default_value = "dpo")]
    pub(crate) like: String,
    /// Root of the checkout
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub(crate) root: PathBuf,
}

#[derive(Args, Debug)]
pub(crate) struct SamplersArgs {
    /// The sampler to describe, as experiment files name it
    pub(crate) name: Option<String>,
}

#[derive(Args, Debug)]
pub(crate) struct TableArgs {
    /// The experiment's YAML file, or the folder with its results
    pub(crate) experiment: PathBuf,
    /// The table's format; LaTeX fits a column of a paper
    #[arg(long, value_enum, default_value_t = Format::Markdown)]
    pub(crate) format: Format,
    /// Metrics of a table that fits a column, as in ndcg@10,hr@10
    #[arg(long, value_delimiter = ',', value_name = "METRIC@CUTOFF")]
    pub(crate) metrics: Vec<String>,
    /// Numbers of negatives of such a table: best (K*), max, or a number
    #[arg(long, value_delimiter = ',', value_name = "K")]
    pub(crate) k: Vec<String>,
    /// Losses of such a table; a modifier with its base loss, as in 'dynamic_po(dmpo)'
    #[arg(long, num_args = 1.., value_name = "LOSS")]
    pub(crate) losses: Vec<String>,
    /// Print JSON, for programs: one object per row, numbers in full
    #[arg(long, conflicts_with_all = ["format", "all"])]
    pub(crate) json: bool,
    /// With --format latex: every metric and K, over both columns of a page
    #[arg(long, conflicts_with_all = ["metrics", "k", "losses"])]
    pub(crate) all: bool,
    /// Folder for results
    #[arg(long, value_name = "DIR", default_value = "results")]
    pub(crate) results: PathBuf,
}

#[derive(Args, Debug)]
pub(crate) struct PlotArgs {
    /// The experiment's YAML file, or the folder with its results
    pub(crate) experiment: PathBuf,
    /// Write PDF (vectors, fonts inside, text of 8 pt), which is what there is
    #[arg(long)]
    pub(crate) pdf: bool,
    /// How wide: a column (85 mm) or a page (178 mm) of a two-column article
    #[arg(long, value_enum, default_value_t = Width::Column)]
    pub(crate) width: Width,
    /// Where to write them; the default is `plots` in the results' own `report` folder
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Folder for results
    #[arg(long, value_name = "DIR", default_value = "results")]
    pub(crate) results: PathBuf,
}

#[derive(Args, Debug)]
pub(crate) struct ReportArgs {
    /// The experiment's YAML file, or the folder with its results
    pub(crate) experiment: PathBuf,
    /// Where to write it; the default is the results' own `report` folder
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Folder for results
    #[arg(long, value_name = "DIR", default_value = "results")]
    pub(crate) results: PathBuf,
}

#[derive(Debug, Subcommand)]
pub(crate) enum DataCommand {
    /// List datasets and their local status
    List(ListArgs),
    /// Describe a dataset: size, distributions, licence, citation
    Describe(DescribeArgs),
    /// Download a dataset from its publisher; resumes a partial download
    Fetch(FetchArgs),
    /// Preprocess a dataset with its defaults and store the result for `prefsweep run`
    Prepare(PrepareArgs),
    /// Check files against their checksums, and content against known dataset statistics
    Verify(DataVerifyArgs),
}

#[derive(Args, Debug)]
pub(crate) struct ListArgs {
    #[command(flatten)]
    pub(crate) data: DataDir,
    /// Folder for results
    #[arg(long, value_name = "DIR", default_value = "results")]
    pub(crate) results: PathBuf,
}

#[derive(Args, Debug)]
pub(crate) struct DescribeArgs {
    #[command(flatten)]
    pub(crate) dataset: NameArg,
    #[command(flatten)]
    pub(crate) data: DataDir,
    /// Also draw the distributions, as SVG and PNG in this folder
    #[arg(long, value_name = "DIR")]
    pub(crate) plots: Option<PathBuf>,
    /// Print JSON, for programs
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct FetchArgs {
    #[command(flatten)]
    pub(crate) dataset: NameArg,
    #[command(flatten)]
    pub(crate) data: DataDir,
    /// Try this address first (may be repeated); one that ends in / is the folder of the file
    #[arg(long = "mirror", value_name = "URL")]
    pub(crate) mirrors: Vec<String>,
    /// Download again what is there already
    #[arg(long)]
    pub(crate) force: bool,
}

#[derive(Args, Debug)]
pub(crate) struct PrepareArgs {
    #[command(flatten)]
    pub(crate) dataset: NameArg,
    #[command(flatten)]
    pub(crate) data: DataDir,
    /// Folder for results
    #[arg(long, value_name = "DIR", default_value = "results")]
    pub(crate) results: PathBuf,
}

#[derive(Args, Debug)]
pub(crate) struct DataVerifyArgs {
    #[command(flatten)]
    pub(crate) dataset: NameArg,
    #[command(flatten)]
    pub(crate) data: DataDir,
    /// Record the checksum of a file that has none yet
    #[arg(long)]
    pub(crate) record: bool,
}

#[derive(Args, Debug)]
pub(crate) struct NameArg {
    /// The dataset's name, as in an experiment
    #[arg(value_parser = dataset_names())]
    pub(crate) name: DatasetName,
}

fn dataset_names() -> impl TypedValueParser<Value = DatasetName> {
    let find = |name: String| {
        let known = DatasetName::ALL.iter().copied().find(|known| known.as_str() == name);
        known.ok_or("a name that the parser does not know")
    };
    PossibleValuesParser::new(DatasetName::ALL.iter().map(|name| name.as_str())).try_map(find)
}

#[derive(Args, Debug)]
pub(crate) struct DataDir {
    /// Folder with downloaded datasets
    #[arg(long, value_name = "DIR", default_value = "data", env = "PREFSWEEP_DATA_DIR")]
    pub(crate) data_dir: PathBuf,
}

#[derive(Debug, Subcommand)]
pub(crate) enum StoreCommand {
    /// List what is in the store, by kind and by experiment, and what no experiment names
    List(ResultsArg),
    /// Remove entries that no results folder beside the store names, and what ended runs left
    Gc(ClearArgs),
    /// Move the folder for results: the store and the experiments' folders beside it
    Move(MoveArgs),
}

#[derive(Args, Debug)]
pub(crate) struct ResultsArg {
    /// Folder for results
    #[arg(long, value_name = "DIR", default_value = "results")]
    pub(crate) results: PathBuf,
}

#[derive(Args, Debug)]
pub(crate) struct ClearArgs {
    #[command(flatten)]
    pub(crate) results: ResultsArg,
    /// Only list what would be removed
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Remove it without asking
    #[arg(long, conflicts_with = "dry_run")]
    pub(crate) yes: bool,
}

#[derive(Args, Debug)]
pub(crate) struct MoveArgs {
    /// Where to: a folder that is not there yet
    pub(crate) new: PathBuf,
    #[command(flatten)]
    pub(crate) results: ResultsArg,
}

#[derive(Args, Debug)]
pub(crate) struct VerifyArgs {
    /// The experiment's YAML file, or the folder with its results
    pub(crate) experiment: PathBuf,
    /// Print JSON, for programs: every check and how it ended
    #[arg(long)]
    pub(crate) json: bool,
    /// Folder for results
    #[arg(long, value_name = "DIR", default_value = "results")]
    pub(crate) results: PathBuf,
}

#[derive(Args, Debug)]
pub(crate) struct CompareArgs {
    /// Results to compare with (baseline): a results folder, its index.json, or a folder that
    /// `prefsweep export` wrote
    pub(crate) a: PathBuf,
    /// Results to compare (candidate), in the same forms
    pub(crate) b: PathBuf,
    /// The output's format
    #[arg(long, value_enum, default_value_t = CompareFormat::Markdown)]
    pub(crate) format: CompareFormat,
    /// Exit with 1 where a difference is significant after Holm's correction, B lacks a run of A,
    /// or users cannot be paired
    #[arg(long)]
    pub(crate) fail_on_drift: bool,
    /// With --fail-on-drift: also where any user's rank differs
    #[arg(long, requires = "fail_on_drift")]
    pub(crate) exact: bool,
}

#[derive(Args, Debug)]
pub(crate) struct ClaimsArgs {
    /// Results folders, or folders with a verdict.json
    #[arg(required = true)]
    pub(crate) results: Vec<PathBuf>,
    /// Folder for the page: claims.md, claims.html, claims.json, claims.csv and plots
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
}

#[derive(Args, Debug)]
pub(crate) struct LeaderboardArgs {
    /// Results folders, or folders with a verdict.json
    #[arg(required = true)]
    pub(crate) results: Vec<PathBuf>,
    /// Folder for the page: leaderboard.md, .html, .csv, .tex and the figure
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
}

#[derive(Args, Debug)]
pub(crate) struct ExportArgs {
    /// The experiment's YAML file, or the folder with its results
    pub(crate) experiment: PathBuf,
    /// Folder to write to
    #[arg(long, value_name = "DIR")]
    pub(crate) to: PathBuf,
    /// Also write TensorBoard's event files, one folder per cell
    #[arg(long)]
    pub(crate) tensorboard: bool,
    /// Also write the ranks of all evaluations as `import` reads them, as CSV or Parquet by the file's name, with a
    /// mapping (.yaml) beside it
    #[arg(long, value_name = "FILE")]
    pub(crate) runs: Option<PathBuf>,
    /// Folder for results
    #[arg(long, value_name = "DIR", default_value = "results")]
    pub(crate) results: PathBuf,
}

#[derive(Args, Debug)]
pub(crate) struct ImportArgs {
    /// Table with a row per run, evaluation and user, as CSV or Parquet; or the folder with the files that the mapping
    /// lists
    pub(crate) runs: PathBuf,
    /// Folder for these results; what they are made of goes to `store` beside it
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
    /// YAML that says what columns are called, what losses are, and what the files do not say
    #[arg(long, value_name = "FILE")]
    pub(crate) mapping: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(crate) struct InitArgs {
    /// The file to write
    #[arg(default_value = "experiment.yaml")]
    pub(crate) file: PathBuf,
    /// What the experiment asks
    #[arg(long, value_enum, default_value_t = Template::Collapse)]
    pub(crate) template: Template,
    /// The dataset, as in `prefsweep data list`
    #[arg(long, default_value = "synthetic", value_parser = dataset_names())]
    pub(crate) dataset: DatasetName,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Template {
    /// Does ranking get worse as negatives are added while the loss falls?
    Collapse,
    /// The same with learning rate and beta tuned for every loss and K
    Tune,
    /// On a file of your own
    OwnData,
}

#[derive(Args, Debug)]
pub(crate) struct ShowArgs {
    /// The run's id, as in index.json, tables and progress; its first letters are enough
    pub(crate) run: String,
    /// Folder for results
    #[arg(long, value_name = "DIR", default_value = "results")]
    pub(crate) results: PathBuf,
}

#[derive(Args, Debug)]
pub(crate) struct RecommendArgs {
    /// The run's id, as in index.json, tables and progress; its first letters are enough. A reference will do, too
    pub(crate) run: String,
    /// File to write, by its ending CSV or Parquet: user, place, item, score
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
    /// Items for every user
    #[arg(long, value_name = "ITEMS", default_value_t = 10, value_parser = whole::<u16>(1, u64::from(u16::MAX)))]
    pub(crate) top: u16,
    /// Which weights of the run
    #[arg(long, value_enum, default_value_t = WeightsName::Final)]
    pub(crate) weights: WeightsName,
    /// What is known of a user: items in it are not recommended again
    #[arg(long, value_enum, default_value_t = HistoryName::Whole)]
    pub(crate) history: HistoryName,
    /// Folder for results
    #[arg(long, value_name = "DIR", default_value = "results")]
    pub(crate) results: PathBuf,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum WeightsName {
    /// At the end of training
    Final,
    /// At the evaluation with the best validation NDCG@10
    Picked,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum HistoryName {
    /// All of the user's interactions
    Whole,
    /// Those before the test item, as in the evaluation
    Test,
}

#[derive(Args, Debug)]
pub(crate) struct DiffArgs {
    /// An experiment's YAML file
    pub(crate) a: PathBuf,
    /// Another one's
    pub(crate) b: PathBuf,
    /// Override a setting of both, as in --set preference.beta=0.5 (may be repeated)
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub(crate) overrides: Vec<String>,
}

#[derive(Args, Debug)]
pub(crate) struct CompletionsArgs {
    /// The shell, as in: prefsweep completions bash > ~/.local/share/bash-completion/completions/prefsweep
    pub(crate) shell: Shell,
}

#[derive(Args, Debug)]
pub(crate) struct ManArgs {
    /// Write a page for every command to this folder; without it the main page is printed
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(crate) struct DevicesArgs {
    /// Time limit per device, shader compilation included
    #[arg(long, value_name = "SECONDS", default_value_t = PATIENCE.as_secs(), value_parser = whole::<u64>(1, 86_400))]
    pub(crate) time_limit: u64,
}

#[derive(Args, Debug)]
pub(crate) struct WorkerArgs {
    #[arg(long)]
    pub(crate) store: PathBuf,
    #[arg(long)]
    pub(crate) threads: usize,
    #[arg(long, value_parser = seconds)]
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

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For GitHub and notes
    Markdown,
    /// For papers
    Latex,
    /// For further work
    Csv,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum CompareFormat {
    /// A table to read
    Markdown,
    /// The table in plain numbers
    Csv,
    /// Everything, for programs
    Json,
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

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Width {
    /// 85 mm
    Column,
    /// 178 mm
    Page,
}

impl From<Width> for PaperWidth {
    fn from(width: Width) -> Self {
        match width {
            Width::Column => Self::Column,
            Width::Page => Self::Page,
        }
    }
}

impl From<Format> for TableFormat {
    fn from(format: Format) -> Self {
        match format {
            Format::Markdown => Self::Markdown,
            Format::Latex => Self::Latex,
            Format::Csv => Self::Csv,
        }
    }
}

/// A time in seconds.
fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    seconds.ok_or_else(|| "allowed a number of seconds, from 0".to_owned())
}

/// A whole number within bounds.
fn whole<T>(least: u64, most: u64) -> impl Fn(&str) -> Result<T, String> + Clone
where
    T: TryFrom<u64>,
{
    move |text| {
        let number = text.parse().ok().filter(|number| (least..=most).contains(number));
        let number = number.and_then(|number| T::try_from(number).ok());
        number.ok_or_else(|| format!("allowed a whole number from {least} to {most}"))
    }
}
