//! Datasets.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use prefsweep_datasets::DatasetName;

use super::results::ResultsDir;
use super::values::dataset_names;

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
    #[command(flatten)]
    pub(crate) results: ResultsDir,
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
    #[command(flatten)]
    pub(crate) results: ResultsDir,
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

#[derive(Args, Debug)]
pub(crate) struct DataDir {
    /// Folder with downloaded datasets
    #[arg(long, value_name = "DIR", default_value = "data", env = "PREFSWEEP_DATA_DIR")]
    pub(crate) data_dir: PathBuf,
}
