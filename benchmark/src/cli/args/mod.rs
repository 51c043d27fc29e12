//! The commands and their options.

mod data;
mod exchange;
mod experiment;
mod registry;
mod report;
mod results;
mod run;
mod slurm;
mod store;
mod values;

use clap::{Parser, Subcommand};
use prefsweep::sweep::WORKER_COMMAND;
use prefsweep_policy::device::{LIST_COMMAND, PRODUCT_COMMAND};

pub(crate) use data::{
    DataCommand, DataVerifyArgs, DescribeArgs, FetchArgs, ListArgs, PrepareArgs,
};
pub(crate) use exchange::{
    ExportArgs, HistoryName, ImportArgs, RecommendArgs, ShowArgs, WeightsName,
};
pub(crate) use experiment::{DiffArgs, InitArgs, Template};
pub(crate) use registry::{CompletionsArgs, LossesArgs, ManArgs, NewLossArgs, SamplersArgs};
pub(crate) use report::{
    ClaimsArgs, CompareArgs, CompareFormat, Format, LeaderboardArgs, PlotArgs, ReportArgs,
    TableArgs, VerifyArgs,
};
pub(crate) use results::{ResultsDir, StoredArgs};
pub(crate) use run::{
    DevicesArgs, ElementArgs, Form, PlanArgs, ProductArgs, RunArgs, SweepArgs, WorkerArgs,
};
pub(crate) use slurm::{Resources, SlurmCommand, StatusArgs, SubmitArgs};
pub(crate) use store::{ClearArgs, MoveArgs, StoreCommand};

const EXIT_CODES: &str = "Exit codes: 0 done; 1 failed, or some cells have no result; 2 wrong input; \
130 stopped by Ctrl-C (the same command resumes where it stopped).";

/// Does preference optimisation help a recommender, and at how many negatives does it hurt?
#[derive(Debug, Parser)]
// Called the same on Windows, where the file ends in `.exe`.
#[command(
    bin_name = "prefsweep",
    version,
    // With the revision of the sources, for reports of faults.
    long_version = env!("PREFSWEEP_LONG_VERSION"),
    about,
    after_help = EXIT_CODES
)]
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
