//! Single runs, and results from and for other programs.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::results::{ResultsDir, StoredArgs};
use super::values::whole;

#[derive(Args, Debug)]
pub(crate) struct ExportArgs {
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
    #[command(flatten)]
    pub(crate) stored: StoredArgs,
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
pub(crate) struct ShowArgs {
    /// The run's id, as in index.json, tables and progress; its first letters are enough
    pub(crate) run: String,
    #[command(flatten)]
    pub(crate) results: ResultsDir,
}

#[derive(Args, Debug)]
pub(crate) struct RecommendArgs {
    /// The run's id, as in index.json, tables and progress; its first letters are enough. A reference will do, too
    pub(crate) run: String,
    /// File to write, by its ending CSV or Parquet: user, place, item, score
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
    /// Items for every user
    #[arg(long, value_name = "ITEMS", default_value_t = 10, allow_negative_numbers = true, value_parser = whole::<u16>(1, u64::from(u16::MAX)))]
    pub(crate) top: u16,
    /// Which weights of the run
    #[arg(long, value_enum, default_value_t = WeightsName::Final)]
    pub(crate) weights: WeightsName,
    /// What is known of a user: items in it are not recommended again
    #[arg(long, value_enum, default_value_t = HistoryName::Whole)]
    pub(crate) history: HistoryName,
    #[command(flatten)]
    pub(crate) results: ResultsDir,
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
